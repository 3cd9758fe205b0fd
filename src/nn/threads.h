#pragma once

#include <cstdint>
#include <functional>

namespace gliner {

/// CPUs this process may run on (the affinity mask, so containers and taskset are respected), at least 1.
int allowed_cpus();

/// The number of intra-op threads that `threads` asks for: itself, or allowed_cpus() when it is 0. Also makes
/// it the process's default in LibTorch, and sets LibTorch's inter-op threads to 1. LibTorch alone would
/// count physical cores only, which halves a hyper-threaded machine.
int init_intra_op_threads(int threads);

/// Makes the calling thread run parallel regions (LibTorch's, oneDNN's and ours, all of them OpenMP) with
/// `threads` threads until the scope ends. OpenMP keeps this number per thread, so a call from a thread of
/// the caller's own would otherwise take every core.
class IntraOpScope {
 public:
  explicit IntraOpScope(int threads);
  ~IntraOpScope();
  IntraOpScope(const IntraOpScope&) = delete;
  IntraOpScope& operator=(const IntraOpScope&) = delete;

 private:
  int previous_;
};

/// Runs `task(0)` .. `task(count - 1)` on the intra-op threads, each index once, handed out one at a time so
/// that tasks of uneven size balance. Inside a parallel region they run in order on the calling thread. The
/// first exception is rethrown.
void parallel_tasks(std::int64_t count, const std::function<void(std::int64_t)>& task);

/// Runs `task(begin, end)` over ranges that divide [0, count) among the intra-op threads, none but
/// the last shorter than `grain`. Inside a parallel region it is one call. The first exception is rethrown.
void parallel_ranges(std::int64_t count, std::int64_t grain,
                     const std::function<void(std::int64_t begin, std::int64_t end)>& task);

/// Threads that a parallel region started here would get; 1 inside one.
int intra_op_threads();

}  // namespace gliner
