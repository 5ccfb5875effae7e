#include "core/one_blas_thread.hpp"

#include <mutex>

#include <dlfcn.h>

namespace rhodrift {

namespace {

template <typename Function>
Function* find_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

/// OpenBLAS by name, since Armadillo works with any BLAS, and OpenMP too, since core has no need of
/// it.
class OpenBlas {
 public:
  bool found() const { return get_ != nullptr && set_ != nullptr; }
  int n_threads() const { return get_(); }
  void set_n_threads(int n) const {
    const bool has_openmp = get_openmp_ != nullptr && set_openmp_ != nullptr;
    const int ours = has_openmp ? get_openmp_() : 0;
    set_(n);
    if (has_openmp) set_openmp_(ours);  // an OpenBLAS that is built with OpenMP sets that too
  }

 private:
  int (*get_)() = find_function<int()>("openblas_get_num_threads");
  void (*set_)(int) = find_function<void(int)>("openblas_set_num_threads");
  int (*get_openmp_)() = find_function<int()>("omp_get_max_threads");
  void (*set_openmp_)(int) = find_function<void(int)>("omp_set_num_threads");
};

struct {
  std::mutex mutex;
  int n_alive = 0;
  int n_threads_before = 0;
  const OpenBlas blas{};
} shared;

}  // namespace

OneBlasThread::OneBlasThread() {
  if (!shared.blas.found()) return;
  const std::lock_guard lock(shared.mutex);
  if (shared.n_alive++ > 0) return;
  shared.n_threads_before = shared.blas.n_threads();
  shared.blas.set_n_threads(1);
}

OneBlasThread::~OneBlasThread() {
  if (!shared.blas.found()) return;
  const std::lock_guard lock(shared.mutex);
  if (--shared.n_alive == 0) shared.blas.set_n_threads(shared.n_threads_before);
}

}  // namespace rhodrift
