#pragma once

namespace gliner {

/// CPUs this process may run on (the affinity mask, so containers and taskset are respected), at least 1.
int allowed_cpus();

/// Sets the intra-op threads of LibTorch and of OpenMP, which oneDNN follows, to `threads` (0:
/// allowed_cpus()) and the inter-op threads to 1. LibTorch's own default counts physical cores only, which
/// halves a hyper-threaded machine. The setting is the process's; the last call wins. Returns the number set.
int set_intra_op_threads(int threads);

}  // namespace gliner
