// The pass that is made for cards, run on the CPU beside its oracle.
#include "models/gliner1_card_run.h"

#include <gtest/gtest.h>

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <tuple>

#include "nn/threads.h"
#include "random_gliner1.h"

namespace gliner {
namespace {

using testing::random_span_batch;

constexpr float kTolerance = 5e-5F;

Gliner1Config spans(SpanMode mode = SpanMode::kMarkerV0) {
  Gliner1Config config;
  config.span_mode = mode;
  return config;
}

Gliner1Config bi_encoder(SpanMode mode, std::vector<std::string> fusion = {}) {
  Gliner1Config config = spans(mode);
  config.has_labels_encoder = true;
  config.fusion = std::move(fusion);
  return config;
}

Gliner1Config with_pooling(Gliner1Config config, SubtokenPooling pooling) {
  config.pooling = pooling;
  return config;
}

Gliner1Config with_context() {
  Gliner1Config config = spans();
  EncoderConfig context;
  context.model_type = "rnn";
  context.hidden_size = testing::RandomGliner1::kHidden;
  context.num_hidden_layers = 1;
  config.span_context = context;
  config.rnn_layers = 0;
  return config;
}

Gliner1Config with_fused_layers() {
  Gliner1Config config = spans();
  config.fuse_layers = true;
  return config;
}

Gliner1Config with_relations(SpanMode mode, std::string layer = "bilinear") {
  Gliner1Config config = spans(mode);
  config.relations.emplace();
  config.relations->layer = std::move(layer);
  return config;
}

struct Architecture {
  const char* name;
  Gliner1Config config;
};

class Gliner1CardRunTest : public ::testing::TestWithParam<Architecture> {
 protected:
  Gliner1CardRunTest() : random_(GetParam().config) {}

  const Gliner1Config& config() const { return random_.config(); }
  std::vector<SpanOutput> found(const SpanBatch& batch) {
    const c10::InferenceMode inference;
    const IntraOpScope one_thread(1);
    return Gliner1CardRun(config(), random_.model().modules(), shared_labels_, batch, c10::kCPU).outputs();
  }
  /// Scores may differ by their rounding. Candidates found.
  std::size_t compare(const SpanBatch& batch) {
    const std::vector<SpanOutput> theirs = random_.model().run(batch);
    const std::vector<SpanOutput> ours = found(batch);
    EXPECT_EQ(theirs.size(), ours.size());
    std::size_t candidates = 0;
    for (std::size_t s = 0; s < theirs.size(); ++s) {
      SCOPED_TRACE(::testing::Message() << "text " << s);
      const auto& x = theirs[s].candidates;
      const auto& y = ours[s].candidates;
      EXPECT_EQ(x.size(), y.size());
      for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        EXPECT_EQ(std::tie(x[i].label, x[i].first, x[i].last, x[i].index),
                  std::tie(y[i].label, y[i].first, y[i].last, y[i].index));
        EXPECT_NEAR(x[i].score, y[i].score, kTolerance);
        if (HasFailure()) return 0;
      }
      candidates += x.size();
      compare_relations(theirs[s].relations, ours[s].relations);
    }
    return candidates;
  }
  SpanBatch batch(int texts, unsigned seed, int labels = 4, int sets = 1) const {
    return random_span_batch(config(), texts, seed, labels, sets);
  }
  static void set_thresholds(SpanBatch& batch, double threshold) {
    for (SpanSequence& sequence : batch.sequences)
      std::fill(sequence.thresholds.begin(), sequence.thresholds.end(), threshold);
  }
  SharedLabels shared_labels_;
  std::size_t relations_ = 0;  // Compared

 private:
  void compare_relations(const std::vector<RelationCandidate>& x, const std::vector<RelationCandidate>& y) {
    ASSERT_EQ(x.size(), y.size());
    const auto places = [](const RelationCandidate& r) {
      return std::tie(r.head_first, r.head_last, r.tail_first, r.tail_last, r.label, r.pair);
    };
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(places(x[i]), places(y[i]));
      ASSERT_NEAR(x[i].score, y[i].score, kTolerance);
    }
    relations_ += x.size();
  }

  testing::RandomGliner1 random_;
};

INSTANTIATE_TEST_SUITE_P(
    Models, Gliner1CardRunTest,
    ::testing::Values(
        Architecture{"span", spans()},
        Architecture{"span_mean", with_pooling(spans(), SubtokenPooling::kMean)},
        Architecture{"span_max", with_pooling(spans(), SubtokenPooling::kMax)},
        Architecture{"span_mean_word", spans(SpanMode::kMarkerV1)},
        Architecture{"span_last_word", spans(SpanMode::kMarkerV2)},
        Architecture{"span_context", with_context()}, Architecture{"span_fused_layers", with_fused_layers()},
        Architecture{"token", with_pooling(spans(SpanMode::kTokenLevel), SubtokenPooling::kMean)},
        Architecture{"bi_span", bi_encoder(SpanMode::kMarkerV0)},
        Architecture{"bi_span_fusion", bi_encoder(SpanMode::kMarkerV0, {"l2l", "l2t", "t2t", "t2l"})},
        Architecture{"bi_token", bi_encoder(SpanMode::kTokenLevel)},
        Architecture{"relations", with_relations(SpanMode::kMarkerV0)},
        Architecture{"relations_of_all_pairs", with_relations(SpanMode::kMarkerV0, "none")},
        Architecture{"token_relations", with_relations(SpanMode::kTokenLevel)}),
    [](const auto& one) { return one.param.name; });

