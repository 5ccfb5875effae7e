#pragma once

#include <armadillo>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/mitigation/dressed_noise.hpp>
#include <rhodrift/mitigation/instances.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/pec/representation.hpp>

/// Probabilistic error cancellation on circuits. Two forms:
///   - on dressed circuits, in Paulis against twirled noise: all instances are jobs of one circuit;
///   - on any circuit, channel by channel, in the operations of a basis: a circuit an instance.
/// What it believes of the noise may be wrong: `exact_figures` says what it then gives.
namespace rhodrift::pec {

struct PecPlan : InstancePlan {
  double gamma;  ///< Σ|quasi-probabilities|: the overhead in standard error
};

/// Twirled instances that cancel the believed noise, `shots` each (0: exact); the readout's error
/// is for the estimator. How many of them count negatively is fixed (QuasiProduct::shares).
/// Throws InputError below 4 instances, as PauliInsertions does, and on noise of another circuit.
PecPlan construct(const DressedCircuit& dressed, const PauliNoise& believed,
                  std::uint64_t n_instances, std::uint64_t shots, std::uint64_t seed);

/// The inverses of all channels in a circuit.
struct ChannelInverses {
  Circuit believed;                             ///< without weights and features
  std::vector<Representation> representations;  ///< one a channel instruction, in their order
  Basis one_qubit;
  Basis two_qubit;

  QuasiProduct product() const;
  double gamma() const { return product().gamma(); }
};

/// `believed` is a circuit with channels of 1 or 2 qubits, as NoiseModel::apply makes it, and
/// parameters given; each channel gets the representation `optimal(inverse, basis, tolerance)`.
/// Throws InputError that names the channel which has no inverse or none in the basis.
ChannelInverses invert_channels(const Circuit& believed, const Basis& one_qubit,
                                const Basis& two_qubit, double tolerance = 0.0);

/// Instances: the believed circuit's gates with drawn operations where its channels are, without
/// readout error. Jobs with the same operations share a circuit.
/// Throws InputError below 4 instances, and when an operation that may be drawn does not keep the
/// trace: how often it succeeds is not among the outcomes.
PecPlan construct(const ChannelInverses& inverses, std::uint64_t n_instances, std::uint64_t shots,
                  std::uint64_t seed);

/// One estimate an observable; method "pec over <estimator>", diagnostic "gamma". The interval is
/// Student's, from the scatter between instances. It covers 95 % where some ten instances or more
/// count negatively; with a few, which may all happen to agree, less (93 % at γ = 1.46 with 5 of
/// 30).
std::vector<Estimate> combine(const PecPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator);

/// What cancellation gives without sampling, one entry an observable, read without mitigation.
struct Figures {
  double gamma;
  arma::vec mean;  ///< of the estimator; without the noise's value in it, the bias
  /// Of independent instances of one shot: γ² <O²> - mean², with <O²> over what is really drawn;
  /// γ² - mean² for an observable of ±1. N instances have this variance/N, which no N shots beat;
  /// instances of S shots have between 1/S of it and all of it.
  arma::vec one_shot_variance;
  /// The same with a fixed number of instances of either sign, as plans have: γ² (<O²> - p m₊² -
  /// (1-p) m₋²) with m± the means of either.
  arma::vec stratified_variance;
};

/// With `truth` in place of the believed noise; `simulator` runs two circuits with linear maps in
/// them. Exact as far as `truth` is (see noise_of).
Figures exact_figures(const DressedCircuit& dressed, const PauliNoise& believed,
                      const DressedNoise& truth, std::span<const Observable> observables,
                      Executor& simulator);
/// The same; `truth` has the gates of the believed circuit and channels of its own, and the
/// operations of the basis do what their matrices say. Throws InputError when the gates differ.
Figures exact_figures(const ChannelInverses& inverses, const Circuit& truth,
                      std::span<const Observable> observables, Executor& simulator);

/// `truth` with the weighted mean of what instances insert (Signs::kept), or with how it is
/// distributed, after the channels of each gate.
Circuit mean_circuit(const ChannelInverses& inverses, const Circuit& truth, Signs signs);

}  // namespace rhodrift::pec
