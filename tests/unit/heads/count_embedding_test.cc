#include "heads/count_embedding.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "base/mapped_file.h"
#include "config/gliner2_config.h"

namespace gliner {
namespace {

// The recorded models hold one of each kind; what they compute is compared in the trace test. Here: that
// tasks of one batch do not see each other.
class CountEmbeddingTest : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Kinds, CountEmbeddingTest,
                         ::testing::Values("span-deberta-v3", "span-deberta-v2cnt", "span-bert"));

TEST_P(CountEmbeddingTest, TasksTogetherGiveWhatEachGivesAlone) {
  const c10::InferenceMode guard;
  const std::string folder = GLINER_TEST_DATA "/golden2/" + std::string(GetParam()) + "/model";
  const MappedFile config_file(folder + "/config.json");
  const Gliner2Config config = parse_gliner2_config(config_file.text(), folder);
  WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(folder + "/model.safetensors")),
                    at::kCPU);
  const std::int64_t hidden = store.file().tensors().at("count_embed.pos_embedding.weight").shape[1];
  const auto embedding =
      make_count_embedding(WeightScope(store) / "count_embed", config.counting_layer, hidden);

  at::manual_seed(1);
  const at::Tensor labels = at::randn({12, hidden});
  const std::vector<LabelGroup> groups = {{0, 3, 2}, {4, 1, 19}, {6, 2, 1}, {9, 3, 7}};
  const at::Tensor together = embedding->forward(labels, groups);
  std::int64_t row = 0;
  for (const LabelGroup& group : groups) {
    const at::Tensor alone = embedding->forward(labels, {group});
    ASSERT_EQ(alone.size(0), group.labels * group.count);
    EXPECT_LE((together.narrow(0, row, alone.size(0)) - alone).abs().max().item<float>(),
              1e-5F * alone.abs().max().item<float>());
    row += alone.size(0);
    // The first instance does not depend on how many follow, so entities may ask for it alone.
    const at::Tensor first = embedding->forward(labels, {{group.first, group.labels, 1}});
    EXPECT_LE((alone.narrow(0, 0, group.labels) - first).abs().max().item<float>(),
              1e-5F * first.abs().max().item<float>());
  }
  EXPECT_EQ(together.size(0), row);
  EXPECT_EQ(embedding->forward(labels, {}).sizes(), (std::vector<std::int64_t>{0, hidden}));
}

}  // namespace
}  // namespace gliner
