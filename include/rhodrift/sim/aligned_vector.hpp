#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace rhodrift {

/// Memory for kernels: aligned to a cache line, and large blocks to large pages, which the system
/// is asked for.
void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory, std::size_t bytes) noexcept;

template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(allocate_aligned(n * sizeof(T))); }
  void deallocate(T* memory, std::size_t n) noexcept { free_aligned(memory, n * sizeof(T)); }
  /// Numbers are left as they are: what is about to be overwritten is not set to 0 first.
  template <typename U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) U(std::forward<Arguments>(arguments)...);
  }
  bool operator==(const AlignedAllocator&) const = default;
};

/// AlignedVector<double>(n) holds n numbers of no particular value; (n, 0.0) sets them.
template <typename T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace rhodrift
