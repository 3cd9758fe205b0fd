#include "nn/cpu_features.h"

#include <dnnl.hpp>

namespace gliner {
namespace {

// The sets of oneDNN are bit masks, each with the bits of those it contains.
bool has(dnnl::cpu_isa wanted) {
  const auto bits = static_cast<unsigned>(wanted);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

}  // namespace

bool cpu_has_bfloat16() { return has(dnnl::cpu_isa::avx512_core_bf16); }

bool cpu_has_int8() { return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni); }

}  // namespace gliner
