#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/dressed_circuit.hpp>
#include <rhodrift/mitigation/dressed_noise.hpp>
#include <rhodrift/mitigation/instances.hpp>
#include <rhodrift/mitigation/quasi_product.hpp>

namespace rhodrift {

/// Paulis that are inserted at random, with signs, after every slot and entangler, so that in the
/// mean a noise Λ there becomes Λ^strength: what is inserted is Λ^(strength - 1), the Pauli map of
/// fidelities f^(strength - 1). In terms of quasi-probabilities q_P = 4^-k Σ_Q ±f_Q^(strength - 1)
/// a Pauli is drawn with |q_P|/Σ|q| and counts with the sign of q_P times Σ|q|.
///   strength 0    error cancellation, K. Temme, S. Bravyi, J. M. Gambetta, PRL 119, 180509 (2017)
///   strength 1    nothing
///   strength > 1  error amplification, Y. Kim et al., Nature 618, 500 (2023)
class PauliInsertions {
 public:
  /// Throws InputError when the strength is negative or not finite, when there are not 4 fidelities
  /// for a slot and 16 for an entangler or joint noise, or when one is not > 0: there is no power
  /// of such a noise.
  PauliInsertions(const PauliNoise& noise, double strength);

  const QuasiProduct& product() const { return product_; }
  /// Π Σ|q|: the size of an instance's weight, 1 where no probability is negative.
  double gamma() const { return product_.gamma(); }
  /// Quasi-probabilities of what is inserted after a slot (4) or an entangler (16).
  const arma::vec& after_slot(std::size_t slot) const { return product_.sites()[slot]; }
  const arma::vec& after_entangler(std::size_t entangler) const {
    return product_.sites()[n_slots_ + entangler];
  }
  const arma::vec& at_joint(std::size_t joint) const {
    return product_.sites()[n_slots_ + n_entanglers_ + joint];
  }
  std::size_t n_slots() const { return n_slots_; }
  std::size_t n_entanglers() const { return n_entanglers_; }
  /// Where joint ones are.
  const std::vector<std::vector<SlotSide>>& joint_places() const { return joint_places_; }
  /// Throws InputError when these are not insertions for this circuit: they have other numbers of
  /// slots or entanglers, or joint ones are at slots that it has not.
  void require_fit(const DressedCircuit& dressed) const;
  /// Multiplies what is drawn, with this sign, into the frame. For a circuit that they fit.
  void insert(const DressedCircuit& dressed, PauliFrame& frame, bool negative,
              RandomStream& random) const;

 private:
  std::size_t n_slots_;
  std::size_t n_entanglers_;
  std::vector<std::vector<SlotSide>> joint_places_;
  QuasiProduct product_;
};

/// Multiplies a random twirl of every entangler into the frame: P before and its image after.
void insert_twirl(const DressedCircuit& dressed, PauliFrame& frame, RandomStream& random);

/// Adds `n_instances` of one cell to a plan: twirled, with these insertions, `shots` each (0:
/// exact), as many of each sign as QuasiProduct::shares says, a stratum a sign. Instance i of a
/// cell is a function of (seed, cell, i) and its sign. Throws InputError as `shares` and
/// `require_fit` do.
void add_instances(InstancePlan& plan, const DressedCircuit& dressed,
                   const PauliInsertions& insertions, std::size_t cell, std::uint64_t n_instances,
                   std::uint64_t shots, std::uint64_t seed);

enum class Signs { kept, left_out };

/// The mean of a cell's instances as one circuit, with `noise` in it. Signs::kept: their weighted
/// mean, through linear maps that may be no channels, so that its "probabilities" may be negative;
/// left_out: how their outcomes are distributed, whatever their weights. What it says is exact as
/// far as `noise` is (see noise_of). The original's 1-qubit gates are u3 with numbers; barriers and
/// delays are left out.
/// Throws InputError when noise and circuit do not have as many slots and entanglers, as
/// `require_fit`, or when the joint noise of both stands in no common order.
Circuit mean_circuit(const DressedCircuit& dressed, const DressedNoise& noise,
                     const PauliInsertions& insertions, Signs signs);

}  // namespace rhodrift
