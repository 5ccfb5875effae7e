#include <cstdlib>
#include <map>
#include <mutex>

#include <sys/mman.h>

#include <rhodrift/sim/aligned_vector.hpp>

namespace rhodrift {

namespace {

constexpr std::size_t cache_line = 64, large_page = std::size_t{1} << 21;

std::size_t rounded(std::size_t bytes) {
  const std::size_t alignment = bytes >= large_page ? large_page : cache_line;
  return (bytes + alignment - 1) / alignment * alignment;
}

/// Blocks that were given back, for the next one who asks for as much. A run of a small circuit
/// takes microseconds; fresh memory would cost it a page fault every 4 KiB, more than the
/// arithmetic. A training step of 10 qubits takes a dozen states of 8 MiB; where the process has
/// left few large pages free, new ones every step make it take three times as long.
class SpareBlocks {
 public:
  ~SpareBlocks() {
    for (const auto& [bytes, memory] : blocks_) std::free(memory);
  }
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(bytes);
    if (found == blocks_.end()) return nullptr;
    void* memory = found->second;
    blocks_.erase(found);
    total_ -= bytes;
    return memory;
  }
  bool keep(void* memory, std::size_t bytes) {
    constexpr std::size_t largest = std::size_t{64} << 20, most = std::size_t{512} << 20;
    const std::lock_guard lock(mutex_);
    if (bytes > largest || total_ + bytes > most) return false;
    blocks_.emplace(bytes, memory);
    total_ += bytes;
    return true;
  }

 private:
  std::mutex mutex_;
  std::multimap<std::size_t, void*> blocks_;
  std::size_t total_ = 0;
};

SpareBlocks& spare_blocks() {
  static SpareBlocks blocks;
  return blocks;
}

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  const std::size_t size = rounded(bytes);
  if (void* memory = spare_blocks().take(size)) return memory;
  void* memory = std::aligned_alloc(size >= large_page ? large_page : cache_line, size);
  if (memory == nullptr) throw std::bad_alloc();
  // Tiles stride through the state; with 4 KiB pages every run of a tile would miss the TLB.
  if (size >= large_page) ::madvise(memory, size, MADV_HUGEPAGE);
  return memory;
}

void free_aligned(void* memory, std::size_t bytes) noexcept {
  if (!spare_blocks().keep(memory, rounded(bytes))) std::free(memory);
}

}  // namespace rhodrift
