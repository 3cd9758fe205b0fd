#include "heads/span_logits.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

namespace gliner {
namespace {

TEST(SpanLogits, FusedAndPackedFormEqualPlainForm) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  for (const std::int64_t rows : {1, 5, 33, 70})
    for (const std::int64_t queries : {1, 6, 17, 90}) {
      const at::Tensor start = at::randn({rows, 52}), end = at::randn({rows, 52});
      const at::Tensor folded = at::randn({queries, 52}), bias = at::randn({queries});
      const Projection product(folded, bias, std::nullopt, at::kCPU);
      for (const std::int64_t max_width : {1, 4, 12}) {
        const at::Tensor expected = plain_span_logits(start, end, folded, bias, max_width);
        EXPECT_TRUE(
            at::allclose(fused_span_logits(start, end, folded, bias, max_width), expected, 1e-5, 1e-4));
        const at::Tensor packed = packed_span_logits(start, end, product, max_width);
        ASSERT_EQ(packed.sizes(), expected.sizes());
        EXPECT_TRUE(at::allclose(packed, expected, 1e-5, 1e-4))
            << rows << " rows, " << queries << " queries, width " << max_width;
      }
    }
}

}  // namespace
}  // namespace gliner
