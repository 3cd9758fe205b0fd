#include "io/model_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_files.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempFolder;

void write_checkpoint(const TempFolder& folder) {
  for (const char* name :
       {"config.json", "encoder_config/config.json", "tokenizer.json", "model.safetensors"}) {
    folder.write(name, "{}");
  }
}

std::string refusal(const TempFolder& folder) {
  return error_of<ModelError>([&] { find_model_files(folder.path()); });
}

TEST(ModelFolder, FilesAreFound) {
  const TempFolder folder;
  write_checkpoint(folder);
  const ModelFiles files = find_model_files(folder.path());
  EXPECT_EQ(files.config, folder.path("config.json"));
  EXPECT_EQ(files.encoder_config, folder.path("encoder_config/config.json"));
  EXPECT_EQ(files.tokenizer, folder.path("tokenizer.json"));
  EXPECT_EQ(files.weights, folder.path("model.safetensors"));
  EXPECT_EQ(find_tokenizer_file(folder.path()), folder.path("tokenizer.json"));
}

TEST(ModelFolder, OneFileGoesBeforeAnIndexOfShards) {
  const TempFolder folder;
  write_checkpoint(folder);
  folder.write("model.safetensors.index.json", "{}");
  EXPECT_EQ(find_model_files(folder.path()).weights, folder.path("model.safetensors"));
  std::filesystem::remove(folder.path("model.safetensors"));
  EXPECT_EQ(find_model_files(folder.path()).weights, folder.path("model.safetensors.index.json"));
}

TEST(ModelFolder, LinksIntoTheCacheAreFollowed) {
  const TempFolder folder;
  write_checkpoint(folder);
  std::filesystem::rename(folder.path("model.safetensors"), folder.path("blob"));
  std::filesystem::create_symlink("blob", folder.path("model.safetensors"));
  EXPECT_EQ(find_model_files(folder.path()).weights, folder.path("model.safetensors"));
  std::filesystem::remove(folder.path("blob"));
  EXPECT_THAT(refusal(folder),
              AllOf(HasSubstr("model.safetensors"), HasSubstr("was the download finished?")));
}

TEST(ModelFolder, TheBundledModelIsComplete) {
  const ModelFiles files = find_model_files(GLINER_DEMO_MODEL);
  EXPECT_EQ(files.weights, GLINER_DEMO_MODEL "/model.safetensors");
}

TEST(ModelFolderRefusal, NoFolderAndNoFolderButAFile) {
  const TempFolder folder;
  EXPECT_THAT(error_of<ModelError>([&] { find_model_files(folder.path("none")); }),
              HasSubstr("no such folder"));
  EXPECT_THAT(error_of<ModelError>([&] { find_model_files(""); }), HasSubstr("no such folder"));
  const std::string file = folder.write("model.safetensors", "x");
  EXPECT_THAT(error_of<ModelError>([&] { find_model_files(file); }),
              HasSubstr("expected the folder of a checkpoint, found a file"));
  EXPECT_THAT(error_of<ModelError>([&] { find_tokenizer_file(file); }), HasSubstr("found a file"));
}

TEST(ModelFolderRefusal, FoldersOfAnotherKindAreToldApart) {
  EXPECT_THAT(refusal(TempFolder()),
              HasSubstr("missing config.json (expected a folder as GLiNER2 saves it)"));
  const TempFolder adapter;
  adapter.write("adapter_config.json", "{}");
  EXPECT_THAT(refusal(adapter), HasSubstr("this is an adapter"));
  const TempFolder cache;
  cache.write("snapshots/0123/config.json", "{}");
  EXPECT_THAT(refusal(cache), HasSubstr("folder below snapshots/"));
}

TEST(ModelFolderRefusal, OneMessageNamesAllThatIsMissing) {
  const TempFolder folder;
  folder.write("config.json", "{}");
  const std::string message = refusal(folder);
  EXPECT_THAT(message, AllOf(HasSubstr(folder.path()), HasSubstr("encoder_config/config.json"),
                             HasSubstr("tokenizer.json"), HasSubstr("model.safetensors")));
  EXPECT_THAT(message, Not(HasSubstr("missing config.json")));
}

TEST(ModelFolder, PickledWeightsAreTakenWhereThereAreNoOthers) {
  const TempFolder folder;
  write_checkpoint(folder);
  folder.write("pytorch_model.bin", "x");
  EXPECT_EQ(find_model_files(folder.path()).weights, folder.path("model.safetensors"));
  std::filesystem::remove(folder.path("model.safetensors"));
  EXPECT_EQ(find_model_files(folder.path()).weights, folder.path("pytorch_model.bin"));
}

TEST(ModelFolder, AGliner1FolderIsKnownByItsConfiguration) {
  const TempFolder folder;
  folder.write("gliner_config.json", "{}");
  EXPECT_THAT(refusal(folder), AllOf(HasSubstr("tokenizer.json"), HasSubstr("model.safetensors")));
  EXPECT_THAT(error_of<ModelError>([&] { find_gliner1_tokenizer_files(folder.path()); }),
              AllOf(HasSubstr("tokenizer.json"), Not(HasSubstr("model.safetensors"))));
  folder.write("tokenizer.json", "{}");
  folder.write("pytorch_model.bin", "x");
  folder.write("labels_tokenizer/tokenizer.json", "{}");
  folder.write("config.json", "{}");
  const ModelFiles files = find_model_files(folder.path());
  EXPECT_TRUE(is_gliner1_config(files.config));
  EXPECT_EQ(files.weights, folder.path("pytorch_model.bin"));
  EXPECT_EQ(files.labels_tokenizer, folder.path("labels_tokenizer/tokenizer.json"));
  EXPECT_EQ(files.decoder_tokenizer, "");
  EXPECT_EQ(files.encoder_config, folder.path("config.json")) << "the encoder's own, beside an older model";
}

TEST(ModelFolderRefusal, SlowTokenizersComeWithAdvice) {
  const TempFolder folder;
  write_checkpoint(folder);
  std::filesystem::remove(folder.path("tokenizer.json"));
  folder.write("spm.model", "x");
  EXPECT_THAT(refusal(folder), HasSubstr("spm.model is there: convert it"));
  EXPECT_THAT(error_of<ModelError>([&] { find_tokenizer_file(folder.path()); }),
              HasSubstr("spm.model is there"));
}

TEST(ModelFolderRefusal, AFolderInPlaceOfAFileDoesNotCount) {
  const TempFolder folder;
  write_checkpoint(folder);
  std::filesystem::remove(folder.path("tokenizer.json"));
  std::filesystem::create_directory(folder.path("tokenizer.json"));
  EXPECT_THAT(refusal(folder), HasSubstr("missing tokenizer.json"));
}

}  // namespace
}  // namespace gliner
