#include "compile/weyl.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include "core/euler_angles.hpp"

namespace rhodrift {

namespace {

using Mat2 = arma::cx_mat22;
using Mat4 = arma::cx_mat44;
using C = arma::cx_double;

constexpr double pi = std::numbers::pi;
/// Coordinates below are rounding errors: of a gate left out it is the error.
constexpr double negligible = 1e-10;
constexpr double acceptable_error = 1e-9;

enum Coordinate : std::size_t { X, Y, Z };

Mat2 matrix_of(Op op, const std::vector<double>& angles_rad = {}) {
  return info(op).unitary(angles_rad);
}

// exp(-iπ/4 σ) and σ itself, by coordinate.
Mat2 quarter_turn(std::size_t axis) {
  constexpr std::array turns{Op::rx, Op::ry, Op::rz};
  return matrix_of(turns[axis], {pi / 2});
}
Mat2 pauli(std::size_t axis) {
  constexpr std::array paulis{Op::x, Op::y, Op::z};
  return matrix_of(paulis[axis]);
}

// In this basis local unitaries of determinant 1 are real, and XX, YY, ZZ diagonal.
Mat4 magic_basis() {
  const C o(0.0), l(1.0), i(0.0, 1.0);
  return Mat4(arma::cx_mat{{l, o, o, i}, {o, i, l, o}, {o, i, -l, o}, {l, o, o, -i}} /
              std::numbers::sqrt2);
}

// The two factors of a ⊗ b, determinant 1 each up to rounding: (factor on operand 0, on operand 1).
std::array<Mat2, 2> factors_of(const Mat4& product) {
  arma::uword row = 0, column = 0;
  double largest = -1.0;
  for (arma::uword r = 0; r < 2; ++r)
    for (arma::uword c = 0; c < 2; ++c) {
      const double size = arma::norm(product.submat(2 * r, 2 * c, 2 * r + 1, 2 * c + 1), "fro");
      if (size > largest) largest = size, row = r, column = c;
    }
  Mat2 lower = product.submat(2 * row, 2 * column, 2 * row + 1, 2 * column + 1);
  lower /= std::sqrt(lower(0, 0) * lower(1, 1) - lower(0, 1) * lower(1, 0));
  Mat2 upper;
  for (arma::uword r = 0; r < 2; ++r)
    for (arma::uword c = 0; c < 2; ++c)
      upper(r, c) =
          0.5 * arma::trace(lower.t() * product.submat(2 * r, 2 * c, 2 * r + 1, 2 * c + 1));
  return {lower, upper};
}

// Real orthogonal P with Pᵀ S P diagonal, S symmetric and unitary: its real and imaginary part
// commute, and a generic mixture of them has no eigenspace that they do not share.
std::optional<arma::mat44> real_eigenvectors(const Mat4& s) {
  const arma::mat re = arma::real(s), im = arma::imag(s);
  for (int attempt = 0; attempt < 8; ++attempt) {
    const double mixture = 0.6180339887 + attempt;
    arma::vec eigenvalues;
    arma::mat p;
    if (!arma::eig_sym(eigenvalues, p, std::cos(mixture) * re + std::sin(mixture) * im)) continue;
    if (arma::det(p) < 0.0) p.col(0) *= -1.0;
    arma::cx_mat rest = p.t() * s * p;
    rest.diag().zeros();
    if (arma::abs(rest).max() < acceptable_error) return arma::mat44(p);
  }
  return std::nullopt;
}

/// exp(i Σ c_k σ_k σ_k) between local gates, moved into the Weyl chamber.
class Chamber {
 public:
  Chamber(std::array<double, 3> coordinates, std::array<Mat2, 2> before, std::array<Mat2, 2> after)
      : c_(coordinates), before_(before), after_(after) {
    for (const std::size_t k : {X, Y, Z}) reduce(k);
    if (std::abs(c_[X]) < std::abs(c_[Y])) exchange(X, Y);
    if (std::abs(c_[X]) < std::abs(c_[Z])) exchange(X, Z);
    if (std::abs(c_[Z]) < std::abs(c_[Y])) exchange(Y, Z);
    if (c_[X] < 0.0) flip(X, Y);
    if (c_[Z] < 0.0) flip(Y, Z);
  }

  WeylDecomposition result() const { return {before_, after_, c_[X], c_[Y], c_[Z]}; }

 private:
  // To [-π/4, π/4]: exp(iπ/2 σσ) = i σσ is local.
  void reduce(std::size_t k) {
    const double turns = std::round(c_[k] / (pi / 2));
    c_[k] -= turns * (pi / 2);
    if (std::fmod(turns, 2.0) == 0.0) return;
    for (Mat2& local : after_) local = Mat2(local * pauli(k));
  }

  // A quarter turn of both qubits about the third axis exchanges two coordinates.
  void exchange(std::size_t j, std::size_t k) {
    std::swap(c_[j], c_[k]);
    const Mat2 turn = quarter_turn(3 - j - k);
    for (Mat2& local : before_) local = Mat2(turn * local);
    for (Mat2& local : after_) local = Mat2(local * turn.t());
  }

