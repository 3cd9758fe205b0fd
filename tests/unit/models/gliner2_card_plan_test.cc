// What the host sends for a pass, and which passes share a bucket.
#include "models/gliner2_card_plan.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "io/model_dir.h"
#include "random_batch.h"

namespace gliner {
namespace {

using Form = Gliner2CardPlan::Form;

class Gliner2CardPlanTest : public ::testing::TestWithParam<const char*> {
 protected:
  Gliner2CardPlanTest()
      : model_(load_gliner2_span(
            find_model_files(std::string(GLINER_TEST_DATA "/golden2/") + GetParam() + "/model"), 491,
            LoadOptions{"cpu", 1})) {}
  const Gliner2Modules& modules() const { return static_cast<const Gliner2Span&>(*model_).modules(); }

 private:
  std::unique_ptr<Model> model_;
};

INSTANTIATE_TEST_SUITE_P(Models, Gliner2CardPlanTest,
                         ::testing::Values("span-deberta-v3", "span-deberta-v2cnt", "span-bert",
                                           "span-modernbert"));

std::vector<std::int32_t> part(const Gliner2CardPlan& plan, UploadHandle handle) {
  const at::Tensor values = plan.upload().send(c10::kCPU).integers(handle).contiguous();
  const auto* data = values.data_ptr<std::int32_t>();
  return {data, data + values.size(0)};
}

TEST_P(Gliner2CardPlanTest, TextsOfSimilarLengthWithOneSchemaShareABucket) {
  const PackedBatch longest = random_batch(TokenPooling::kFirst, 1, 5);
  std::set<std::vector<std::int64_t>> exact, buckets;
  constexpr unsigned kTexts = 16;
  for (unsigned seed = 0; seed < kTexts; ++seed) {
    const PackedBatch batch = shortened(longest, seed, /*most_words=*/20);
    const PackedBatch padded = pad_to_bucket(batch);
    exact.insert(Gliner2CardPlan(modules(), batch, Form::kExact, 2).shape().key());
    buckets.insert(Gliner2CardPlan(modules(), padded, Form::kBucket, 2).shape().key());
  }
  EXPECT_GT(exact.size(), buckets.size() + 2) << "texts of many lengths";
  EXPECT_LE(buckets.size(), 4U);
}

TEST_P(Gliner2CardPlanTest, OtherSchemasInstancesAndPoolingsHaveOtherBuckets) {
  std::set<std::vector<std::int64_t>> keys;
  PackedBatch batch = random_batch(TokenPooling::kFirst, 1, 6);
  const auto add = [&](std::int64_t instances) {
    const PackedBatch padded = pad_to_bucket(batch);
    return keys.insert(Gliner2CardPlan(modules(), padded, Form::kBucket, instances).shape().key()).second;
  };
  EXPECT_TRUE(add(2));
  EXPECT_FALSE(add(2));
  EXPECT_TRUE(add(3)) << "instances";
  batch.sequences[0].tasks.pop_back();
  EXPECT_TRUE(add(2)) << "a task less";
  batch.sequences[0].tasks[1].attribute_labels.push_back(0);
  EXPECT_TRUE(add(2)) << "an attribute more";
  batch.sequences[0].tasks[0].choice_rows = 1;
  EXPECT_TRUE(add(2)) << "a choice less";
  batch.pooling = TokenPooling::kMax;
  EXPECT_TRUE(add(2)) << "pooling";
}

TEST_P(Gliner2CardPlanTest, PaddingIsASequenceOfItsOwnWithoutTasks) {
  for (unsigned seed = 0; seed < 4; ++seed) {
    const PackedBatch batch = random_batch(TokenPooling::kMean, 1 + static_cast<int>(seed), seed);
    const PackedBatch padded = pad_to_bucket(batch);
    ASSERT_EQ(padded.sequences.size(), batch.sequences.size() + 1);
    const PackedSequence& padding = padded.sequences.back();
    EXPECT_EQ(padding.token_begin, static_cast<std::int32_t>(batch.ids.size()));
    EXPECT_EQ(padding.token_end, static_cast<std::int32_t>(padded.ids.size()));
    EXPECT_EQ(padded.ids.size() % 32, 0U);
    EXPECT_LE(padding.token_end - padding.token_begin, 64);
    EXPECT_TRUE(padding.tasks.empty());
    EXPECT_FALSE(padding.rows.empty());
  }
}

TEST_P(Gliner2CardPlanTest, TilesCoverEveryTokenOnceAndAreAsManyForABucket) {
  const PackedBatch longest = random_batch(TokenPooling::kFirst, 2, 7);
  std::map<std::vector<std::int64_t>, std::size_t> tiles_of_key;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const PackedBatch padded = pad_to_bucket(shortened(longest, seed));
    const Gliner2CardPlan plan(modules(), padded, Form::kBucket, 2);
    const WordShape words = plan.shape().words;
    EXPECT_TRUE(words.start.empty()) << "a graph must not know it";
    const std::vector<std::int32_t> tiles = part(plan, words.tiles);
    std::vector<int> covered(padded.ids.size(), 0);
    for (std::size_t t = 0; t < tiles.size(); t += 4)
      for (std::int32_t row = tiles[t + 2];
           row <
           std::min<std::int32_t>(tiles[t + 1], tiles[t + 2] + static_cast<std::int32_t>(words.tile_rows));
           ++row)
        ++covered[static_cast<std::size_t>(tiles[t] + row)];
    EXPECT_EQ(covered, std::vector<int>(padded.ids.size(), 1));
    const auto [entry, inserted] = tiles_of_key.try_emplace(plan.shape().key(), tiles.size());
    EXPECT_EQ(entry->second, tiles.size());
    // What flash attention and rotary positions take.
    std::vector<std::int32_t> begins = {0}, places;
    for (const PackedSequence& sequence : padded.sequences) {
      begins.push_back(sequence.token_end);
      for (std::int32_t t = sequence.token_begin; t < sequence.token_end; ++t)
        places.push_back(t - sequence.token_begin);
      EXPECT_LE(sequence.token_end - sequence.token_begin, words.longest);
    }
    EXPECT_EQ(part(plan, words.begins), begins);
    const bool has_positions = std::string(GetParam()).find("deberta") == std::string::npos;
    EXPECT_EQ(part(plan, words.positions), has_positions ? places : std::vector<std::int32_t>());
  }
  EXPECT_LT(tiles_of_key.size(), 12U);
}

}  // namespace
}  // namespace gliner
