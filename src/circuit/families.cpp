#include <array>
#include <numbers>
#include <numeric>
#include <string>

#include <fmt/format.h>

#include <rhodrift/circuit/families.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>

namespace rhodrift::families {

namespace {

constexpr double pi = std::numbers::pi;

void require(bool holds, const std::string& place, const std::string& problem) {
  if (!holds) throw InputError("circuit family", place, problem);
}

void require_at_least(int least, int n, const std::string& what) {
  require(n >= least, what, fmt::format("{} is below {}", n, least));
}

std::vector<int> all_qubits(int n_qubits) {
  std::vector<int> qubits(static_cast<std::size_t>(n_qubits));
  std::iota(qubits.begin(), qubits.end(), 0);
  return qubits;
}

/// One of the 24 up to a phase: a Pauli after one of the six that permute X, Y and Z.
void append_random_clifford(Circuit& circuit, int qubit, RandomStream& random) {
  static const std::array<std::vector<Op>, 6> permutations{
      {{}, {Op::h}, {Op::s}, {Op::sx}, {Op::h, Op::s}, {Op::s, Op::h}}};
  static constexpr std::array paulis{Op::id, Op::x, Op::y, Op::z};
  for (const Op op : permutations[random.below(6)]) circuit.append(op, {qubit});
  const Op pauli = paulis[random.below(4)];
  if (pauli != Op::id) circuit.append(pauli, {qubit});
}

void append_random_cx(Circuit& circuit, RandomStream& random) {
  for (int q = 0; q + 1 < circuit.n_qubits(); ++q) {
    if (random.below(2) == 0) continue;
    const bool backward = random.below(2) == 1;
    circuit.append(Op::cx, backward ? std::vector{q + 1, q} : std::vector{q, q + 1});
    ++q;
  }
}

/// A Pauli string up to its sign.
struct Frame {
  std::vector<bool> x, z;

