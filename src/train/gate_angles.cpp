#include "train/gate_angles.hpp"

#include <algorithm>

namespace rhodrift {

namespace {

Angle with_own_weight(const Angle& angle, int index) {
  Angle result = Angle(angle.offset_rad()) + Angle::weight(index);
  for (const auto& [source, feature, coefficient] : angle.terms())
    if (source == Angle::Source::feature) result = result + Angle::feature(feature, coefficient);
  return result;
}

}  // namespace

arma::rowvec weight_coefficients(const Angle& angle, int n_weights) {
  arma::rowvec coefficients(static_cast<arma::uword>(n_weights), arma::fill::zeros);
  for (const auto& [source, index, coefficient] : angle.terms())
    if (source == Angle::Source::weight)
      coefficients(static_cast<arma::uword>(index)) = coefficient;
  return coefficients;
}

bool depends_on_weights(const Angle& angle) {
  return std::ranges::any_of(
      angle.terms(), [](const Angle::Term& term) { return term.source == Angle::Source::weight; });
}

GateAngles::GateAngles(const Circuit& with_weights)
    : circuit(with_weights.n_qubits()),
      coefficients(0, static_cast<arma::uword>(with_weights.n_weights())) {
  std::vector<arma::rowvec> rows;
  for (std::size_t i = 0; i < with_weights.instructions().size(); ++i) {
    Instruction instruction = with_weights.instructions()[i];
    for (std::size_t k = 0; k < instruction.angles.size(); ++k) {
      Angle& angle = instruction.angles[k];
      if (!depends_on_weights(angle)) continue;
      rows.push_back(weight_coefficients(angle, with_weights.n_weights()));
      angle = with_own_weight(angle, static_cast<int>(places.size()));
      places.push_back({i, static_cast<int>(k)});
    }
    circuit.append(instruction);
  }
  circuit.set_readout_error(with_weights.readout_error());
  coefficients.set_size(rows.size(), coefficients.n_cols);
  for (arma::uword a = 0; a < rows.size(); ++a) coefficients.row(a) = rows[a];
}

}  // namespace rhodrift
