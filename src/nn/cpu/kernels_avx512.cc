#define GLINER_KERNEL_SET avx512
#include "nn/cpu/kernels_impl.h"

namespace gliner {

extern const CpuKernels kAvx512Kernels;
const CpuKernels kAvx512Kernels = {
    "avx512",           avx512::attention_head, avx512::copy_columns, avx512::span_scores,
    avx512::span_sums,  avx512::layer_norm,     avx512::rotate_rows,  avx512::quantize_row,
    avx512::scale_rows, avx512::panel_product};

}  // namespace gliner
