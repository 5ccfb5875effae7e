#pragma once

#include <string>
#include <vector>

#include <rhodrift/circuit/observable.hpp>

inline std::vector<rhodrift::Observable> parse_observables(const std::vector<std::string>& texts) {
  std::vector<rhodrift::Observable> observables;
  for (const std::string& text : texts) observables.push_back(rhodrift::Observable::parse(text));
  return observables;
}
