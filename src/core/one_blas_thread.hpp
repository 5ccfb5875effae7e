#pragma once

namespace rhodrift {

/// While one of these lives, OpenBLAS computes in the thread that calls it. Our threads share the
/// work already, and what a product is rounded to does not depend on the number of cores then.
/// OpenBLAS has one setting for the whole process; it is as it was when the last of these is gone.
/// Does nothing when another BLAS is linked.
class OneBlasThread {
 public:
  OneBlasThread();
  ~OneBlasThread();
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;
};

}  // namespace rhodrift
