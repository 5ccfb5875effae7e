#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/noise_aware/drifting_expectations.hpp>
#include <rhodrift/train/objective.hpp>

/// Training for weights whose loss does not depend on what drifts.
namespace rhodrift {

/// How far each number (JSON pointers into the last state) is spread over a device's recorded
/// states: its standard deviation, per SI unit. Values of gates that were down (error 1) are left
/// out; 0 where fewer than two are left. Throws InputError when there is no state.
arma::vec recorded_spreads(const std::vector<std::string>& numbers,
                           std::span<const Calibration> states);
/// `relative` times the absolute value of each number in the state.
arma::vec relative_spreads(const std::vector<std::string>& numbers, const Calibration& state,
                           double relative);

/// training_loss L in the calibrated noise, and strength >= 0 times Σ_i (σ_i ∂L/∂c_i)² over the
/// calibration's numbers c_i: to first order, the variance of L when they drift independently with
/// the spreads σ_i. The sensitivities are exact. The penalty's gradient is 2 Σ_i v_i ∂(∇L)/∂c_i
/// with v_i = σ_i² ∂L/∂c_i, the derivative of ∇L in one direction: a central difference of two
/// gradients, with a step of a thousandth of the spreads, whatever the number of numbers. Throws
/// InputError when the strength is out of range or there is not one spread a number.
TrainingObjective sensitivity_objective(const Qnn& model,
                                        std::shared_ptr<const DriftingExpectations> drifting,
                                        const arma::vec& spreads, double strength, Loss loss);

}  // namespace rhodrift
