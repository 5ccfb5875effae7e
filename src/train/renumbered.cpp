#include "train/renumbered.hpp"

namespace rhodrift {

Circuit renumbered(const Circuit& circuit, const std::function<int(int)>& new_weight,
                   const std::function<int(int)>& new_feature) {
  Circuit result(circuit.n_qubits());
  for (Instruction instruction : circuit.instructions()) {
    for (Angle& angle : instruction.angles) {
      Angle renamed(angle.offset_rad());
      for (const auto& [source, index, coefficient] : angle.terms())
        renamed = renamed + (source == Angle::Source::weight
                                 ? Angle::weight(new_weight(index), coefficient)
                                 : Angle::feature(new_feature(index), coefficient));
      angle = renamed;
    }
    result.append(instruction);
  }
  return result;
}

}  // namespace rhodrift
