#define GLINER_KERNEL_SET baseline
#include "nn/cpu/kernels_impl.h"

namespace gliner {

extern const CpuKernels kBaselineKernels;
const CpuKernels kBaselineKernels = {
    "baseline",           baseline::attention_head, baseline::copy_columns, baseline::span_scores,
    baseline::span_sums,  baseline::layer_norm,     baseline::rotate_rows,  baseline::quantize_row,
    baseline::scale_rows, baseline::panel_product};

}  // namespace gliner
