#include <cmath>
#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_plot.hpp>
#include <rhodrift/report/text_table.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("a table pads by code points and aligns numbers to the right") {
  TextTable table({"name", "⟨Z⟩"});
  table.add_row({"a", "0.5 ± 0.1"});
  table.add_rule();
  table.add_row({"longer", "1"});
  CHECK(table.to_string() ==
        "name          ⟨Z⟩\n"
        "─────────────────\n"
        "a       0.5 ± 0.1\n"
        "─────────────────\n"
        "longer          1\n");
  CHECK_THROWS_WITH(table.add_row({"one"}), ContainsSubstring("1 cells, the header has 2"));
}

TEST_CASE("a sparkline spans its scale, clamps, averages and leaves gaps") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values{0.0, 1.0, -3.0, 9.0, nan};
  CHECK(sparkline(values, 0.0, 1.0, 10) == "▁█▁█ ");
  const std::vector<double> pairs{0.0, 0.0, 1.0, 1.0};
  CHECK(sparkline(pairs, 0.0, 1.0, 2) == "▁█");
  CHECK(sparkline({}, 0.0, 1.0, 5).empty());
}

TEST_CASE("estimates are printed with their error") {
  const Estimate estimate = normal_estimate(0.5, 0.01, "raw");
  CHECK(with_std_error(estimate) == "0.5000 ± 0.0100");
  CHECK(with_interval(estimate) == "0.500 [0.480, 0.520]");
}
