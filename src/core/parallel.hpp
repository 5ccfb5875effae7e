#pragma once

#include <cstddef>
#include <exception>

namespace rhodrift {

/// Calls body(i) for i in 0..n-1 on OpenMP's threads. The exception of the lowest i that threw is
/// thrown again when all are done, so errors do not depend on the number of threads either.
template <typename Body>
void parallel_for(std::size_t n, Body body) {
  std::exception_ptr error;
  std::size_t error_index = n;
#pragma omp parallel for schedule(dynamic) if (n > 1)
  for (std::size_t i = 0; i < n; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(rhodrift_parallel_for_error)
      if (i < error_index) {
        error_index = i;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace rhodrift
