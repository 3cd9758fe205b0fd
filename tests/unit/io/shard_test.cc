#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "io/safetensors.h"
#include "test_files.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::safetensors;
using testing::TempFolder;

constexpr const char* kIndex = "model.safetensors.index.json";

/// A file with one tensor of three bytes.
std::string shard(const std::string& tensor, const std::string& bytes) {
  return safetensors("{\"" + tensor + R"(":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", bytes);
}

/// The message with which this index is refused, beside the shards one (tensor a) and two (tensor b).
std::string refusal(const std::string& index) {
  const TempFolder folder;
  folder.write("one.safetensors", shard("a", "abc"));
  folder.write("two.safetensors", shard("b", "def"));
  const std::string path = folder.write(kIndex, index);
  return error_of<ModelError>([&] { WeightFile::open(path); });
}

std::string shard_named(const std::string& json_name) { return R"({"weight_map":{"a":)" + json_name + "}}"; }

TEST(Shards, AreReadAsOneFile) {
  const TempFolder folder;
  folder.write("one.safetensors", shard("a", "abc"));
  folder.write("two.safetensors", shard("b", "def"));
  const std::string index = folder.write(
      kIndex,
      R"({"metadata":{"total_size":6,"x":[{}]},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  const WeightFile file = WeightFile::open(index);
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(std::memcmp(file.tensors().at("a").data, "abc", 3), 0);
  EXPECT_EQ(std::memcmp(file.tensors().at("b").data, "def", 3), 0);
  EXPECT_EQ(file.tensors().at("b").file, folder.path("two.safetensors"));
  EXPECT_EQ(file.path(), index);
  const auto size = [&](const char* name) { return std::filesystem::file_size(folder.path(name)); };
  EXPECT_EQ(file.file_bytes(), static_cast<std::int64_t>(size("one.safetensors") + size("two.safetensors")));
}

TEST(Shards, MayBeLinksAsInTheModelCache) {
  const TempFolder folder;
  folder.write("blobs/0123", shard("a", "abc"));
  const std::string index =
      folder.write(std::string("snapshots/main/") + kIndex, shard_named("\"one.safetensors\""));
  std::filesystem::create_symlink("../../blobs/0123", folder.path("snapshots/main/one.safetensors"));
  EXPECT_EQ(WeightFile::open(index).tensors().count("a"), 1u);
}

TEST(Shards, AnIndexInTheCurrentFolderNeedsNoPath) {
  const TempFolder folder;
  folder.write("one.safetensors", shard("a", "abc"));
  folder.write(kIndex, shard_named("\"one.safetensors\""));
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  EXPECT_EQ(WeightFile::open(kIndex).tensors().count("a"), 1u);
  std::filesystem::current_path(before);
}

TEST(ShardRefusal, NamesThatLeadElsewhere) {
  for (const char* name :
       {R"("../one.safetensors")", R"("/tmp/one.safetensors")", R"("sub/one.safetensors")",
        R"("sub\\one.safetensors")", R"("one\u0000.safetensors")", R"("one\n.safetensors")"}) {
    EXPECT_THAT(refusal(shard_named(name)), HasSubstr("must be a plain file name beside the index")) << name;
  }
  for (const char* name : {R"("")", R"(".")", R"("..")", R"(".safetensors")", R"("model-1.onnx")"}) {
    EXPECT_THAT(refusal(shard_named(name)), HasSubstr("expected a .safetensors or .bin file")) << name;
  }
}

TEST(ShardRefusal, ATensorThatIsNotInItsShard) {
  EXPECT_THAT(refusal(R"({"weight_map":{"c":"one.safetensors"}})"),
              AllOf(HasSubstr("one.safetensors: tensor \"c\" is missing"), HasSubstr(kIndex)));
  EXPECT_THAT(refusal(R"({"weight_map":{"a":"two.safetensors","b":"one.safetensors"}})"),
              HasSubstr("is missing"));
}

TEST(ShardRefusal, ATensorInTwoShards) {
  const TempFolder folder;
  folder.write("one.safetensors", shard("a", "abc"));
  folder.write("two.safetensors", shard("a", "def"));
  const std::string index =
      folder.write(kIndex, R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  EXPECT_THAT(error_of<ModelError>([&] { WeightFile::open(index); }),
              AllOf(HasSubstr("two.safetensors: tensor \"a\" is also in"), HasSubstr("one.safetensors")));
}

TEST(ShardRefusal, AShardThatIsNotThere) {
  EXPECT_THAT(refusal(shard_named("\"three.safetensors\"")), HasSubstr("three.safetensors: cannot open"));
}

TEST(ShardRefusal, ABrokenShardIsNamed) {
  const TempFolder folder;
  folder.write("one.safetensors", shard("a", "ab"));
  const std::string index = folder.write(kIndex, shard_named("\"one.safetensors\""));
  EXPECT_THAT(error_of<ModelError>([&] { WeightFile::open(index); }),
              HasSubstr("one.safetensors: file is cut short"));
}

TEST(ShardRefusal, IndicesOfAnotherForm) {
  EXPECT_THAT(refusal(""), HasSubstr("broken JSON"));
  EXPECT_THAT(refusal("{"), HasSubstr("broken JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("expected an object with weight_map, found an array"));
  EXPECT_THAT(refusal("{}"), HasSubstr("expected tensors in weight_map, found none"));
  EXPECT_THAT(refusal(R"({"weight_map":{}})"), HasSubstr("found none"));
  EXPECT_THAT(refusal(R"({"weight_map":[]})"), HasSubstr("expected an object as weight_map, found an array"));
  EXPECT_THAT(refusal(R"({"weight_map":{"a":1}})"), HasSubstr("as shard of tensor \"a\", found 1"));
  EXPECT_THAT(refusal(R"({"weight_map":{"a":{}}})"), HasSubstr("as shard of tensor \"a\", found an object"));
  EXPECT_THAT(refusal(R"({"weight_map":{"a":"one.safetensors","a":"two.safetensors"}})"),
              HasSubstr("tensor \"a\" is there twice"));
  EXPECT_THAT(refusal(R"({"weight_map":{"a":"one.safetensors"},"weight_map":{"b":"two.safetensors"}})"),
              HasSubstr("weight_map is there twice"));
}

}  // namespace
}  // namespace gliner
