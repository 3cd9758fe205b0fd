#include "models/shared_labels.h"

#include <gtest/gtest.h>

#include <vector>

namespace gliner {
namespace {

std::shared_ptr<const LabelMatrix> labels_of(float value, std::size_t rows = 2) {
  return std::make_shared<const LabelMatrix>(LabelMatrix{3, std::vector<float>(3 * rows, value)});
}

class SharedLabelsTest : public ::testing::Test {
 protected:
  std::shared_ptr<const SpanQueries> get(const std::shared_ptr<const LabelMatrix>& labels) {
    return shared_.get(labels, [this](const LabelMatrix&) {
      ++made_;
      return SpanQueries();
    });
  }
  SharedLabels shared_;
  int made_ = 0;
};

TEST_F(SharedLabelsTest, MakesEqualSetsOnce) {
  const auto first = get(labels_of(1));
  EXPECT_EQ(get(labels_of(1)), first);
  EXPECT_EQ(made_, 1);
  EXPECT_NE(get(labels_of(2)), first);
  EXPECT_NE(get(labels_of(1, 3)), first);
  EXPECT_EQ(made_, 3);
  EXPECT_EQ(get(labels_of(1)), first);
  EXPECT_EQ(made_, 3);
}

TEST_F(SharedLabelsTest, KeepsTheLastUsedSets) {
  const auto often = get(labels_of(0));
  for (int i = 1; i < 50; ++i) {
    get(labels_of(static_cast<float>(i)));
    EXPECT_EQ(get(labels_of(0)), often);
  }
  EXPECT_EQ(made_, 50);
  EXPECT_LE(shared_.size(), 8u);
}

TEST_F(SharedLabelsTest, KeepsAHugeSetWhileItIsTheLastOneUsed) {
  const auto huge = labels_of(1, std::size_t{6} << 20);
  const auto first = get(huge);
  EXPECT_EQ(get(huge), first);
  get(labels_of(2));
  EXPECT_EQ(shared_.size(), 1u);
  get(huge);
  EXPECT_EQ(made_, 3);
}

}  // namespace
}  // namespace gliner
