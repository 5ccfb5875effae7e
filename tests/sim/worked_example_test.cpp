#include <cmath>

#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

// The example of docs/architecture.md, "By hand".
TEST_CASE("The worked example of the architecture page") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::cx, {0, 1});
  circuit.append_channel("phase damping", {1}, phase_damping(0.75).ptm());  // √(1 - 3/4) = 1/2
  const Program program(circuit);
  CHECK(program.n_steps() == 2);

  const double theta = 0.7;
  const std::vector<double> weights{theta};
  const PauliVector state = program.run({weights, {}});
  const auto value = [&](const char* pauli) {
    return state.expectation(PauliString::parse(pauli));
  };
  CHECK(value("I") == Approx(1.0).margin(1e-15));
  CHECK(value("Z0") == Approx(std::cos(theta)).margin(1e-15));
  CHECK(value("Z1") == Approx(std::cos(theta)).margin(1e-15));
  CHECK(value("Z0 Z1") == Approx(1.0).margin(1e-15));
  CHECK(value("X0 X1") == Approx(std::sin(theta) / 2).margin(1e-15));
  CHECK(value("Y0 Y1") == Approx(-std::sin(theta) / 2).margin(1e-15));
  for (const char* zero :
       {"X0", "Y0", "X1", "Y1", "X0 Y1", "Y0 X1", "X0 Z1", "Z0 X1", "Y0 Z1", "Z0 Y1"})
    CHECK(std::abs(value(zero)) <= 1e-15);

  const std::vector<Observable> observables{Observable::parse("X0 X1")};
  const ProgramGradient gradient =
      program.gradient({weights, {}}, observables, [](const arma::vec&) { return arma::vec{1.0}; });
  CHECK(gradient.weights(0) == Approx(std::cos(theta) / 2).margin(1e-15));
}
