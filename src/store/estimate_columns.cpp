#include "store/estimate_columns.hpp"

#include <string>

#include <fmt/format.h>

namespace rhodrift::hdf5 {

namespace {

/// A column of numbers: its name, and the field of an Estimate that it holds.
template <class Number>
struct Column {
  const char* name;
  Number& (*field)(Estimate&);
};

constexpr Column<double> real_columns[] = {
    {"value", [](Estimate& e) -> double& { return e.value; }},
    {"std_error", [](Estimate& e) -> double& { return e.std_error; }},
    {"ci_low", [](Estimate& e) -> double& { return e.ci.low; }},
    {"ci_high", [](Estimate& e) -> double& { return e.ci.high; }},
    {"level", [](Estimate& e) -> double& { return e.level; }},
};
constexpr Column<std::uint64_t> count_columns[] = {
    {"shots", [](Estimate& e) -> std::uint64_t& { return e.shots; }},
    {"circuits", [](Estimate& e) -> std::uint64_t& { return e.circuits; }},
};

template <class Number>
void write_column(const Handle& group, const std::vector<Axis>& axes, const Column<Number>& column,
                  std::vector<Estimate>& estimates) {
  std::vector<Number> values;
  values.reserve(estimates.size());
  for (Estimate& estimate : estimates) values.push_back(column.field(estimate));
  write_numbers<Number>(group, column.name, axes, values, "1");
}

template <class Number>
void read_column(const Handle& group, const Shape& shape, const Column<Number>& column,
                 std::vector<Estimate>& estimates) {
  const std::vector<Number> values = read_numbers<Number>(group, column.name, shape);
  for (std::size_t i = 0; i < values.size(); ++i) column.field(estimates[i]) = values[i];
}

void write_diagnostics(const Handle& group, std::span<const Estimate> estimates) {
  std::vector<std::uint64_t> owners;
  std::vector<std::string> names;
  std::vector<double> values;
  for (std::size_t i = 0; i < estimates.size(); ++i)
    for (const auto& [name, value] : estimates[i].diagnostics) {
      owners.push_back(i);
      names.push_back(name);
      values.push_back(value);
    }
  const Handle list = create_group(group, "diagnostics");
  const std::vector<Axis> axes{{"diagnostic", values.size()}};
  write_numbers<std::uint64_t>(list, "estimate", axes, owners, "");
  write_strings(list, "name", axes, names);
  write_numbers<double>(list, "value", axes, values, "");
}

void read_diagnostics(const Handle& group, std::vector<Estimate>& estimates) {
  const Handle list = open_group(group, "diagnostics");
  const Shape shape = shape_of(list, "value");
  const auto owners = read_numbers<std::uint64_t>(list, "estimate", shape);
  const auto names = read_strings(list, "name", shape);
  const auto values = read_numbers<double>(list, "value", shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (owners[i] >= estimates.size())
      throw Failure(fmt::format("\"diagnostics/estimate\": {} is not below the {} estimates",
                                owners[i], estimates.size()));
    estimates[owners[i]].diagnostics[names[i]] = values[i];
  }
}

}  // namespace

void write_estimates(const Handle& group, const std::vector<Axis>& axes,
                     std::span<const Estimate> estimates) {
  std::vector<Estimate> copy(estimates.begin(), estimates.end());
  for (const auto& column : real_columns) write_column(group, axes, column, copy);
  for (const auto& column : count_columns) write_column(group, axes, column, copy);
  std::vector<std::string> methods;
  for (const Estimate& estimate : estimates) methods.push_back(estimate.method);
  write_strings(group, "method", axes, methods);
  write_diagnostics(group, estimates);
}

std::vector<Estimate> read_estimates(const Handle& group, const Shape& shape) {
  const std::vector<std::string> methods = read_strings(group, "method", shape);
  std::vector<Estimate> estimates(methods.size());
  for (const auto& column : real_columns) read_column(group, shape, column, estimates);
  for (const auto& column : count_columns) read_column(group, shape, column, estimates);
  for (std::size_t i = 0; i < methods.size(); ++i) estimates[i].method = methods[i];
  read_diagnostics(group, estimates);
  return estimates;
}

}  // namespace rhodrift::hdf5
