#include "sim/content_key.hpp"

#include <map>

#include <rhodrift/core/hash.hpp>

namespace rhodrift {

namespace {

/// Values one after the other, lists and texts behind their length.
class Bytes {
 public:
  template <typename Value>
  requires std::is_arithmetic_v<Value> || std::is_enum_v<Value> Bytes& add(Value value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Bytes& add(const std::string& text) {
    add(text.size());
    bytes_ += text;
    return *this;
  }
  Bytes& add(const TransferMatrix& matrix) {
    add(matrix.n_elem);
    bytes_.append(reinterpret_cast<const char*>(matrix.memptr()), matrix.n_elem * sizeof(double));
    return *this;
  }
  Bytes& add(const Angle& angle) {
    add(angle.offset_rad()).add(angle.terms().size());
    for (const Angle::Term& term : angle.terms())
      add(term.source).add(term.index).add(term.coefficient);
    return *this;
  }
  Bytes& add(const ChannelInstruction& channel) {
    add(channel.label).add(channel.ptm).add(channel.derivatives.size());
    for (const ChannelDerivative& derivative : channel.derivatives)
      add(derivative.number).add(derivative.ptm);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace

std::string content_key(const Circuit& circuit, const ProgramOptions& options) {
  Bytes key;
  key.add(options.precision).add(options.memory_bytes).add(options.inversion_limit);
  key.add(circuit.n_qubits());
  std::map<const ChannelInstruction*, std::size_t> index_of;
  for (const Instruction& instruction : circuit.instructions()) {
    key.add(instruction.op).add(instruction.qubits.size());
    for (const int qubit : instruction.qubits) key.add(qubit);
    for (const Angle& angle : instruction.angles) key.add(angle);
    if (const ChannelInstruction* channel = instruction.channel.get()) {
      // Circuits repeat channels: after the first time the place of that one says it.
      const auto [found, fresh] = index_of.try_emplace(channel, index_of.size());
      key.add(found->second);
      if (fresh) key.add(*channel);
    }
    key.add(instruction.bit);
  }
  return sha256_hex(key.bytes());
}

}  // namespace rhodrift
