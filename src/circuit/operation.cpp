#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include <rhodrift/circuit/operation.hpp>

namespace rhodrift {

namespace {

using Mat = arma::cx_mat;
using C = arma::cx_double;
using Angles = std::span<const double>;
using AngleList = std::vector<Angle>;
constexpr double pi = std::numbers::pi;
const C o(0.0, 0.0), l(1.0, 0.0), i1(0.0, 1.0);

C phase(double angle_rad) {
  return std::polar(1.0, angle_rad);
}

Mat diagonal(std::initializer_list<C> entries) {
  return arma::diagmat(arma::cx_vec(entries));
}

// |0><0| ⊗ 1 + |1><1| ⊗ U with the control as operand 0, the least significant bit.
Mat controlled(const Mat& target) {
  Mat result(4, 4, arma::fill::zeros);
  result(0, 0) = result(2, 2) = 1.0;
  for (arma::uword r = 0; r < 2; ++r)
    for (arma::uword c = 0; c < 2; ++c) result(2 * r + 1, 2 * c + 1) = target(r, c);
  return result;
}

// The same with 0 in place of the identity: the derivative of `controlled`.
Mat controlled_derivative(const Mat& target_derivative) {
  Mat result = controlled(target_derivative);
  result(0, 0) = result(2, 2) = 0.0;
  return result;
}

// Of one excitation on two qubits: it stays with amplitude `stays`, or goes over. No and two
// excitations get `others`.
Mat on_one_excitation(C others, C stays, C goes) {
  return Mat{{others, o, o, o}, {o, stays, goes, o}, {o, goes, stays, o}, {o, o, o, others}};
}

// --- Fixed gates -----------------------------------------------------------------------------

Mat id(Angles) {
  return arma::eye<Mat>(2, 2);
}
Mat x(Angles) {
  return Mat{{o, l}, {l, o}};
}
Mat y(Angles) {
  return Mat{{o, -i1}, {i1, o}};
}
Mat z(Angles) {
  return diagonal({1.0, -1.0});
}
Mat h(Angles) {
  return Mat{{l, l}, {l, -l}} / std::numbers::sqrt2;
}
Mat s(Angles) {
  return diagonal({1.0, i1});
}
Mat sdg(Angles) {
  return diagonal({1.0, -i1});
}
Mat t(Angles) {
  return diagonal({1.0, phase(pi / 4)});
}
Mat tdg(Angles) {
  return diagonal({1.0, phase(-pi / 4)});
}
Mat sx(Angles) {
  return 0.5 * Mat{{1.0 + i1, 1.0 - i1}, {1.0 - i1, 1.0 + i1}};
}
Mat sxdg(Angles a) {
  return sx(a).t();
}
Mat cx(Angles a) {
  return controlled(x(a));
}
Mat cy(Angles a) {
  return controlled(y(a));
}
Mat cz(Angles a) {
  return controlled(z(a));
}
Mat ch(Angles a) {
  return controlled(h(a));
}
Mat swap(Angles) {
  return arma::eye<Mat>(4, 4).eval().cols(arma::uvec{0, 2, 1, 3});
}
Mat iswap(Angles) {
  return on_one_excitation(1.0, 0.0, i1);
}
Mat iswapdg(Angles a) {
  return iswap(a).t();
}
Mat sqrt_iswap(Angles) {
  return on_one_excitation(1.0, 1.0 / std::numbers::sqrt2, i1 / std::numbers::sqrt2);
}
Mat sqrt_iswapdg(Angles a) {
  return sqrt_iswap(a).t();
}
// Echoed cross-resonance, (IX - XY)/sqrt(2) with the first operand the control, as IBM defines it.
Mat ecr(Angles) {
  return Mat{{o, l, o, i1}, {l, o, -i1, o}, {o, i1, o, l}, {-i1, o, l, o}} / std::numbers::sqrt2;
}

// --- Rotations exp(-i θ/2 G) with G² = 1 -------------------------------------------------------

Mat rotation(const Mat& generator, double angle_rad) {
  return std::cos(angle_rad / 2) * arma::eye<Mat>(arma::size(generator)) -
         i1 * std::sin(angle_rad / 2) * generator;
}

Mat rx(Angles a) {
  return rotation(x({}), a[0]);
}
Mat ry(Angles a) {
  return rotation(y({}), a[0]);
}
Mat rz(Angles a) {
  return rotation(z({}), a[0]);
}
Mat rxx(Angles a) {
  return rotation(arma::kron(x({}), x({})), a[0]);
}
Mat ryy(Angles a) {
  return rotation(arma::kron(y({}), y({})), a[0]);
}
Mat rzz(Angles a) {
  return rotation(arma::kron(z({}), z({})), a[0]);
}
Mat crx(Angles a) {
  return controlled(rx(a));
}
Mat cry(Angles a) {
  return controlled(ry(a));
}
Mat crz(Angles a) {
  return controlled(rz(a));
}

// exp(i θ/4 (XX + YY)), Rigetti's: iswap at π.
Mat xy(Angles a) {
  return on_one_excitation(1.0, std::cos(a[0] / 2), i1 * std::sin(a[0] / 2));
}
Mat xy_derivative(Angles a, int) {
  return on_one_excitation(0.0, -0.5 * std::sin(a[0] / 2), 0.5 * i1 * std::cos(a[0] / 2));
}

// d/dθ exp(-i θ/2 G) = ½ exp(-i (θ+π)/2 G), because exp(-i π/2 G) = -i G.
template <Mat (*gate)(Angles)>
Mat half_turn_derivative(Angles a, int) {
  const double shifted = a[0] + pi;
  return 0.5 * gate({&shifted, 1});
}

template <Mat (*target)(Angles)>
Mat controlled_half_turn_derivative(Angles a, int) {
  return controlled_derivative(half_turn_derivative<target>(a, 0));
}

// --- Phases and Euler angles -------------------------------------------------------------------

Mat p(Angles a) {
  return diagonal({1.0, phase(a[0])});
}
Mat p_derivative(Angles a, int) {
  return diagonal({0.0, i1 * phase(a[0])});
}
Mat cp(Angles a) {
  return controlled(p(a));
}
Mat cp_derivative(Angles a, int k) {
  return controlled_derivative(p_derivative(a, k));
}

// u3(θ, φ, λ) = [[cos θ/2, -e^{iλ} sin θ/2], [e^{iφ} sin θ/2, e^{i(φ+λ)} cos θ/2]]
Mat u3(Angles a) {
  const double c = std::cos(a[0] / 2), sn = std::sin(a[0] / 2);
  return Mat{{c, -phase(a[2]) * sn}, {phase(a[1]) * sn, phase(a[1] + a[2]) * c}};
}
Mat u3_derivative(Angles a, int k) {
  const std::array<double, 3> shifted{a[0] + pi, a[1], a[2]};
  if (k == 0) return 0.5 * u3(shifted);
  // φ multiplies the second row by e^{iφ}, λ the second column by e^{iλ}.
  const Mat number = diagonal({0.0, i1});
  return k == 1 ? Mat(number * u3(a)) : Mat(u3(a) * number);
}
Mat u2(Angles a) {
  return u3(std::array<double, 3>{pi / 2, a[0], a[1]});
}
Mat u2_derivative(Angles a, int k) {
  return u3_derivative(std::array<double, 3>{pi / 2, a[0], a[1]}, k + 1);
}

// --- Inverse angles ----------------------------------------------------------------------------

AngleList none(const AngleList&) {
  return {};
}
AngleList negated(const AngleList& a) {
  return {-a[0]};
}
// u3(θ,φ,λ)⁻¹ = u3(-θ,-λ,-φ); u2(φ,λ)⁻¹ = u2(-λ-π, π-φ)
AngleList u3_inverse(const AngleList& a) {
  return {-a[0], -a[2], -a[1]};
}
AngleList u2_inverse(const AngleList& a) {
  return {-a[1] - Angle(pi), Angle(pi) - a[0]};
}

// --- Kraus operators ---------------------------------------------------------------------------

Mat projector(arma::uword outcome) {
  Mat matrix(2, 2, arma::fill::zeros);
  matrix(outcome, outcome) = 1.0;
  return matrix;
}

std::vector<Mat> reset() {
  return {projector(0), x({}) * projector(1)};
}
std::vector<Mat> measure() {
  return {projector(0), projector(1)};
}
template <arma::uword outcome>
std::vector<Mat> postselect() {
  return {projector(outcome)};
}

constexpr std::nullopt_t no = std::nullopt;

constexpr std::array table{
    OperationInfo{Op::id, "id", 1, 0, id, nullptr, Op::id, none},
    OperationInfo{Op::x, "x", 1, 0, x, nullptr, Op::x, none},
    OperationInfo{Op::y, "y", 1, 0, y, nullptr, Op::y, none},
    OperationInfo{Op::z, "z", 1, 0, z, nullptr, Op::z, none},
    OperationInfo{Op::h, "h", 1, 0, h, nullptr, Op::h, none},
    OperationInfo{Op::s, "s", 1, 0, s, nullptr, Op::sdg, none},
    OperationInfo{Op::sdg, "sdg", 1, 0, sdg, nullptr, Op::s, none},
    OperationInfo{Op::t, "t", 1, 0, t, nullptr, Op::tdg, none},
    OperationInfo{Op::tdg, "tdg", 1, 0, tdg, nullptr, Op::t, none},
    OperationInfo{Op::sx, "sx", 1, 0, sx, nullptr, Op::sxdg, none},
    OperationInfo{Op::sxdg, "sxdg", 1, 0, sxdg, nullptr, Op::sx, none},
    OperationInfo{Op::rx, "rx", 1, 1, rx, half_turn_derivative<rx>, Op::rx, negated},
    OperationInfo{Op::ry, "ry", 1, 1, ry, half_turn_derivative<ry>, Op::ry, negated},
    OperationInfo{Op::rz, "rz", 1, 1, rz, half_turn_derivative<rz>, Op::rz, negated},
    OperationInfo{Op::p, "p", 1, 1, p, p_derivative, Op::p, negated},
    OperationInfo{Op::u2, "u2", 1, 2, u2, u2_derivative, Op::u2, u2_inverse},
    OperationInfo{Op::u3, "u3", 1, 3, u3, u3_derivative, Op::u3, u3_inverse},
    OperationInfo{Op::cx, "cx", 2, 0, cx, nullptr, Op::cx, none},
    OperationInfo{Op::cy, "cy", 2, 0, cy, nullptr, Op::cy, none},
    OperationInfo{Op::cz, "cz", 2, 0, cz, nullptr, Op::cz, none},
    OperationInfo{Op::ch, "ch", 2, 0, ch, nullptr, Op::ch, none},
    OperationInfo{Op::swap, "swap", 2, 0, swap, nullptr, Op::swap, none},
    OperationInfo{Op::iswap, "iswap", 2, 0, iswap, nullptr, Op::iswapdg, none},
    OperationInfo{Op::iswapdg, "iswapdg", 2, 0, iswapdg, nullptr, Op::iswap, none},
    OperationInfo{Op::sqrt_iswap, "sqrt_iswap", 2, 0, sqrt_iswap, nullptr, Op::sqrt_iswapdg, none},
    OperationInfo{Op::sqrt_iswapdg, "sqrt_iswapdg", 2, 0, sqrt_iswapdg, nullptr, Op::sqrt_iswap,
                  none},
    OperationInfo{Op::ecr, "ecr", 2, 0, ecr, nullptr, Op::ecr, none},
    OperationInfo{Op::crx, "crx", 2, 1, crx, controlled_half_turn_derivative<rx>, Op::crx, negated},
    OperationInfo{Op::cry, "cry", 2, 1, cry, controlled_half_turn_derivative<ry>, Op::cry, negated},
    OperationInfo{Op::crz, "crz", 2, 1, crz, controlled_half_turn_derivative<rz>, Op::crz, negated},
    OperationInfo{Op::cp, "cp", 2, 1, cp, cp_derivative, Op::cp, negated},
    OperationInfo{Op::rxx, "rxx", 2, 1, rxx, half_turn_derivative<rxx>, Op::rxx, negated},
    OperationInfo{Op::ryy, "ryy", 2, 1, ryy, half_turn_derivative<ryy>, Op::ryy, negated},
    OperationInfo{Op::rzz, "rzz", 2, 1, rzz, half_turn_derivative<rzz>, Op::rzz, negated},
    OperationInfo{Op::xy, "xy", 2, 1, xy, xy_derivative, Op::xy, negated},
    OperationInfo{Op::reset, "reset", 1, 0, nullptr, nullptr, no, none, reset},
    OperationInfo{Op::measure, "measure", 1, 0, nullptr, nullptr, no, none, measure},
    OperationInfo{Op::postselect0, "postselect0", 1, 0, nullptr, nullptr, no, none, postselect<0>},
    OperationInfo{Op::postselect1, "postselect1", 1, 0, nullptr, nullptr, no, none, postselect<1>},
    OperationInfo{Op::barrier, "barrier", 0, 0, nullptr, nullptr, Op::barrier, none},
    OperationInfo{Op::delay, "delay", 1, 0, id, nullptr, Op::delay, none},
    OperationInfo{Op::channel, "channel", 0, 0, nullptr, nullptr, no, none},
};

// Other names OpenQASM programs use for the same operations.
constexpr std::array<std::pair<std::string_view, Op>, 6> aliases{{
    {"u1", Op::p},
    {"cu1", Op::cp},
    {"u", Op::u3},
    {"U", Op::u3},
    {"CX", Op::cx},
    {"cphase", Op::cp},
}};

}  // namespace

std::span<const OperationInfo> operation_table() {
  return table;
}

const OperationInfo& info(Op op) {
  return table[static_cast<std::size_t>(op)];
}

std::optional<Op> find_operation(std::string_view name) {
  for (const OperationInfo& row : table)
    if (row.name == name) return row.op;
  for (const auto& [alias, op] : aliases)
    if (alias == name) return op;
  return std::nullopt;
}

}  // namespace rhodrift
