#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gliner/labels.h"
#include "test_files.h"

namespace gliner {
namespace {

using ::testing::HasSubstr;

TEST(LabelVectors, AreReadAsTheyWereWritten) {
  const testing::TempFolder folder;
  const LabelVectors written{{"person", "naïve \"quoted\"\n", ""}, 2, {1, 2, 3, 4, 5, -6.5F}};
  written.save(folder.path("labels.safetensors"));
  const LabelVectors read = LabelVectors::load(folder.path("labels.safetensors"));
  EXPECT_EQ(read.labels, written.labels);
  EXPECT_EQ(read.size, 2);
  EXPECT_EQ(read.values, written.values);
}

TEST(LabelVectors, RefuseSizesThatContradictEachOther) {
  const testing::TempFolder folder;
  const std::string path = folder.path("x");
  EXPECT_THROW((LabelVectors{{"a"}, 2, {1, 2, 3}}).save(path), InputError);
  EXPECT_THROW((LabelVectors{{"a"}, 0, {}}).save(path), InputError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(LabelVectors, RefuseAnotherSafetensorsFile) {
  try {
    LabelVectors::load(GLINER_TEST_DATA "/golden2/span-bert/model/model.safetensors");
    FAIL() << "was read";
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("label_vectors"));
  }
}

TEST(LabelVectors, CannotBeWrittenWhereThereIsNoFolder) {
  EXPECT_THROW((LabelVectors{{"a"}, 1, {1}}).save("/no such folder/labels"), InputError);
}

}  // namespace
}  // namespace gliner
