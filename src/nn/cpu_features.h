#pragma once

namespace gliner {

/// True if oneDNN has code for bfloat16 products that is faster than float32 on this CPU: AVX-512 BF16 or
/// AMX.
bool cpu_has_bfloat16();

/// True if 8-bit products are summed in 32 bits in one instruction, without saturation in between: VNNI.
bool cpu_has_int8();

}  // namespace gliner
