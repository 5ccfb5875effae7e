#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/objective.hpp>
#include <rhodrift/train/training.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"
#include "train/cosine_products.hpp"

using namespace rhodrift;

namespace {

/// 2 features, 6 weights, 2 observables, 3 classes.
Qnn model() {
  Circuit circuit = angle_encoding(2, 2, {Op::ry});
  circuit.append(hardware_efficient_ansatz(2, 1, {{0, 1}}));
  return {circuit, {Observable::z(0), Observable::z(1)}, 3};
}

/// Another function's values times a number: noise that takes away contrast.
class Shrunk : public ExpectationFunction {
 public:
  explicit Shrunk(double factor) : factor_(factor) {}
  std::size_t n_weights() const override { return function_.n_weights(); }
  std::size_t n_features() const override { return function_.n_features(); }
  std::size_t n_observables() const override { return function_.n_observables(); }
  arma::mat values(const arma::vec& weights, const arma::mat& features) const override {
    return factor_ * function_.values(weights, features);
  }
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override {
    Gradient result = function_.gradient(weights, features,
                                         [&](std::size_t b, const arma::vec& values) -> arma::vec {
                                           return factor_ * loss_derivative(b, factor_ * values);
                                         });
    result.values *= factor_;
    return result;
  }

 private:
  CosineProducts function_{6, 2, 2};
  double factor_;
};

SharedExpectations shrunk(double factor) {
  return std::make_shared<const Shrunk>(factor);
}

Dataset samples() {
  Dataset data{"random", arma::mat(2, 9), {}, {"a", "b", "c"}};
  RandomStream random(5);
  for (double& x : data.features) x = random.normal();
  for (int i = 0; i < 9; ++i) data.labels.push_back(i % 3);
  return data;
}

QnnParameters parameters() {
  arma::vec values = initial_parameters(model(), 1).flattened();
  RandomStream random(6);
  for (double& value : values) value += 0.5 * random.normal();
  return QnnParameters::from_flattened(values, model());
}

double loss_in(double factor) {
  return training_loss(model(), *shrunk(factor), parameters(), samples()).value;
}

}  // namespace

TEST_CASE("Gradients of all objectives and losses agree with central differences") {
  const std::vector<SharedExpectations> history{shrunk(0.9), shrunk(0.5), shrunk(0.7)};
  for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::hinge}) {
    const std::vector<std::pair<const char*, TrainingObjective>> objectives{
        {"fixed", fixed_objective(model(), shrunk(0.8), loss)},
        {"drawn", drawn_objective(
                      model(), [&](std::uint64_t step) { return history[step % 3]; }, loss)},
        {"mean", risk_objective(model(), history, {1.0}, loss)},
        {"cvar", risk_objective(model(), history, {0.5}, loss)},
        {"worst", risk_objective(model(), history, {0.0}, loss)},
        {"gap", noise_gap_objective(model(), shrunk(0.8), shrunk(1.0), 3.0, loss)},
        {"combined", fixed_objective(model(),
                                     std::make_shared<const CombinedExpectations>(
                                         std::vector<CombinedExpectations::Part>{
                                             {1.5, shrunk(0.8)}, {-0.5, shrunk(0.5)}}),
                                     loss)}};
    for (const auto& [name, objective] : objectives) {
      INFO(name << ", " << to_string(loss));
      const arma::vec at = parameters().flattened();
      const auto value = [&, &objective = objective](const arma::vec& values) {
        return objective(4, QnnParameters::from_flattened(values, model()), samples(), false).value;
      };
      const arma::vec differences = central_differences(value, at);
      const TrainingLoss whole = objective(4, parameters(), samples(), true);
      CHECK(arma::norm(whole.gradient - differences) <= 1e-7 * arma::norm(differences));
      const TrainingLoss alone = objective(4, parameters(), samples(), false);
      CHECK(alone.gradient.is_empty());
      CHECK(std::abs(alone.value - whole.value) < 1e-14 * whole.value);
    }
  }
}

