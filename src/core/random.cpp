#include <Random123/boxmuller.hpp>
#include <Random123/philox.h>
#include <Random123/uniform.hpp>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>

namespace rhodrift {

namespace {

constexpr std::uint32_t low_half(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

constexpr std::uint32_t high_half(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

constexpr std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return static_cast<std::uint64_t>(high) << 32 | low;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::uint64_t stream)
    : seed_(seed), stream_(stream) {}

RandomStream::result_type RandomStream::operator()() {
  if (used_ == buffer_.size()) {
    using Philox = r123::Philox4x32_R<10>;
    const Philox::ctr_type counter{
        {low_half(block_), high_half(block_), low_half(stream_), high_half(stream_)}};
    const Philox::key_type key{{low_half(seed_), high_half(seed_)}};
    const Philox::ctr_type out = Philox()(counter, key);
    buffer_ = {join(out[0], out[1]), join(out[2], out[3])};
    ++block_;
    used_ = 0;
  }
  return buffer_[used_++];
}

double RandomStream::uniform() {
  return static_cast<double>((*this)() >> 11) * 0x1p-53;
}

double RandomStream::normal() {
  const std::uint64_t angle = (*this)();
  const std::uint64_t radius = (*this)();
  return r123::boxmuller(angle, radius).x;
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  if (bound == 0) throw InputError("random number", "bound", "0 is not positive");
  // 2^64 mod bound values at the bottom would be hit once too often: draw again.
  const std::uint64_t surplus = (0 - bound) % bound;
  std::uint64_t drawn = (*this)();
  while (drawn < surplus) drawn = (*this)();
  return drawn % bound;
}

std::uint64_t stream_id(std::uint64_t purpose, std::uint64_t a, std::uint64_t b) {
  // A bijection of (a, b) for every purpose, of which half the bits are kept.
  return r123::Philox2x64()({{a, b}}, {{purpose}})[0];
}

}  // namespace rhodrift
