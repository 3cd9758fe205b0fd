#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <sched.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace gliner {

int allowed_cpus() {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  // More CPUs than cpu_set_t holds, or another system: the count without affinity is the best guess.
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int set_intra_op_threads(int threads) {
  const int count = threads > 0 ? threads : allowed_cpus();
  // LibTorch refuses a second call and a call after its pool has started; one thread is then not ours to set.
  static std::once_flag inter_op_once;
  std::call_once(inter_op_once, [] {
    try {
      at::set_num_interop_threads(1);
    } catch (const c10::Error&) {
      // Somebody else in this process has started the pool. This engine never uses it.
    }
  });
  at::set_num_threads(count);
  return count;
}

}  // namespace gliner
