#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pec/pec.hpp>

namespace rhodrift::pec {

namespace {

const Basis& basis_for(const ChannelInverses& inverses, const Instruction& channel) {
  return channel.qubits.size() == 1 ? inverses.one_qubit : inverses.two_qubit;
}

bool keeps_trace(const TransferMatrix& map) {
  constexpr double rounding = 1e-9;
  for (arma::uword j = 0; j < map.n_cols; ++j)
    if (std::abs(map(0, j) - (j == 0 ? 1.0 : 0.0)) > rounding) return false;
  return true;
}

void require_runnable(const ChannelInverses& inverses) {
  std::size_t channel = 0;
  for (const Instruction& instruction : inverses.believed.instructions()) {
    if (instruction.op != Op::channel) continue;
    const arma::vec& quasi = inverses.representations[channel++].quasi;
    const Basis& basis = basis_for(inverses, instruction);
    for (arma::uword i = 0; i < quasi.n_elem; ++i)
      if (quasi(i) != 0.0 && !keeps_trace(basis[i].ptm))
        throw InputError("basis", basis[i].name,
                         "does not keep the trace, so that a circuit's outcomes do not tell how "
                         "often it succeeds");
  }
}

/// The believed circuit's gates with one operation of the basis in place of each channel.
Circuit instance_circuit(const ChannelInverses& inverses, const std::vector<std::size_t>& drawn) {
  Circuit circuit(inverses.believed.n_qubits());
  std::size_t channel = 0;
  for (const Instruction& instruction : inverses.believed.instructions())
    if (instruction.op == Op::channel)
      circuit.append(basis_for(inverses, instruction)[drawn[channel++]].circuit,
                     instruction.qubits);
    else
      circuit.append(instruction);
  return circuit;
}

/// By gate of the believed circuit: the channels after it, by their number; before the first gate
/// there is none.
class ChannelsByGate {
 public:
  explicit ChannelsByGate(const Circuit& believed) {
    for (const Instruction& instruction : believed.instructions()) {
      if (instruction.op != Op::channel) {
        gates_.push_back(&instruction);
        channels_.emplace_back();
      } else {
        if (gates_.empty()) throw InputError("believed circuit", "", "starts with a channel");
        channels_.back().emplace_back(n_channels_++, &instruction);
      }
    }
  }
  std::size_t n_gates() const { return gates_.size(); }
  bool is(std::size_t gate, const Instruction& other) const {
    return gate < gates_.size() && gates_[gate]->op == other.op &&
           gates_[gate]->qubits == other.qubits;
  }
  const auto& after(std::size_t gate) const { return channels_[gate]; }

