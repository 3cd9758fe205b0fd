#include "base/digest.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gliner/error.h"

namespace gliner {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// FIPS 180-2, appendix B.1 and B.2; git's own name of an empty blob.
TEST(Digest, GivesTheStandardsExamples) {
  Digest one(Digest::Kind::kSha256);
  one.add("abc");
  EXPECT_EQ(one.value(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Digest pieces(Digest::Kind::kSha256);
  pieces.add("abcdbcdecdefdefgefghfghighij");
  pieces.add("hijkijkljklmklmnlmnomnopnopq");
  EXPECT_EQ(pieces.value(), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Digest blob(Digest::Kind::kSha1);
  blob.add(std::string_view("blob 0\0", 7));
  EXPECT_EQ(blob.value(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

TEST(Digest, OfAFileCountsTheHeader) {
  const std::string path = ::testing::TempDir() + "gliner-digest-test";
  std::ofstream(path, std::ios::binary) << "bc";
  EXPECT_EQ(digest_of_file(Digest::Kind::kSha256, path, "a"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::filesystem::remove(path);
  EXPECT_THROW(digest_of_file(Digest::Kind::kSha256, path), ModelError);
}

// RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
TEST(Hmac, GivesTheStandardsExamples) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

}  // namespace
}  // namespace gliner
