#include "nn/cpu/kernels.h"

#include <algorithm>

#include "nn/cpu/attention_layout.h"

namespace gliner {

extern const CpuKernels kBaselineKernels;
#ifdef GLINER_X86_KERNELS
extern const CpuKernels kAvx2Kernels;
extern const CpuKernels kAvx512Kernels;
#endif

namespace {

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

// An odd number of cache lines, so that a column of a matrix does not fall into one set of the cache.
std::int64_t odd_lines(std::int64_t floats) {
  constexpr std::int64_t kLine = 16;
  const std::int64_t lines = (floats + kLine - 1) / kLine;
  return (lines % 2 == 0 ? lines + 1 : lines) * kLine;
}

}  // namespace

AttentionLayout attention_layout(std::int64_t length, std::int64_t head_size) {
  constexpr std::int64_t kPanel = kAttentionPanel;
  // Blocks and parts of about the same size.
  const auto share = [length](std::int64_t most) {
    const std::int64_t parts = (length + most - 1) / most;
    return round_up((length + parts - 1) / parts, kPanel);
  };
  AttentionLayout s{};
  s.block_rows = share(kAttentionBlockRows);
  s.part_keys = share(kAttentionPartKeys);
  s.value_stride = round_up(head_size, kPanel);
  s.key_stride = s.value_stride * kPanel;
  s.score_stride = odd_lines(s.part_keys + kPanel);
  s.distance_stride = odd_lines(s.block_rows + kPanel);

  s.value = round_up(length, kPanel) * s.value_stride;
  s.output = s.value + length * s.value_stride;
  s.scores = s.output + s.block_rows * s.value_stride + kPanel;
  s.distances = s.scores + s.block_rows * s.score_stride + kPanel;
  s.far_rows = s.distances + kPanel * s.distance_stride + kPanel;
  s.far_column = s.far_rows + s.block_rows * kPanel;
  s.far_keys = s.far_column + s.value_stride;
  s.floats = s.far_keys + s.part_keys + kPanel;
  return s;
}

std::int64_t attention_scratch_floats(std::int64_t length, std::int64_t head_size) {
  return attention_layout(length, head_size).floats;
}

std::vector<const CpuKernels*> available_cpu_kernels() {
  std::vector<const CpuKernels*> sets;
#ifdef GLINER_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    sets.push_back(&kAvx512Kernels);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&kAvx2Kernels);
#endif
  sets.push_back(&kBaselineKernels);
  return sets;
}

const CpuKernels& cpu_kernels() {
  static const CpuKernels& best = *available_cpu_kernels().front();
  return best;
}

}  // namespace gliner