TEST_CASE("Gradients through post-measurement agree with central differences") {
  Qnn normalised = model();
  normalised.post_measurement.normalise = true;
  for (const Loss loss : {Loss::cross_entropy, Loss::mse, Loss::hinge}) {
    const arma::vec at = parameters().flattened();
    const auto loss_at = [&](const arma::vec& values) {
      return training_loss(normalised, *shrunk(0.8), QnnParameters::from_flattened(values, model()),
                           samples(), loss);
    };
    const arma::vec differences =
        central_differences([&](const arma::vec& values) { return loss_at(values).value; }, at);
    CHECK(arma::norm(loss_at(at).gradient - differences) <= 1e-7 * arma::norm(differences));
  }
  // The derivatives in the expectations themselves.
  normalised.post_measurement.quantisation = {.levels = 9, .limit = 2, .attraction = 0.3};
  const arma::mat values = shrunk(0.8)->values(parameters().weights, samples().features);
  const arma::mat derivatives =
      loss_derivatives(normalised, values, parameters().head, samples(), Loss::cross_entropy);
  const arma::vec weights = shrunk(0.8)
                                ->gradient(parameters().weights, samples().features,
                                           [&](std::size_t b, const arma::vec&) -> arma::vec {
                                             return derivatives.col(b);
                                           })
                                .weights;
  CHECK(arma::approx_equal(
      weights, training_loss(normalised, *shrunk(0.8), parameters(), samples()).gradient.head(6),
      "absdiff", 1e-14));
  normalised.post_measurement.quantisation = std::nullopt;
  // Shrinking does not show; the attraction to levels is part of the loss.
  const auto value = [&](double factor) {
    return training_loss(normalised, *shrunk(factor), parameters(), samples()).value;
  };
  CHECK(value(0.5) == Approx(value(0.9)).epsilon(1e-4));
  const double plain = value(0.8);
  normalised.post_measurement.quantisation = {.levels = 1000, .limit = 10, .attraction = 1e3};
  CHECK(value(0.8) > plain);
}

TEST_CASE("Risks are means of the worst conditions") {
  const std::vector<SharedExpectations> history{shrunk(0.9), shrunk(0.5), shrunk(0.7)};
  arma::vec losses{loss_in(0.9), loss_in(0.5), loss_in(0.7)};
  losses = arma::sort(losses, "descend");
  const auto risk = [&](double tail) {
    return risk_objective(model(), history, {tail}, Loss::cross_entropy)(0, parameters(), samples(),
                                                                         false)
        .value;
  };
  CHECK(risk(0.0) == Approx(losses(0)).epsilon(1e-14));
  CHECK(risk(1.0 / 3.0) == Approx(losses(0)).epsilon(1e-14));
  CHECK(risk(0.5) == Approx(arma::mean(losses.head(2))).epsilon(1e-14));
  CHECK(risk(1.0) == Approx(arma::mean(losses)).epsilon(1e-14));
  CHECK_THROWS_WITH(risk(1.5), "training: risk: tail 1.5 is outside [0, 1]");
  CHECK_THROWS_WITH(risk_objective(model(), {}, {}, Loss::mse),
                    "training: risk: there are no conditions");
}

TEST_CASE("Penalties are what they say") {
  const double gap = noise_gap_objective(model(), shrunk(0.8), shrunk(1.0), 3.0,
                                         Loss::cross_entropy)(0, parameters(), samples(), false)
                         .value;
  const arma::mat f = shrunk(1.0)->values(parameters().weights, samples().features);
  CHECK(gap == Approx(loss_in(0.8) +
                      3.0 * arma::accu(arma::square(0.2 * f)) / static_cast<double>(f.n_elem)));
  CHECK_THROWS_WITH(noise_gap_objective(model(), shrunk(1), shrunk(1), -1, Loss::mse),
                    "training: strength: -1 is not >= 0");
}

TEST_CASE("A combination that extrapolates to no shrinking has the values without it") {
  // 1 - 0.2 s at s = 1, 3: the line through them is 1 at 0.
  const CombinedExpectations extrapolated({{1.5, shrunk(0.8)}, {-0.5, shrunk(0.4)}});
  const arma::mat expected = shrunk(1.0)->values(parameters().weights, samples().features);
  CHECK(arma::approx_equal(extrapolated.values(parameters().weights, samples().features), expected,
                           "absdiff", 1e-14));
  CHECK_THROWS_AS(CombinedExpectations({}), InputError);
  CHECK_THROWS_AS(
      CombinedExpectations({{1.0, shrunk(1)}, {1.0, std::make_shared<CosineProducts>(5, 2, 2)}}),
      InputError);
}

TEST_CASE("Expectations of another shape than the model's are refused") {
  const auto wrong = std::make_shared<const CosineProducts>(5, 2, 2);
  CHECK_THROWS_WITH(fixed_objective(model(), wrong, Loss::mse),
                    "training: weights of the expectations: 5, but the circuit has 6");
  const TrainingObjective drawn = drawn_objective(
      model(), [&](std::uint64_t) { return wrong; }, Loss::mse);
  CHECK_THROWS_AS(drawn(0, parameters(), samples(), true), InputError);
}
