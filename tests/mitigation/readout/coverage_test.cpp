#include <fmt/format.h>

#include <rhodrift/mitigation/readout/ctmp.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>
#include <rhodrift/mitigation/readout/twirled.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

// The table of docs/mitigation-readout.md.

using namespace rhodrift;
using calibrated::misread;

namespace {

using MakeEstimator = std::function<ExpectationEstimator(const readout::MeasuredReadout&)>;

struct Device {
  std::string name;
  ReadoutError error;
  std::vector<std::vector<int>> groups;
  std::vector<double> truth;
};

std::vector<Device> devices() {
  RandomStream random(91);
  const std::vector<double> spread{0.2, 0.1, 0.15, 0.05, 0.1, 0.1, 0.2, 0.1};
  return {{"single bits",
           {ConfusionMatrix::single(0, 0.03, 0.08), ConfusionMatrix::single(1, 0.02, 0.05),
            ConfusionMatrix::single(2, 0.01, 0.03)},
           readout::single_bits(3),
           spread},
          {"a pair and a bit",
           {ConfusionMatrix::single(2, 0.03, 0.08), oracle::random_confusion({1, 0}, random)},
           {{2}, {1, 0}},
           spread}};
}

constexpr std::uint64_t exact = 0;
const std::string mixed = "Z0 Z2 + 0.5*Z1";

/// The share of 4000 repetitions whose 95% interval holds the truth.
double coverage(const Device& device, const std::string& observable, const MakeEstimator& make,
                std::uint64_t calibration_shots, std::uint64_t shots, std::uint64_t seed) {
  const auto observables = parse_observables({observable});
  const double truth =
      raw_expectations(Outcomes::from_probabilities(device.truth), observables).values(0);
  const auto seen = Outcomes::from_probabilities(misread(device.error, device.truth));
  const auto plan = readout::construct_calibration(Circuit(3), readout::CalibrationScheme::grouped,
                                                   device.groups, calibration_shots);
  const auto calibration = calibrated::exact_outcomes(plan, device.error, 3);
  int covered = 0;
  for (std::uint64_t r = 0; r < 4000; ++r) {
    RandomStream random(seed, r);
    const auto measured = readout::combine_calibration(
        plan, calibration_shots == exact
                  ? calibration
                  : calibrated::draw_each(calibration, calibration_shots, random));
    const Estimate e = calibrated::estimate(make(measured)(draw(seen, shots, random), observables));
    covered += e.ci.low <= truth && truth <= e.ci.high ? 1 : 0;
  }
  return covered / 4000.0;
}

}  // namespace

TEST_CASE("Coverage of readout mitigation where the model is right", "[long]") {
  const std::vector<std::pair<std::string, MakeEstimator>> methods{
      {"inversion", [](const auto& measured) { return readout::inversion(measured); }},
      {"least squares", [](const auto& measured) { return readout::least_squares(measured); }},
      {"M3", [](const auto& measured) { return readout::subspace(measured); }},
      {"unfolding", [](const auto& measured) {
         return readout::unfolding(measured, {300, 1e-8});
       }}};
  std::string table;
  for (const auto& [method, make] : methods)
    for (const Device& device : devices())
      for (const std::uint64_t calibration_shots :
           {exact, std::uint64_t{100}, std::uint64_t{1000}, std::uint64_t{10000}})
        for (const std::uint64_t shots : {1000u, 10000u}) {
          const double covered = coverage(device, mixed, make, calibration_shots, shots, 92);
          table += fmt::format(
              "\n{:14} {:17} {:>6} {:>6}  {:.4f}", method, device.name,
              calibration_shots == exact ? "exact" : fmt::format("{}", calibration_shots), shots,
              covered);
          CHECK(covered == Approx(0.95).margin(0.015));
        }
  WARN("method, groups, calibration shots a circuit, shots, coverage" << table);
}

TEST_CASE("Coverage of readout mitigation at the boundary of the simplex", "[long]") {
  // Two outcomes of eight happen. Inversion does not know; the others turn what would be negative
  // into bias, and their error bars do not tell.
  Device ghz = devices()[0];
  ghz.truth = {0.5, 0, 0, 0, 0, 0, 0, 0.5};
  const std::vector<std::pair<std::string, MakeEstimator>> methods{
      {"inversion", [](const auto& measured) { return readout::inversion(measured); }},
      {"least squares", [](const auto& measured) { return readout::least_squares(measured); }},
      {"unfolding, 10",
       [](const auto& measured) {
         return readout::unfolding(measured, {10, 0.0});
       }},
      {"unfolding, 300", [](const auto& measured) {
         return readout::unfolding(measured, {300, 1e-8});
       }}};
  std::string table;
  for (const auto& [method, make] : methods)
    for (const std::string observable : {"Z1", "Z0 Z2"}) {
      const double covered = coverage(ghz, observable, make, 1000, 10000, 94);
      table += fmt::format("\n{:14} {:5}  {:.4f}", method, observable, covered);
      if (method == "inversion") CHECK(covered == Approx(0.95).margin(0.015));
    }
  WARN("GHZ, 1000 calibration shots a circuit, 10000 shots: method, observable, coverage" << table);
}

TEST_CASE("Coverage of inversion where a calibration sees few errors or none", "[long]") {
  std::string table;
  for (const double p : {0.002, 0.005, 0.01, 0.02})
    for (const std::uint64_t calibration_shots : {100u, 500u, 2000u}) {
      const Device device{"",
                          {ConfusionMatrix::single(0, p, 2 * p), ConfusionMatrix::single(1, p, p),
                           ConfusionMatrix::single(2, p, 2 * p)},
                          readout::single_bits(3),
                          devices()[0].truth};
      const double covered = coverage(
          device, mixed, [](const auto& measured) { return readout::inversion(measured); },
          calibration_shots, 100000, 93);
      table += fmt::format("\n{:6} {:>6} {:>6}  {:.4f}", p, calibration_shots, 100000, covered);
      CHECK(covered > 0.935);  // never too short; too long where nothing was seen
    }
  WARN("p10, calibration shots a circuit, shots, coverage" << table);
}
