#include <cmath>
#include <numbers>

#include <rhodrift/calibration/diff.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

template <typename Edit>
std::vector<Change> changes_after(Edit edit) {
  Calibration after = coherent_example();
  edit(after);
  return diff(coherent_example(), after);
}

template <typename Edit>
Change change_after(Edit edit) {
  const auto changes = changes_after(edit);
  REQUIRE(changes.size() == 1);
  return changes[0];
}

/// Average infidelity of one qubit's relaxation over t.
double relaxation(double t1_s, double t2_s, double t) {
  return 0.5 - std::exp(-t / t1_s) / 6 - std::exp(-t / t2_s) / 3;
}

}  // namespace

TEST_CASE("A state does not differ from itself") {
  CHECK(changes_after([](Calibration&) {}).empty());
  CHECK(changes_after([](Calibration& c) { std::swap(c.gates[0], c.gates[3]); }).empty());
}

TEST_CASE("A change of T1 counts by relaxation over the qubit's longest gate") {
  // cx 1, 0 takes 300 ns
  const Change change = change_after([](Calibration& c) { c.qubits[0].t1_s = 5e-5; });
  CHECK(change.place == "/qubits/0/t1_s");
  CHECK(change.what == "t1_s of qubit 0");
  CHECK(change.before == 1e-4);
  CHECK(change.after == 5e-5);
  CHECK(*change.relative == Approx(-0.5));
  CHECK(change.infidelity ==
        Approx(relaxation(5e-5, 8e-5, 3e-7) - relaxation(1e-4, 8e-5, 3e-7)).epsilon(1e-9));
}

TEST_CASE("Figures of readout and gates count directly") {
  const Change readout = change_after([](Calibration& c) { c.qubits[1].readout_p01 = 0.06; });
  CHECK(readout.place == "/qubits/1/readout/p01");
  CHECK(readout.infidelity == Approx(0.01));
  const Change error = change_after([](Calibration& c) { c.gates[0].error = 5e-4; });
  CHECK(error.what == "error of sx on 1");
  CHECK(error.infidelity == Approx(3e-4));
  const Change missing = change_after([](Calibration& c) { c.gates[0].error.reset(); });
  CHECK(!missing.after);
  CHECK(!missing.relative);
  const Change frequency = change_after([](Calibration& c) { c.qubits[0].frequency_hz = 5.1e9; });
  CHECK(frequency.infidelity == 0);
  const Change duration = change_after([](Calibration& c) { c.gates[0].duration_s = 7e-8; });
  CHECK(duration.infidelity ==
        Approx(relaxation(9e-5, 1.1e-4, 7e-8) - relaxation(9e-5, 1.1e-4, 3.5e-8)).epsilon(1e-9));
}

TEST_CASE("Coherent errors count by the fidelity of their unitary") {
  const Change rotation = change_after([](Calibration& c) { c.gates[0].over_rotation_rad = 0.1; });
  CHECK(rotation.infidelity ==
        Approx(2.0 / 3 * (std::pow(std::sin(0.05), 2) - std::pow(std::sin(0.005), 2))));
  // FSim(0, phi) alone: |3 + exp(-i phi)|²/16
  const Change phi = change_after([](Calibration& c) {
    c.gates[2].fsim_theta_error_rad = 0;
    c.gates[2].fsim_phi_error_rad = 0.03;
  });
  const double f_before =
      (std::pow(1 + 2 * std::cos(0.02) + std::cos(0.03), 2) + std::pow(std::sin(0.03), 2)) / 16;
  const double f_after = (10 + 6 * std::cos(0.03)) / 16;
  CHECK(phi.what == "fsim_theta_error_rad of cx on 1, 0");
  CHECK(phi.infidelity == Approx(0.8 * (f_before - f_after)));
  // exp(-i a ZZ), a = pi/2 shift t
  const Change zz = change_after([](Calibration& c) { c.zz_couplings[0].shift_hz = 1e5; });
  CHECK(zz.what == "shift_hz between 0 and 1");
  const auto infidelity = [](double shift_hz) {
    return 0.8 * std::pow(std::sin(std::numbers::pi / 2 * shift_hz * 3e-7), 2);
  };
  CHECK(zz.infidelity == Approx(infidelity(1e5) - infidelity(57787.5)));
}

TEST_CASE("What matters most comes first: gates that are gone, then by infidelity, then relative") {
  const auto changes = changes_after([](Calibration& c) {
    c.qubits[0].frequency_hz = 5.05e9;
    c.qubits[1].frequency_hz = 5.9e9;
    c.gates[1].error = 0.33;
    c.qubits[0].readout_p10 = 0.11;
    c.gates.erase(c.gates.begin() + 3);
    c.gates.push_back({"x", {0}, 1e-4, {}});
  });
  REQUIRE(changes.size() == 6);
  CHECK(changes[0].what == "cx on 0, 1 is gone");
  CHECK(changes[0].infidelity == 0.75);
  CHECK(changes[0].before == 7e-3);
  CHECK(changes[1].what == "x on 0 is new");
  CHECK(changes[1].infidelity == -0.5);
  CHECK(changes[2].what == "readout_p10 of qubit 0");
  CHECK(changes[3].what == "error of sx on 0");
  CHECK(changes[4].place == "/qubits/1/frequency_hz");
  CHECK(changes[5].place == "/qubits/0/frequency_hz");
}

TEST_CASE("Native gates, couplings and readout matrices are compared") {
  const auto texts = [](auto edit) {
    std::vector<std::string> what;
    for (const Change& change : changes_after(edit)) what.push_back(change.what);
    return what;
  };
  using Texts = std::vector<std::string>;
  CHECK(texts([](Calibration& c) { c.native_gates.push_back("ecr"); }) ==
        Texts{"ecr as a native gate is new"});
  CHECK(texts([](Calibration& c) { std::erase(c.coupling, std::pair(0, 1)); }) ==
        Texts{"coupling of 0 with 1 is gone"});
  const Change readout = change_after(
      [](Calibration& c) { c.readout_matrices[0] = ConfusionMatrix::single(0, 0.03, 0.05); });
  CHECK(readout.what == "readout matrix of 0 changed");
  CHECK(readout.infidelity == Approx(0.02).epsilon(1e-12));
  CHECK(change_after([](Calibration& c) { c.readout_matrices.clear(); }).what ==
        "readout matrix of 0 is gone");
}

TEST_CASE("States of different sizes are not compared") {
  CHECK(refusal([] {
          Calibration other = example_calibration();
          other.qubits.pop_back();
          diff(example_calibration(), other);
        }) == "calibrations to compare: two has 2 qubits, two has 1: not two states of one device");
}
