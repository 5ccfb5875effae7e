#include "cli/price_table.hpp"

#include "cli/arguments.hpp"
#include "cli/toml_section.hpp"

namespace rhodrift::cli {

PriceTable read_price_table(const std::filesystem::path& path) {
  const toml::table root = read_toml(path);
  Section section(path, &root, "");
  PriceTable prices;
  const auto currency = section.take<std::string>("currency", "a string");
  if (!currency || currency->empty()) section.missing("currency");
  prices.currency = *currency;
  section.number("per_circuit", prices.per_circuit);
  section.number("per_shot", prices.per_shot);
  section.number("per_second", prices.per_second);
  section.number("repetition_delay_s", prices.repetition_delay_s);
  section.number("circuit_delay_s", prices.circuit_delay_s);
  section.refuse_unknown();
  prices.validate(path.string());
  return prices;
}

}  // namespace rhodrift::cli
