#pragma once

#include <dnnl.hpp>

namespace gliner {

// What the files that call oneDNN share. No other header shows its types.

inline const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

inline dnnl::stream& thread_stream() {
  thread_local dnnl::stream stream(cpu_engine());
  return stream;
}

}  // namespace gliner
