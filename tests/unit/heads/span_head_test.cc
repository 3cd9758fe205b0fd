#include "heads/span_head.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "../nn/checkpoint_bytes.h"

namespace gliner {
namespace {

constexpr std::int64_t kHidden = 10;

at::Tensor mlp(const std::map<std::string, at::Tensor>& w, const std::string& name, const at::Tensor& x) {
  const at::Tensor inner = at::relu(at::linear(x, w.at(name + ".0.weight"), w.at(name + ".0.bias")));
  return at::linear(inner, w.at(name + ".3.weight"), w.at(name + ".3.bias"));
}

// SpanMarkerV0 as it is written down: every span's vector, then its product with the query.
at::Tensor by_definition(const std::map<std::string, at::Tensor>& w, const at::Tensor& rows,
                         const at::Tensor& queries, std::int64_t max_width) {
  const std::int64_t count = rows.size(0);
  at::Tensor logits = at::full({queries.size(0), count, max_width}, -INFINITY);
  const at::Tensor start = mlp(w, "project_start", rows), end = mlp(w, "project_end", rows);
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < max_width && i + k < count; ++k) {
      const at::Tensor span = mlp(w, "out_project", at::relu(at::cat({start[i], end[i + k]})).unsqueeze(0));
      logits.select(1, i).select(1, k).copy_(at::linear(queries, span).squeeze(1));
    }
  return logits;
}

TEST(SpanHead, EqualsScoringEverySpanAlone) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  std::map<std::string, at::Tensor> w;
  for (const auto& [name, in] :
       {std::pair{"project_start", kHidden}, {"project_end", kHidden}, {"out_project", 2 * kHidden}}) {
    w[std::string(name) + ".0.weight"] = at::randn({4 * kHidden, in}) * 0.3;
    w[std::string(name) + ".0.bias"] = at::randn({4 * kHidden}) * 0.3;
    w[std::string(name) + ".3.weight"] = at::randn({kHidden, 4 * kHidden}) * 0.3;
    w[std::string(name) + ".3.bias"] = at::randn({kHidden}) * 0.3;
  }
  testing::Entries entries;
  for (const auto& [name, tensor] : w) entries[name] = testing::entry_of(tensor);
  const testing::TempFolder folder;
  const std::string path = folder.write("model.safetensors", testing::checkpoint_bytes(entries));

  for (const std::int64_t max_width : {1, 3, 8}) {
    WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
    const SpanHead head(WeightScope(store), kHidden, max_width);
    EXPECT_NO_THROW(store.check_all_used());
    const at::Tensor rows = at::randn({14, kHidden});
    const at::Tensor queries = at::randn({9, kHidden});
    // A sequence shorter than the width, one without rows, one without queries, and a long one.
    const std::vector<SpanTask> tasks = {{0, 2, 0, 4}, {2, 0, 4, 0}, {2, 3, 4, 0}, {5, 9, 4, 5}};
    const std::vector<at::Tensor> found = head.forward(rows, queries, tasks);
    ASSERT_EQ(found.size(), tasks.size());
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      const at::Tensor expected =
          by_definition(w, rows.narrow(0, tasks[t].first_row, tasks[t].rows),
                        queries.narrow(0, tasks[t].first_query, tasks[t].queries), max_width);
      ASSERT_EQ(found[t].sizes(), expected.sizes());
      EXPECT_TRUE(at::allclose(found[t], expected, 1e-5, 1e-4)) << "task " << t << ", width " << max_width;
    }
  }
}

TEST(SpanLogits, FusedFormEqualsPlainForm) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  for (const std::int64_t rows : {1, 5, 33})
    for (const std::int64_t queries : {1, 6, 17}) {
      const at::Tensor start = at::randn({rows, 52}), end = at::randn({rows, 52});
      const at::Tensor folded = at::randn({queries, 52}), bias = at::randn({queries});
      EXPECT_TRUE(at::allclose(fused_span_logits(start, end, folded, bias, 4),
                               plain_span_logits(start, end, folded, bias, 4), 1e-5, 1e-4));
    }
}

}  // namespace
}  // namespace gliner
