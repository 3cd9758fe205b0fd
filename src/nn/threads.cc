#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#ifdef __SANITIZE_THREAD__
#include <c10/core/InferenceMode.h>
#endif

namespace gliner {
namespace {

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer does not see the order that an OpenMP region brings: Debian's libgomp is not instrumented.
// What such a region writes looks like a race with whatever reads it, and to suppress those takes time with
// the square of their number. So LibTorch and oneDNN have one thread then, and this engine's regions are
// threads, whose order it does see.
const bool libtorch_has_one_thread = [] {
  at::set_num_threads(1);
  return true;
}();
std::atomic<int> default_threads{0};
thread_local int own_threads = 0;  // 0: the default

void set_default_threads(int count) { default_threads = count; }
void set_own_threads(int count) { own_threads = count; }
int get_own_threads() {
  if (own_threads > 0) return own_threads;
  return default_threads > 0 ? default_threads.load() : allowed_cpus();
}
#else
void set_default_threads(int count) { at::set_num_threads(count); }
void set_own_threads(int count) { omp_set_num_threads(count); }
int get_own_threads() {
  // LibTorch sets a thread's number when it first asks for it; ask now, or that would undo ours.
  at::get_num_threads();
  return omp_get_max_threads();
}
#endif

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
  set_default_threads(count);
  return count;
}

IntraOpScope::IntraOpScope(int threads) : previous_(get_own_threads()) { set_own_threads(threads); }

IntraOpScope::~IntraOpScope() { set_own_threads(previous_); }

int intra_op_threads() { return omp_in_parallel() ? 1 : get_own_threads(); }

#ifdef __SANITIZE_THREAD__
void parallel_ranges(std::int64_t count, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& task) {
  if (count <= 0) return;
  const std::int64_t most = std::max<std::int64_t>(1, count / std::max<std::int64_t>(1, grain));
  const std::int64_t workers = std::min<std::int64_t>(most, intra_op_threads());
  const std::int64_t step = (count + workers - 1) / workers;
  std::vector<std::thread> threads;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  for (std::int64_t begin = 0; begin < count; begin += step)
    threads.emplace_back([&, begin] {
      set_own_threads(1);
      const c10::InferenceMode inference;
      try {
        task(begin, std::min(begin + step, count));
      } catch (...) {
        const std::lock_guard<std::mutex> lock(failure_mutex);
        failure = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}
#else
void parallel_ranges(std::int64_t count, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& task) {
  at::parallel_for(0, count, grain, task);
}
#endif

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
