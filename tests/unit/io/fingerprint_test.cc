#include "gliner/fingerprint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gliner/error.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSha256OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// FIPS 180-2, appendix B.1.
TEST(Sha256, TellsItsValueAtAnyPointAndGoesOn) {
  Sha256 digest;
  digest.add("a");
  const std::string of_a = digest.value();
  EXPECT_EQ(digest.value(), of_a);
  digest.add("bc");
  EXPECT_EQ(digest.value(), kSha256OfAbc);
  const Sha256 moved = std::move(digest);
  EXPECT_EQ(moved.value(), kSha256OfAbc);
}

class FingerprintModel : public ::testing::Test {
 protected:
  // Tests run at the same time, each in a process of its own.
  FingerprintModel()
      : folder_(fs::path(::testing::TempDir()) / ("gliner-fingerprint-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "encoder_config");
    write("model.safetensors", "abc");
    write("config.json", "{}");
    write("encoder_config/config.json", "{}");
    write("README.md", "hello");
  }
  ~FingerprintModel() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string digest() const { return combined_sha256(fingerprint_model(folder_.string())); }

  fs::path folder_;
};

TEST_F(FingerprintModel, ListsWhatAnswersDependOn) {
  const std::vector<FileFingerprint> files = fingerprint_model(folder_.string());
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].name, "config.json");
  EXPECT_EQ(files[1].name, "encoder_config/config.json");
  EXPECT_EQ(files[2].name, "model.safetensors");
  EXPECT_EQ(files[2].bytes, 3u);
  EXPECT_EQ(files[2].sha256, kSha256OfAbc);
  ModelFiles single;
  single.weights = (folder_ / "model.safetensors").string();
  EXPECT_EQ(fingerprint_model(single).at(0).name, "weights");
  EXPECT_EQ(fingerprint_model(single).at(0).sha256, kSha256OfAbc);
}

TEST_F(FingerprintModel, ChangesWithTheFilesOfTheModelOnly) {
  const std::string before = digest();
  write("README.md", "changed");
  EXPECT_EQ(digest(), before);
  write("config.json", "{ }");
  const std::string changed = digest();
  EXPECT_NE(changed, before);
  fs::rename(folder_ / "model.safetensors", folder_ / "other.safetensors");
  EXPECT_NE(digest(), changed);
}

TEST_F(FingerprintModel, OfNothingIsRefused) {
  EXPECT_THROW(fingerprint_model((folder_ / "missing").string()), ModelError);
  fs::create_directory(folder_ / "empty");
  EXPECT_THROW(fingerprint_model((folder_ / "empty").string()), ModelError);
  EXPECT_THROW(fingerprint_model(ModelFiles()), ModelError);
}

}  // namespace
}  // namespace gliner
