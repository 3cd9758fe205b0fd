#pragma once

namespace gliner {

/// GFLOP/s of float32 multiply-adds that never leave the registers, on `threads` threads together for
/// `seconds`, with the widest vectors of this CPU: what no product can exceed.
double peak_gflops(int threads, double seconds);

}  // namespace gliner
