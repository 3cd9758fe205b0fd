#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace gliner {
namespace {

// ThreadSanitizer does not see that a parallel region begins after what its caller did and ends after what
// its workers did: Debian's libgomp is not instrumented. This tells it. Nothing in other builds.
class RegionOrder {
 public:
#ifdef __SANITIZE_THREAD__
  RegionOrder() { __tsan_release(&begin_); }
  ~RegionOrder() { __tsan_acquire(&end_); }
  void enter() { __tsan_acquire(&begin_); }
  void leave() { __tsan_release(&end_); }

 private:
  char begin_ = 0, end_ = 0;
#else
  void enter() {}
  void leave() {}
#endif
};

}  // namespace

int allowed_cpus() {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  // More CPUs than cpu_set_t holds, or another system: the count without affinity is the best guess.
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int init_intra_op_threads(int threads) {
  const int count = threads > 0 ? threads : allowed_cpus();
  // LibTorch refuses a second call and a call after its pool has started; either way the pool is not ours.
  static std::once_flag inter_op_once;
  std::call_once(inter_op_once, [] {
    try {
      at::set_num_interop_threads(1);
    } catch (const c10::Error&) {
      // This engine runs nothing on the inter-op pool, so its size is of no consequence.
    }
  });
  at::set_num_threads(count);
  return count;
}

IntraOpScope::IntraOpScope(int threads) {
  // LibTorch sets a thread's number when it first asks for it; ask now, or that would undo ours.
  at::get_num_threads();
  previous_ = omp_get_max_threads();
  omp_set_num_threads(threads);
}

IntraOpScope::~IntraOpScope() { omp_set_num_threads(previous_); }

int intra_op_threads() {
  if (omp_in_parallel()) return 1;
  at::get_num_threads();
  return omp_get_max_threads();
}

void parallel_ranges(std::int64_t count, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& task) {
  RegionOrder order;
  at::parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    order.enter();
    task(begin, end);
    order.leave();
  });
}

void parallel_tasks(std::int64_t count, const std::function<void(std::int64_t)>& task) {
  const std::int64_t workers = std::min<std::int64_t>(count, intra_op_threads());
  if (workers <= 1) {
    for (std::int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  std::atomic<std::int64_t> next{0};
  parallel_ranges(workers, 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t i = next++; i < count; i = next++) task(i);
  });
}

}  // namespace gliner
