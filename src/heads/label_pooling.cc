#include "heads/label_pooling.h"

#include <ATen/ATen.h>

#include "base/check.h"
#include "nn/rows.h"

namespace gliner {

at::Tensor mean_of_sequences(const at::Tensor& x, const SequenceStart& start) {
  GLINER_CHECK(start.back() == x.size(0));
  const auto sequences = static_cast<std::int64_t>(start.size()) - 1;
  at::Tensor means = new_rows(sequences, x.size(1), x.device()).zero_();  // [B, H]
  for (std::int64_t b = 0; b < sequences; ++b) {
    const std::int64_t begin = start[static_cast<std::size_t>(b)];
    const std::int64_t length = start[static_cast<std::size_t>(b) + 1] - begin;
    if (length > 0) means.select(0, b).copy_(x.narrow(0, begin, length).mean(0));
  }
  return means;
}

}  // namespace gliner
