#include <algorithm>
#include <map>

#include <rhodrift/device/device.hpp>
#include <rhodrift/noise_aware/drifting_expectations.hpp>
#include <rhodrift/sim/program_expectations.hpp>

namespace rhodrift {

namespace {

Circuit without_readout_error(Circuit circuit) {
  circuit.set_readout_error({});
  return circuit;
}

Circuit drifting_circuit(const Qnn& model, const Device& device) {
  return device.model.apply(native_circuit(model.circuit, device), device.layout,
                            Derivatives::with);
}

std::vector<Observable> reported_observables(const Qnn& model, const Circuit& circuit) {
  std::vector<Observable> reported;
  for (const Observable& observable : model.observables)
    reported.push_back(reported_observable(observable, circuit));
  return reported;
}

void add_terms(double factor, const Observable& observable, std::vector<Observable::Term>& terms) {
  for (const Observable::Term& term : observable.terms())
    terms.push_back({factor * term.coefficient, term.pauli});
}

/// What the device reports if one group of the readout error is another.
Observable reported_with(const ConfusionMatrix& group, std::size_t which,
                         const Observable& observable, Circuit circuit) {
  ReadoutError error = circuit.readout_error();
  error[which] = group;
  circuit.set_readout_error(std::move(error));
  return reported_observable(observable, circuit);
}

/// d(what the device reports)/d(number): see ReadoutDerivative.
Observable slope_of(const Observable& observable, const ReadoutDerivative& derivative,
                    const Circuit& circuit) {
  const auto& [number, group, at_zero, at_one, slope] = derivative;
  std::vector<Observable::Term> terms;
  add_terms(slope, reported_with(at_one, group, observable, circuit), terms);
  add_terms(-slope, reported_with(at_zero, group, observable, circuit), terms);
  return Observable(std::move(terms));
}

/// The channel with its numbers changed, without derivatives.
std::shared_ptr<const ChannelInstruction> moved_channel(
    const ChannelInstruction& channel, const std::map<std::string, double>& changes) {
  ChannelInstruction moved{channel.label, channel.ptm};
  for (const ChannelDerivative& derivative : channel.derivatives)
    moved.ptm += changes.at(derivative.number) * derivative.ptm;
  return std::make_shared<const ChannelInstruction>(std::move(moved));
}

/// Equal channels, which are one object, stay one.
Circuit moved_circuit(const Circuit& circuit, const std::map<std::string, double>& changes) {
  std::map<const ChannelInstruction*, std::shared_ptr<const ChannelInstruction>> moved;
  Circuit result(circuit.n_qubits());
  for (Instruction instruction : circuit.instructions()) {
    if (instruction.channel) {
      auto& channel = moved[instruction.channel.get()];
      if (!channel) channel = moved_channel(*instruction.channel, changes);
      instruction.channel = channel;
    }
    result.append(instruction);
  }
  return result;
}

}  // namespace

DriftingExpectations::DriftingExpectations(const Qnn& model, const NoiseModel& state,
                                           const Layout& layout)
    : DriftingExpectations(
          model, drifting_circuit(model, {state, layout}),
          state.readout_derivatives(device_qubits(layout, model.circuit.qubit_of_bit()))) {}

DriftingExpectations::DriftingExpectations(const Qnn& model, const Circuit& circuit,
                                           const std::vector<ReadoutDerivative>& readout)
    : circuit_(without_readout_error(circuit)),
      observables_(reported_observables(model, circuit)),
      program_(circuit_),
      numbers_(program_.numbers()) {
  add_readout(readout, model, circuit);
}

void DriftingExpectations::add_readout(const std::vector<ReadoutDerivative>& derivatives,
                                       const Qnn& model, const Circuit& circuit) {
  std::vector<std::vector<Observable>> slopes;  // by derivative and observable
  std::map<PauliString, arma::uword> index;
  for (const ReadoutDerivative& derivative : derivatives) {
    std::vector<Observable>& of_observables = slopes.emplace_back();
    for (const Observable& observable : model.observables) {
      of_observables.push_back(slope_of(observable, derivative, circuit));
      for (const Observable::Term& term : of_observables.back().terms())
        if (index.try_emplace(term.pauli, strings_.size()).second) strings_.push_back(term.pauli);
    }
  }
  for (std::size_t d = 0; d < derivatives.size(); ++d) {
    arma::mat coefficients(model.n_observables(), strings_.size(), arma::fill::zeros);
    for (std::size_t k = 0; k < slopes[d].size(); ++k)
      for (const Observable::Term& term : slopes[d][k].terms())
        coefficients(k, index.at(term.pauli)) = term.coefficient;
    readout_.push_back({index_of(derivatives[d].number), std::move(coefficients)});
  }
  std::vector<Observable> strings(strings_.begin(), strings_.end());
  if (!strings.empty())
    string_values_ = std::make_shared<const ProgramExpectations>(circuit_, strings);
}

std::size_t DriftingExpectations::index_of(const std::string& number) {
  const auto found = std::ranges::find(numbers_, number);
  const auto index = static_cast<std::size_t>(found - numbers_.begin());
  if (found == numbers_.end()) numbers_.push_back(number);
  return index;
}

arma::mat DriftingExpectations::sensitivities(const arma::vec& weights, const arma::mat& features,
                                              const arma::mat& derivatives) const {
  arma::mat result(numbers_.size(), features.n_cols, arma::fill::zeros);
  const arma::mat of_channels =
      program_
          .batch_gradients(
              {features.n_cols, weights, features}, observables_,
              [&](std::size_t b, const arma::vec&) -> arma::vec { return derivatives.col(b); })
          .numbers;
  if (of_channels.n_rows > 0) result.head_rows(of_channels.n_rows) = of_channels;
  if (!string_values_) return result;
  const arma::mat strings = string_values_->values(weights, features);
  for (const ReadoutSlope& slope : readout_)
    result.row(slope.number) += arma::sum(derivatives % (slope.coefficients * strings), 0);
  return result;
}

SharedExpectations DriftingExpectations::moved(const arma::vec& change) const {
  std::map<std::string, double> changes;
  for (std::size_t i = 0; i < numbers_.size(); ++i) changes[numbers_[i]] = change(i);
  std::vector<Observable> observables;
  for (std::size_t k = 0; k < observables_.size(); ++k) {
    std::vector<Observable::Term> terms = observables_[k].terms();
    for (const ReadoutSlope& slope : readout_)
      for (std::size_t s = 0; s < strings_.size(); ++s)
        terms.push_back({change(slope.number) * slope.coefficients(k, s), strings_[s]});
    observables.emplace_back(std::move(terms));
  }
  return std::make_shared<const ProgramExpectations>(moved_circuit(circuit_, changes), observables);
}

}  // namespace rhodrift
