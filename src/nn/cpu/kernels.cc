#include "nn/cpu/kernels.h"

namespace gliner {

extern const CpuKernels kBaselineKernels;
#ifdef GLINER_X86_KERNELS
extern const CpuKernels kAvx2Kernels;
extern const CpuKernels kAvx512Kernels;
#endif

std::int64_t attention_scratch_floats(std::int64_t length, std::int64_t head_size) {
  // AttentionScratch of the widest set: 16 lanes, tiles of 8 rows and 32 columns, output rows of 4 vectors.
  const std::int64_t score_stride = (length + 16 + 31) / 32 * 32;
  const std::int64_t value_stride = (head_size + 63) / 64 * 64;
  return head_size * (16 + score_stride + 16) + length * value_stride + 8 * score_stride + 8 * head_size;
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
