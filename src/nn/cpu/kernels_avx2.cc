#define GLINER_KERNEL_SET avx2
#include "nn/cpu/kernels_impl.h"

namespace gliner {

extern const CpuKernels kAvx2Kernels;
const CpuKernels kAvx2Kernels = {
    "avx2",           avx2::attention_head, avx2::copy_columns, avx2::span_scores, avx2::span_sums,
    avx2::layer_norm, avx2::rotate_rows,    avx2::quantize_row, avx2::scale_rows,  avx2::panel_product};

}  // namespace gliner
