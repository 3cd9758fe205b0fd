#include "prompt/read_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gliner {
namespace {

using ::testing::ElementsAre;

PackedBatch two_texts(TokenPooling pooling) {
  PackedBatch batch;
  batch.pooling = pooling;
  batch.ids.resize(10);
  PackedSequence first, second;
  first.token_end = 6;
  first.rows = {{3, 5}, {5, 6}};
  first.tasks.resize(1);
  first.tasks[0].markers = {0, 2};
  second.token_begin = 6;
  second.token_end = 10;
  second.rows = {{7, 10}};
  batch.sequences = {first, second};
  return batch;
}

TEST(ReadTokens, AreMarkersAndTheFirstOfEachWord) {
  EXPECT_THAT(read_tokens(two_texts(TokenPooling::kFirst)),
              ElementsAre(true, false, true, true, false, true, false, true, false, false));
}

TEST(ReadTokens, AreAllOfAWordWhereAllArePooled) {
  EXPECT_THAT(read_tokens(two_texts(TokenPooling::kMean)),
              ElementsAre(true, false, true, true, true, true, false, true, true, true));
}

TEST(ReadTokens, HoldTheTokenBehindAWordWithoutAny) {
  PackedBatch batch = two_texts(TokenPooling::kFirst);
  batch.sequences[0].rows = {{4, 4}};
  batch.sequences[1].rows = {{10, 10}};  // Behind the last token: nothing to read.
  EXPECT_THAT(read_tokens(batch),
              ElementsAre(true, false, true, false, true, false, false, false, false, false));
}

TEST(ReadTokens, OfGliner1AreWordsLabelsAndRelations) {
  SpanBatch batch;
  batch.ids.resize(8);
  SpanSequence sequence;
  sequence.token_end = 8;
  sequence.words = {{5, 7}, {8, 8}};
  sequence.labels = {1};
  sequence.relations = {3};
  batch.sequences = {sequence};
  EXPECT_THAT(read_tokens(batch), ElementsAre(false, true, false, true, false, true, true, false));
}

}  // namespace
}  // namespace gliner
