#include "nn/cpu/kernels.h"

namespace gliner {

extern const CpuKernels kBaselineKernels;
#ifdef GLINER_X86_KERNELS
extern const CpuKernels kAvx2Kernels;
extern const CpuKernels kAvx512Kernels;
#endif

std::int64_t attention_scratch_floats(std::int64_t length, std::int64_t head_size) {
  // The widest set: 16 lanes, 4 rows of scores, output rows of 4 vectors.
  const std::int64_t padded_length = (length + 31) / 32 * 32;
  const std::int64_t padded_head = (head_size + 63) / 64 * 64;
  return head_size * padded_length + length * padded_head + 4 * padded_length + 4 * head_size;
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