 private:
  std::vector<const Instruction*> gates_;
  std::vector<std::vector<std::pair<std::size_t, const Instruction*>>> channels_;
  std::size_t n_channels_ = 0;
};

Figures figures_of(const Circuit& mean, const Circuit& magnitude, double gamma,
                   std::span<const Observable> observables, Executor& simulator) {
  std::vector<Job> jobs(2);
  jobs[0].circuit = std::make_shared<const Circuit>(mean);
  jobs[1].circuit = std::make_shared<const Circuit>(magnitude);
  std::vector<Outcomes> outcomes = simulator.run(jobs);
  Figures figures{gamma, raw_expectations(outcomes[0], observables).values, {}, {}};
  outcomes[1].shots = 1;  // so that the covariance is that of one shot
  const JointEstimate drawn = raw_expectations(outcomes[1], observables);
  const arma::vec squares = drawn.covariance.diag() + arma::square(drawn.values);
  figures.one_shot_variance = gamma * gamma * squares - arma::square(figures.mean);
  // Signs are positive with probability p: <O> = p m₊ + (1-p) m₋ and mean/γ = p m₊ - (1-p) m₋.
  const double p = 0.5 * (1.0 + 1.0 / gamma);
  const arma::vec positive = 0.5 * (drawn.values + figures.mean / gamma);
  const arma::vec negative = drawn.values - positive;
  arma::vec of_means = arma::square(positive) / p;
  if (p < 1.0) of_means += arma::square(negative) / (1.0 - p);
  figures.stratified_variance = gamma * gamma * (squares - of_means);
  return figures;
}

}  // namespace

QuasiProduct ChannelInverses::product() const {
  std::vector<arma::vec> sites;
  for (const Representation& representation : representations)
    sites.push_back(representation.quasi);
  return QuasiProduct(std::move(sites));
}

PecPlan construct(const DressedCircuit& dressed, const PauliNoise& believed,
                  std::uint64_t n_instances, std::uint64_t shots, std::uint64_t seed) {
  const PauliInsertions inverse(believed, 0.0);
  PecPlan plan{{}, inverse.gamma()};
  add_instances(plan, dressed, inverse, 0, n_instances, shots, seed);
  return plan;
}

ChannelInverses invert_channels(const Circuit& believed, const Basis& one_qubit,
                                const Basis& two_qubit, double tolerance) {
  ChannelInverses inverses{believed.bound({}), {}, one_qubit, two_qubit};
  std::map<const ChannelInstruction*, Representation> known;
  for (std::size_t i = 0; i < believed.instructions().size(); ++i) {
    const Instruction& instruction = inverses.believed.instructions()[i];
    if (instruction.op != Op::channel) continue;
    try {
      if (instruction.qubits.size() > 2) throw InputError("channel", "", "has more than 2 qubits");
      auto found = known.find(instruction.channel.get());
      if (found == known.end())
        found = known
                    .emplace(instruction.channel.get(),
                             optimal(inverse_of(instruction.channel->ptm),
                                     basis_for(inverses, instruction), tolerance))
                    .first;
      inverses.representations.push_back(found->second);
    } catch (const InputError& error) {
      throw InputError("believed circuit", believed.place_of(i), error.what());
    }
  }
  return inverses;
}

PecPlan construct(const ChannelInverses& inverses, std::uint64_t n_instances, std::uint64_t shots,
                  std::uint64_t seed) {
  require_runnable(inverses);
  const QuasiProduct product = inverses.product();
  PecPlan plan{{}, product.gamma()};
  std::map<std::vector<std::size_t>, std::shared_ptr<const Circuit>> circuits;
  std::uint64_t i = 0;
  for (const QuasiProduct::Share& share : product.shares(n_instances))
    for (std::uint64_t k = 0; k < share.n_instances; ++k) {
      RandomStream random(seed, stream_id(0, 0, i++));
      const std::vector<std::size_t> drawn = product.draw(share.negative, random);
      std::shared_ptr<const Circuit>& circuit = circuits[drawn];
      if (!circuit) circuit = std::make_shared<const Circuit>(instance_circuit(inverses, drawn));
      plan.jobs.push_back({circuit, {}, {}, shots});
      plan.instances.push_back({0, share.weight, share.negative ? std::size_t{1} : 0});
    }
  return plan;
}

std::vector<Estimate> combine(const PecPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  std::vector<Estimate> estimates =
      rhodrift::combine(plan, outcomes, observables, estimator, "pec");
  for (Estimate& estimate : estimates) estimate.diagnostics["gamma"] = plan.gamma;
  return estimates;
}

Figures exact_figures(const DressedCircuit& dressed, const PauliNoise& believed,
                      const DressedNoise& truth, std::span<const Observable> observables,
                      Executor& simulator) {
  const PauliInsertions inverse(believed, 0.0);
  return figures_of(rhodrift::mean_circuit(dressed, truth, inverse, Signs::kept),
                    rhodrift::mean_circuit(dressed, truth, inverse, Signs::left_out),
                    inverse.gamma(), observables, simulator);
}

Figures exact_figures(const ChannelInverses& inverses, const Circuit& truth,
                      std::span<const Observable> observables, Executor& simulator) {
  return figures_of(mean_circuit(inverses, truth, Signs::kept),
                    mean_circuit(inverses, truth, Signs::left_out), inverses.gamma(), observables,
                    simulator);
}

Circuit mean_circuit(const ChannelInverses& inverses, const Circuit& truth, Signs signs) {
  const ChannelsByGate believed(inverses.believed);
  Circuit mean(truth.n_qubits());
  std::size_t gate = 0;
  const auto insert = [&] {
    for (const auto& [channel, instruction] : believed.after(gate)) {
      const Representation& representation = inverses.representations[channel];
      const arma::vec weights =
          signs == Signs::kept
              ? representation.quasi
              : arma::vec(arma::abs(representation.quasi) / representation.gamma());
      mean.append_channel("insertion", instruction->qubits,
                          map_of(weights, basis_for(inverses, *instruction)));
    }
    ++gate;
  };
  bool begun = false;  // a gate stands whose insertion is due when its channels are through
  for (const Instruction& instruction : truth.instructions()) {
    if (instruction.op != Op::channel) {
      if (begun) insert();
      if (!believed.is(gate, instruction))
        throw InputError("true circuit", "", "its gates are not those of the believed circuit");
      begun = true;
    }
    mean.append(instruction);
  }
  if (begun) insert();
  if (gate != believed.n_gates())
    throw InputError("true circuit", "", "has fewer gates than the believed circuit");
  mean.set_readout_error(truth.readout_error());
  return mean;
}

}  // namespace rhodrift::pec
