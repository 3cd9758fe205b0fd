#include "tokenizers/token_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using testing::FileText;
using ::testing::HasSubstr;
using testing::refusal;

Tokenizer tokenizer_with(const std::string& decoder, const Json& vocabulary = {"?"},
                         const Json& added = Json::array()) {
  Json ids = Json::object();
  for (std::size_t i = 0; i < vocabulary.size(); ++i) ids[vocabulary[i].get<std::string>()] = i;
  FileText file;
  file.model = Json{{"type", "WordLevel"}, {"unk_token", vocabulary[0]}, {"vocab", ids}}.dump();
  file.added_tokens = added.dump();
  file.decoder = decoder;
  return file.tokenizer();
}

TEST(TokenDecoder, GivesTheRecordedTexts) {
  const Json recorded = Json::parse(
      testing::read_file(std::filesystem::path(GLINER_TEST_DATA) / "token_decoders" / "cases.json"));
  std::size_t rows = 0;
  for (const Json& one : recorded.at("cases")) {
    const Tokenizer tokenizer =
        tokenizer_with(one.at("decoder").dump(), recorded.at("vocabulary"), recorded.at("added"));
    for (const Json& row : one.at("rows")) {
      EXPECT_EQ(tokenizer.decode(row[0].get<std::vector<std::int32_t>>()), row[1].get<std::string>())
          << one.at("name") << ": " << row[0];
      ++rows;
    }
  }
  EXPECT_GT(rows, 1000u);
}

TEST(TokenDecoder, StripsATokenThatHasNothingElse) {
  const Tokenizer tokenizer =
      tokenizer_with(R"({"type": "Strip", "content": "x", "start": 2, "stop": 2})", {"?", "x", "xxx", "xax"});
  EXPECT_EQ(tokenizer.decode({1}), "");
  EXPECT_EQ(tokenizer.decode({2, 0, 3}), "?a");
}

TEST(TokenDecoder, IsRefusedByNameAndPlace) {
  const auto refused = [](const char* decoder) {
    FileText file;
    file.decoder = decoder;
    return refusal(file.text());
  };
  EXPECT_THAT(refused(R"({"type": "Morse"})"),
              HasSubstr("t.json: decoder: decoder kind \"Morse\" is not supported"));
  EXPECT_THAT(refused(R"({"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Strip"}]})"),
              HasSubstr("decoder.decoders[1]"));
  EXPECT_THAT(refused(R"({"type": "BPEDecoder", "suffix": ""})"),
              HasSubstr("\"suffix\": expected at least one character"));
  EXPECT_THAT(refused(R"({"type": "WordPiece", "prefix": 3, "cleanup": true})"), HasSubstr("prefix"));
  EXPECT_THAT(refused(R"(["ByteLevel"])"), HasSubstr("decoder"));
}

TEST(CleanUpBlanks, TakesThemFromBeforePunctuationAndContractions) {
  EXPECT_EQ(clean_up_blanks("He did n't know , did he ? ' ve it 's we 've"),
            "He didn't know, did he?'ve it's we've");
}

}  // namespace
}  // namespace gliner
