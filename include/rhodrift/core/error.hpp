#pragma once

#include <stdexcept>
#include <string>

namespace rhodrift {

/// Base of every exception the library throws on purpose.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something the caller handed in is wrong: a file, an argument, a circuit, a number.
/// The message reads "source: place: problem", where `source` names the input (a path, or the
/// argument's name), `place` where in it (line and column, a JSON pointer, an instruction; may be
/// empty) and `problem` the value and the limit it breaks. Programs exit with status 2 on it.
class InputError : public Error {
 public:
  InputError(const std::string& source, const std::string& place, const std::string& problem)
      : Error(source + ": " + (place.empty() ? "" : place + ": ") + problem) {}
};

/// The input was fine but the work could not be done: disk full, a numerical failure, an
/// interruption. Programs exit with status 1 on it.
class RunError : public Error {
 public:
  using Error::Error;
};

}  // namespace rhodrift
