#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// The loops over Pauli vectors. Nothing else in the project is compiled for special processors.
///
/// A transfer matrix acts on one or two digits and leaves the others alone: for every value of the
/// others, 4 or 16 numbers are multiplied by it. Most matrices fall apart into blocks of a few
/// indices (sim/block_structure.hpp), and the kernels here multiply one block for all values of the
/// other digits. They see an array whose innermost 4 numbers, or one vector register in a batch,
/// never differ in a digit that is operated on: they are the values of a spectator digit, or one
/// number of each binding. So whole registers are worked on, and no kernel but swap_lane_digit
/// shuffles.
namespace rhodrift::kernels {

/// The non-zero entries a block kernel is compiled for; row i of the mask has bit j for entry
/// (i, j). Rows and columns of a block may be permuted, each on their own, to fit one.
struct BlockShape {
  int size;
  std::array<std::uint8_t, 4> rows;

  constexpr bool has(int i, int j) const {
    return ((rows[static_cast<std::size_t>(i)] >> j) & 1) != 0;
  }
  constexpr int n_entries() const { return rank(size, 0); }
  /// Position of entry (i, j) in the order of the coefficients: row by row.
  constexpr int rank(int i, int j) const {
    int n = 0;
    for (int k = 0; k < i; ++k)
      for (int l = 0; l < size; ++l) n += has(k, l) ? 1 : 0;
    for (int l = 0; l < j; ++l) n += has(i, l) ? 1 : 0;
    return n;
  }
};

/// What the blocks of noisy gates look like. A noisy rotation about an axis has blocks of 1 and 2,
/// a general unital 1-qubit gate 1 and 3, with relaxation 4. A Clifford gate permutes Pauli
/// strings; followed by relaxation, which adds what a digit's I holds to its Z, a noisy cx has
/// blocks of 4 (the II of relaxation on both), 4, 4, 2 and 2.
inline constexpr std::array block_shapes{
    BlockShape{1, {0b1}},                             // a scaled string
    BlockShape{2, {0b11, 0b11}},                      //
    BlockShape{3, {0b111, 0b111, 0b111}},             // unital on 1 qubit
    BlockShape{4, {0b0001, 0b0010, 0b0100, 0b1001}},  // permuted, one I -> Z
    BlockShape{4, {0b0001, 0b0011, 0b0101, 0b1111}},  // permuted, I -> Z of both digits
    BlockShape{4, {0b0001, 0b1111, 0b1111, 0b1111}},  // trace-preserving on 1 qubit
    BlockShape{4, {0b1111, 0b1110, 0b1110, 0b1110}},  // its transpose
    BlockShape{4, {0b1111, 0b1111, 0b1111, 0b1111}},  //
};

/// The numbers one block reads and writes: the vectors that begin at from[j] + x and to[i] + x for
/// every x whose set bits are among those of `mask`: the spectator digits and, in a batch, the
/// bindings beyond one register. A vector is a register, or the 4 numbers of one digit where a
/// register holds more than that (`narrow`).
struct BlockLoop {
  std::size_t mask;
  bool narrow;
  int n;                               ///< indices in the block
  std::array<std::uint32_t, 16> from;  ///< of column j
  std::array<std::uint32_t, 16> to;    ///< of row i
};

/// The kernels of one instruction set; T is double or float. A block's coefficients stand in the
/// order of its shape's entries (row by row for blocks of more than 4), each in a register's worth
/// of numbers: the same one repeated, or one a binding.
template <typename T>
struct Table {
  /// out <- M in for one block. The arrays are the same, or do not overlap.
  using Apply = void (*)(const T* in, T* out, const BlockLoop& loop, const T* coefficients);
  /// environment[entry] += Σ λ_i r_j, lane by lane, for the entries (i, j) of the block: λ stands
  /// where the block writes, r where it reads.
  using Environment = void (*)(const T* lambda, const T* r, const BlockLoop& loop, T* environment);

  std::size_t lanes;  ///< numbers in a register
  std::array<Apply, block_shapes.size()> apply;
  std::array<Environment, block_shapes.size()> environment;
  Apply apply_large;  ///< blocks of 5 to 16 indices, all entries
  Environment environment_large;
  void (*copy)(const T* in, T* out, const BlockLoop& loop);  ///< a block of 1 index as it is
  /// Runs of `length` numbers, at least 4 registers, from state + runs[k] to one after the other in
  /// the tile, and back.
  void (*gather)(const T* state, std::span<const std::size_t> runs, std::size_t length, T* tile);
  void (*scatter)(const T* tile, std::span<const std::size_t> runs, std::size_t length, T* state);
  /// Exchanges the digit of stride 1 with the one of the given stride, in 4^n numbers.
  void (*swap_lane_digit)(T* data, std::size_t size, std::size_t stride);
};

/// The kernels for the best instruction set of this machine, or for the one that
/// hwy::SetSupportedTargetsForTest chose.
template <typename T>
const Table<T>& table();

/// Highway's targets that there are kernels for and that this machine can run.
std::vector<std::int64_t> runnable_targets();

// --- The matrices of steps that hold a parameter
// ---------------------------------------------------

/// One entry of a Factor (sim/step.hpp):
/// terms[0] + terms[1] cos θ + terms[2] sin θ + terms[3] cos θ/2 + terms[4] sin θ/2.
struct TrigEntry {
  std::uint32_t row, column;
  std::array<double, 5> terms;
};

/// One entry of a factor's derivative in a number of the calibration.
struct NumberEntry {
  std::uint32_t row, column, number;
  double value;
};

/// A product of dim x dim matrices, dim = 4 or 16, applied first to last. It is computed at `lanes`
/// bindings, 1 or as many as Table<double> has lanes; they are innermost in every array.
struct TrigProduct {
  struct Factor {
    std::span<const TrigEntry> entries;
    std::span<const NumberEntry> derivatives;  ///< those of one place side by side
  };
  std::size_t dim;
  std::vector<Factor> factors;
};

/// trig[k] = cos θ, sin θ, cos θ/2, sin θ/2 of n angles to 4 units in the last place, the latter
/// two when `halves`; |θ| <= 39000 rad.
void trigonometry(const double* angles_rad, double* trig, std::size_t n, std::size_t lanes,
                  bool halves);
/// The product; `trig` has a row of 4 a factor, `partial` room for a matrix a factor, in which the
/// product of factors 0 … f is left.
void multiply(const TrigProduct& product, const double* trig, std::size_t lanes, double* partial);
/// The derivatives of Σ_ij E(i, j) M(i, j), M the product: in every factor's angle as slopes, and
/// in the numbers of the calibration added to sensitivities[number]. `partial` is as multiply()
/// left it; `environment`, E, is overwritten.
void differentiate(const TrigProduct& product, const double* trig, std::size_t lanes,
                   const double* partial, double* environment, double* slopes,
                   double* sensitivities);

}  // namespace rhodrift::kernels
