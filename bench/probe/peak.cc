#include "peak.h"

#include <chrono>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

namespace gliner {
namespace {

constexpr int kSteps = 20000;  // Between two looks at the clock.

// kSums independent chains of kLanes floats, enough to hide the latency of a multiply-add and few enough for
// the registers. Returns what keeps the compiler from leaving them out.
template <int kLanes, int kSums>
__attribute__((always_inline)) inline float multiply_add() {
  typedef float Vec __attribute__((vector_size(kLanes * sizeof(float))));
  Vec sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = Vec{} + static_cast<float>(i);
  const Vec factor = Vec{} + 0.999F;
  const Vec summand = Vec{} + 1e-5F;
  for (int step = 0; step < kSteps; ++step)
#pragma GCC unroll 32
    for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + summand;
  float total = 0;
  for (int i = 0; i < kSums; ++i)
    for (int lane = 0; lane < kLanes; ++lane) total += sums[i][lane];
  return total;
}

struct Loop {
  float (*run)();
  double flops;  // Of one run.
};

template <int kLanes, int kSums>
constexpr double flops_of() {
  return 2.0 * kLanes * kSums * kSteps;
}

#if defined(__x86_64__)
__attribute__((target("avx512f"), optimize("fp-contract=fast"))) float avx512() {
  return multiply_add<16, 24>();
}
__attribute__((target("avx2,fma"), optimize("fp-contract=fast"))) float avx2() {
  return multiply_add<8, 12>();
}
#endif
float baseline() { return multiply_add<4, 12>(); }

Loop best_loop() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return {avx512, flops_of<16, 24>()};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {avx2, flops_of<8, 12>()};
#endif
  return {baseline, flops_of<4, 12>()};
}

double gflops_of_thread(const Loop& loop, double seconds) {
  const auto begin = std::chrono::steady_clock::now();
  double elapsed = 0, flops = 0;
  volatile float kept = 0;
  do {
    kept = kept + loop.run();
    flops += loop.flops;
    elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  } while (elapsed < seconds);
  return flops / elapsed / 1e9;
}

}  // namespace

double peak_gflops(int threads, double seconds) {
  const Loop loop = best_loop();
  std::vector<double> rates(static_cast<std::size_t>(threads));
  std::vector<std::thread> workers;
  for (double& rate : rates) workers.emplace_back([&] { rate = gflops_of_thread(loop, seconds); });
  for (std::thread& worker : workers) worker.join();
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

}  // namespace gliner
