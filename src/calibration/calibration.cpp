#include <algorithm>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

const GateCalibration* Calibration::find_gate(const std::string& name,
                                              const std::vector<int>& operands) const {
  const auto found = std::find_if(gates.begin(), gates.end(), [&](const GateCalibration& gate) {
    return gate.name == name && gate.qubits == operands;
  });
  return found == gates.end() ? nullptr : &*found;
}

}  // namespace rhodrift