  /// The string P behind the gate U: U P U†.
  void pass(const Instruction& gate) {
    const auto a = static_cast<std::size_t>(gate.qubits[0]);
    const bool x_before = x[a], z_before = z[a];
    switch (gate.op) {
      case Op::h:
        x[a] = z_before;
        z[a] = x_before;
        break;
      case Op::s:
      case Op::sdg:
        z[a] = z_before != x_before;
        break;
      case Op::sx:
      case Op::sxdg:
        x[a] = x_before != z_before;
        break;
      case Op::cx: {
        const auto b = static_cast<std::size_t>(gate.qubits[1]);
        x[b] = x[b] != x[a];
        z[a] = z[a] != z[b];
        break;
      }
      default:  // Paulis change its sign only
        break;
    }
  }
};

}  // namespace

Circuit ghz(int n_qubits) {
  Circuit circuit(n_qubits);
  circuit.append(Op::h, {0});
  for (int q = 0; q + 1 < n_qubits; ++q) circuit.append(Op::cx, {q, q + 1});
  return circuit;
}

Observable MirrorCircuit::parity() const {
  double sign = 1.0;
  for (const bool bit : outcome) sign *= bit ? -1.0 : 1.0;
  return Observable({{sign, PauliString::z(all_qubits(circuit.n_qubits()))}});
}

// The circuit is V† P V from |0…0>. V† P V is a Pauli string, whose X part flips the bits.
MirrorCircuit mirror(int n_qubits, int n_layers, std::uint64_t seed) {
  require_at_least(1, n_layers, "layers");
  Circuit half(n_qubits);
  RandomStream random(seed);
  for (int layer = 0; layer < n_layers; ++layer) {
    for (int q = 0; q < n_qubits; ++q) append_random_clifford(half, q, random);
    append_random_cx(half, random);
  }
  const Circuit undone = half.inverse();
  const auto size = static_cast<std::size_t>(n_qubits);
  Frame frame{std::vector<bool>(size), std::vector<bool>(size)};
  Circuit circuit = half;
  circuit.append(Op::barrier, all_qubits(n_qubits));
  for (int q = 0; q < n_qubits; ++q) {
    const auto pauli = random.below(4);
    frame.x[static_cast<std::size_t>(q)] = pauli == 1 || pauli == 2;
    frame.z[static_cast<std::size_t>(q)] = pauli == 2 || pauli == 3;
    if (pauli > 0) circuit.append(std::array{Op::x, Op::y, Op::z}[pauli - 1], {q});
  }
  circuit.append(Op::barrier, all_qubits(n_qubits)).append(undone);
  for (const Instruction& gate : undone.instructions()) frame.pass(gate);
  return {std::move(circuit), frame.x};
}

Edges chain_edges(int n_qubits) {
  require_at_least(1, n_qubits, "qubits");
  Edges edges;
  for (const int first : {0, 1})
    for (int q = first; q + 1 < n_qubits; q += 2) edges.emplace_back(q, q + 1);
  return edges;
}

Edges ring_edges(int n_qubits) {
  Edges edges = chain_edges(n_qubits);
  if (n_qubits > 2) edges.emplace_back(n_qubits - 1, 0);
  return edges;
}

// At the optimum β_k = γ_{p+1-k}/2.
QaoaAngles qaoa_angles(int n_layers) {
  static const std::array<std::vector<double>, max_known_qaoa_layers> gammas{{
      {0.78539816},
      {0.65587075, 1.24286097},
      {0.59213580, 1.15608683, 1.36457651},
      {0.55135807, 1.10838192, 1.30626555, 1.41748595},
  }};
  require(
      n_layers >= 1 && n_layers <= max_known_qaoa_layers, "layers",
      fmt::format("angles for {} are not known, only for 1..{}", n_layers, max_known_qaoa_layers));
  const std::vector<double>& gamma_rad = gammas[static_cast<std::size_t>(n_layers) - 1];
  std::vector<double> beta_rad(gamma_rad.rbegin(), gamma_rad.rend());
  for (double& beta : beta_rad) beta /= 2.0;
  return {gamma_rad, beta_rad};
}

Circuit qaoa(int n_qubits, const Edges& edges, const QaoaAngles& angles) {
  require(angles.gamma_rad.size() == angles.beta_rad.size(), "angles",
          fmt::format("{} γ and {} β", angles.gamma_rad.size(), angles.beta_rad.size()));
  Circuit circuit(n_qubits);
  for (int q = 0; q < n_qubits; ++q) circuit.append(Op::h, {q});
  for (std::size_t k = 0; k < angles.gamma_rad.size(); ++k) {
    // exp(-iγ (1 - ZZ)/2) is exp(iγ/2 ZZ) up to a phase.
    for (const auto& [a, b] : edges) circuit.append(Op::rzz, {a, b}, {-angles.gamma_rad[k]});
    for (int q = 0; q < n_qubits; ++q) circuit.append(Op::rx, {q}, {2.0 * angles.beta_rad[k]});
  }
  return circuit;
}

Observable cut(const Edges& edges) {
  std::vector<Observable::Term> terms;
  for (const auto& [a, b] : edges) {
    terms.push_back({0.5, PauliString()});
    terms.push_back({-0.5, PauliString::z({a, b})});
  }
  return Observable(std::move(terms));
}

Circuit random_clifford_rz(int n_qubits, int n_layers, std::uint64_t seed, int n_non_clifford) {
  require_at_least(1, n_qubits, "qubits");
  require_at_least(0, n_layers, "layers");
  const int n_rotations = n_qubits * (n_layers + 1);
  require(n_non_clifford >= 0 && n_non_clifford <= n_rotations, "non-Clifford rotations",
          fmt::format("{} is outside 0..{}, the number of rz", n_non_clifford, n_rotations));
  RandomStream random(seed);
  int rotations_left = n_rotations, non_clifford_left = n_non_clifford;
  const auto angle = [&]() -> double {
    // Of the places left each is as likely to be one of the non-Clifford ones.
    const bool is_free = random.below(static_cast<std::uint64_t>(rotations_left--)) <
                         static_cast<std::uint64_t>(non_clifford_left);
    if (!is_free) return pi / 2 * static_cast<double>(random.below(4));
    --non_clifford_left;
    return 2 * pi * random.uniform();
  };
  Circuit circuit(n_qubits);
  for (int layer = 0; layer <= n_layers; ++layer) {
    for (int q = 0; q < n_qubits; ++q) circuit.append(Op::rz, {q}, {angle()}).append(Op::sx, {q});
    if (layer == n_layers) break;
    for (int q = layer % 2; q + 1 < n_qubits; q += 2) circuit.append(Op::cx, {q, q + 1});
  }
  return circuit;
}

}  // namespace rhodrift::families