TEST_P(Gliner1CardRunTest, FindsWhatTheOracleFinds) {
  std::size_t candidates = 0;
  for (unsigned seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    SpanBatch own = batch(1 + static_cast<int>(seed), seed);
    set_thresholds(own, 0.5 * std::pow(0.1, seed % 3));  // Some random models find little.
    own.threshold = 0.4;
    if (seed == 0) {  // Every span of words is an entity here: few of them.
      own.threshold = 0.0;
      own.sequences.front().words.resize(7);
    }
    candidates += compare(own);
  }
  EXPECT_GT(candidates, 0U) << "the comparison would show nothing";
  EXPECT_EQ(relations_ > 0, config().relations.has_value());
}

TEST_P(Gliner1CardRunTest, KnowsThresholdsOfEachLabel) {
  for (const double threshold : {0.0, 0.1, 0.9, 1.0}) {
    SCOPED_TRACE(threshold);
    SpanBatch own = batch(4, 20);
    set_thresholds(own, threshold);
    for (SpanSequence& sequence : own.sequences) sequence.thresholds[1] = 0.3;
    compare(own);
  }
}

TEST_P(Gliner1CardRunTest, LosesNothingWhenEverySpanSurvives) {
  SpanBatch own = batch(6, 7, /*labels=*/20);
  set_thresholds(own, 0.0);
  std::size_t words = 0;
  for (const SpanSequence& sequence : own.sequences) words += sequence.words.size();
  own.threshold = 0.9;  // Few entities; their pairs are compared elsewhere.
  EXPECT_GT(compare(own), 1024 + 2 * words) << "the buffer was never full";
}

TEST_P(Gliner1CardRunTest, ChoosesEntitiesByAThresholdOfTheirOwn) {
  if (!config().relations) return;
  for (const double threshold : {0.3, 0.5, 0.8, 1.0}) {
    SCOPED_TRACE(threshold);
    SpanBatch own = batch(3, 15);
    own.threshold = threshold;
    own.adjacency_threshold = 0.5;
    own.sequences[1].labels.resize(2);  // Padded with zero vectors, which count.
    own.sequences[2].relations.clear();
    own.sequences[2].relation_classes = 0;
    compare(own);
    own.adjacency_threshold = 1.0;  // No pair is left.
    compare(own);
  }
}

TEST_P(Gliner1CardRunTest, TakesManyLabels) {
  SpanBatch own = batch(3, 8, /*labels=*/150);
  set_thresholds(own, 0.7);
  compare(own);
}

TEST_P(Gliner1CardRunTest, TakesLongTextsBesideShortOnes) {
  SpanBatch own = batch(3, 9);
  SpanSequence& longest = own.sequences[2];
  for (int t = 0; t < 250; ++t) {
    own.ids.push_back(t % 50);
    longest.words.push_back({longest.token_end, longest.token_end + 1});
    ++longest.token_end;
    ++longest.encoded_tokens;
  }
  compare(own);
}

TEST_P(Gliner1CardRunTest, TakesTextsWithoutWordsAndWithoutLabels) {
  SpanBatch own = batch(4, 10);
  own.sequences[0].words.clear();
  own.sequences[1].labels.clear();
  own.sequences[1].label_matrix = nullptr;
  own.sequences[1].classes = 0;
  own.sequences[1].thresholds.clear();
  compare(own);
  for (SpanSequence& sequence : own.sequences) sequence.words.clear();
  for (const SpanOutput& output : found(own)) EXPECT_TRUE(output.candidates.empty());
  EXPECT_TRUE(found(SpanBatch{}).empty());
}

TEST_P(Gliner1CardRunTest, TakesWordsAndLabelsThatAreNotRead) {
  SpanBatch own = batch(3, 11);
  own.sequences[0].words.push_back({own.sequences[0].token_end, own.sequences[0].token_end});
  own.sequences[1].encoded_tokens -= 7;  // Cuts words in their middle.
  own.sequences[2].encoded_tokens = 3;   // Cuts labels.
  compare(own);
}

TEST_P(Gliner1CardRunTest, TakesOtherClassesThanLabels) {
  SpanBatch own = batch(3, 12);
  own.sequences[0].classes = 2;
  own.sequences[0].thresholds.resize(2);
  own.sequences[1].classes = 6;
  own.sequences[1].thresholds.resize(6, 0.5);
  compare(own);
}

TEST_P(Gliner1CardRunTest, TakesSetsOfLabelsThatTextsShareOrNot) {
  SpanBatch own = batch(5, 13, /*labels=*/3, /*sets=*/2);
  compare(own);
  std::fill(own.sequences[2].thresholds.begin(), own.sequences[2].thresholds.end(), 0.2);
  compare(own);
  own = batch(5, 14);
  compare(own);
  compare(own);  // With what was made of them the first time.
  std::fill(own.sequences[1].thresholds.begin(), own.sequences[1].thresholds.end(), 0.2);
  compare(own);
}

TEST(Gliner1CardRun, CoversWhatItDoesWithoutAWait) {
  const testing::RandomGliner1 random(spans());
  const auto covers = [&random](const Gliner1Config& config, const SpanBatch& batch) {
    return Gliner1CardRun::covers(config, random.model().modules(), batch);
  };
  EXPECT_TRUE(covers(random.config(), {}));
  Gliner1Config other = random.config();
  other.relations.emplace();
  EXPECT_TRUE(covers(other, {}));
  other.has_labels_encoder = true;
  EXPECT_FALSE(covers(other, {}));
  other = random.config();
  other.decoder.emplace();
  EXPECT_FALSE(covers(other, {}));
  other = random.config();
  other.represent_spans = true;
  EXPECT_FALSE(covers(other, {}));
  for (bool SpanBatch::*more : {&SpanBatch::class_scores, &SpanBatch::vectors, &SpanBatch::label_vectors}) {
    SpanBatch batch;
    batch.*more = true;
    EXPECT_FALSE(covers(random.config(), batch));
  }
}

}  // namespace
}  // namespace gliner