  // A half turn of one qubit about the third axis changes two signs.
  void flip(std::size_t j, std::size_t k) {
    c_[j] = -c_[j];
    c_[k] = -c_[k];
    const Mat2 turn = pauli(3 - j - k);
    before_[0] = Mat2(turn * before_[0]);
    after_[0] = Mat2(after_[0] * turn);
  }

  std::array<double, 3> c_;
  std::array<Mat2, 2> before_;
  std::array<Mat2, 2> after_;
};

Mat4 interaction(double x, double y, double z) {
  return Mat4(info(Op::rxx).unitary(std::array{-2 * x}) *
              info(Op::ryy).unitary(std::array{-2 * y}) *
              info(Op::rzz).unitary(std::array{-2 * z}));
}

// Largest difference of an element when the phases agree.
double distance(const Mat4& a, const Mat4& b) {
  const C inner = arma::trace(a.t() * b);
  return std::abs(inner) < 1.0 ? 2.0 : arma::abs(a * (inner / std::abs(inner)) - b).max();
}

Mat4 product_of(const WeylDecomposition& d) {
  return Mat4(arma::kron(d.after[1], d.after[0]) * interaction(d.x, d.y, d.z) *
              arma::kron(d.before[1], d.before[0]));
}

void append_local(Circuit& circuit, int qubit, const Mat2& matrix) {
  const auto [theta, phi, lambda] = EulerAngles::of(matrix);
  if (theta == 0.0)
    circuit.append(Op::rz, {qubit}, {phi});
  else
    circuit.append(Op::u3, {qubit}, {theta, phi, lambda});
}

}  // namespace

std::optional<WeylDecomposition> WeylDecomposition::of(const Mat4& unitary) {
  const Mat4 basis = magic_basis();
  const Mat4 m(basis.t() * (unitary / std::pow(arma::det(unitary), 0.25)) * basis);
  // M = O1 exp(iD) O2 with real orthogonal O1, O2, so MᵀM = O2ᵀ exp(2iD) O2.
  const Mat4 square(m.st() * m);
  const std::optional<arma::mat44> eigenvectors = real_eigenvectors(square);
  if (!eigenvectors) return std::nullopt;
  const Mat4 p(*eigenvectors, arma::mat44(arma::fill::zeros));
  const Mat4 diagonal(p.t() * square * p);
  arma::vec4 d;
  for (arma::uword k = 0; k < 4; ++k) d(k) = 0.5 * std::arg(diagonal(k, k));
  // The determinant of O1 is exp(-iΣd), 1 or -1.
  if (std::cos(arma::accu(d)) < 0.0) d(0) += pi;
  const arma::cx_vec4 undo =
      arma::exp(C(0.0, -1.0) * arma::cx_vec4(d, arma::vec4(arma::fill::zeros)));
  const Mat4 o1(m * p * arma::diagmat(undo));
  d -= arma::accu(d) / 4;  // a global phase

  const WeylDecomposition result =
      Chamber({(d(0) + d(1)) / 2, (d(1) + d(3)) / 2, (d(0) + d(3)) / 2},
              factors_of(Mat4(basis * p.st() * basis.t())),
              factors_of(Mat4(basis * o1 * basis.t())))
          .result();
  if (distance(product_of(result), unitary) > acceptable_error) return std::nullopt;
  return result;
}

int WeylDecomposition::n_cx() const {
  if (std::abs(y) > negligible) return 3;
  if (z > negligible) return 2;
  if (x < negligible) return 0;
  return std::abs(x - pi / 4) < negligible ? 1 : 2;
}

Circuit WeylDecomposition::circuit() const {
  Circuit circuit(2);
  append_local(circuit, 0, before[0]);
  append_local(circuit, 1, before[1]);
  switch (n_cx()) {
    case 0:
      break;
    case 1:  // exp(iπ/4 ZX) = cx · exp(iπ/4 Z) ⊗ exp(iπ/4 X), and H turns Z into X
      circuit.append(Op::h, {0})
          .append(Op::rz, {0}, {-pi / 2})
          .append(Op::rx, {1}, {-pi / 2})
          .append(Op::cx, {0, 1})
          .append(Op::h, {0});
      break;
    case 2:  // cx turns X ⊗ 1 into XX and 1 ⊗ Z into ZZ
      circuit.append(Op::cx, {0, 1})
          .append(Op::rx, {0}, {-2 * x})
          .append(Op::rz, {1}, {-2 * z})
          .append(Op::cx, {0, 1});
      break;
    default:
      circuit.append(Op::rz, {0}, {pi / 2})
          .append(Op::cx, {1, 0})
          .append(Op::rz, {0}, {pi / 2 - 2 * z})
          .append(Op::ry, {1}, {2 * y - pi / 2})
          .append(Op::cx, {0, 1})
          .append(Op::ry, {1}, {pi / 2 - 2 * x})
          .append(Op::cx, {1, 0})
          .append(Op::rz, {1}, {-pi / 2});
  }
  append_local(circuit, 0, after[0]);
  append_local(circuit, 1, after[1]);
  return circuit;
}

}  // namespace rhodrift
