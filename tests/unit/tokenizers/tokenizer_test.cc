#include "tokenizers/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using testing::FileText;
using ::testing::HasSubstr;

FileText metaspace_file() {
  return {R"({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["\u2581", -2], ["a", -3], ["b", -3],
              ["\u2581a", -4], ["ab", -3.5]]})",
          "", R"({"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": true})"};
}

TEST(Tokenizer, LoadsAFileAndNamesItInErrors) {
  const Tokenizer t = Tokenizer::load(std::string(GLINER_DEMO_MODEL) + "/tokenizer.json");
  EXPECT_EQ(t.model_kind(), "WordPiece");
  EXPECT_GT(t.size(), 1000);
  try {
    Tokenizer::load("/no/such/tokenizer.json");
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/no/such/tokenizer.json"));
  }
}

TEST(Tokenizer, AddsSpecialTokensBehindTheRest) {
  Tokenizer t = metaspace_file().tokenizer();
  EXPECT_EQ(t.size(), 6);
  EXPECT_THAT(t.encode("[E]"), ElementsAre(1, 0));  // cached, and to be forgotten
  t.add_special_tokens({"[P]", "ab", "[E]"});
  EXPECT_EQ(t.size(), 8);
  EXPECT_EQ(t.token_to_id("[P]"), 6);
  EXPECT_EQ(t.token_to_id("ab"), 5);
  EXPECT_EQ(t.token_to_id("[E]"), 7);
  EXPECT_EQ(t.id_limit(), 8);
  EXPECT_THAT(t.encode("[E]"), ElementsAre(7));
  EXPECT_THAT(t.encode("a[P] ab"), ElementsAre(4, 6, 1, 5));
  t.add_special_tokens({"[P]", "[NEW]"});
  EXPECT_EQ(t.token_to_id("[P]"), 6);
  EXPECT_EQ(t.token_to_id("[NEW]"), 8);
}

TEST(Tokenizer, GivesTheSameIdsFromTheCache) {
  const std::filesystem::path folder = std::filesystem::path(GLINER_TEST_DATA) / "tokenizers";
  const Json texts = Json::parse(testing::read_file(folder / "texts.json")).at("texts");
  for (const char* name : {"bert-uncased", "deberta-v2", "roberta", "added-tokens", "llama2-bytes"}) {
    const Json file = Json::parse(testing::read_file(folder / (std::string(name) + ".json")));
    const std::string json = file.at("tokenizer").dump();
    const Tokenizer warm = Tokenizer::parse(json, name);
    for (int round = 0; round < 3; ++round) {
      for (const Json& text : texts) {
        const auto words = std::vector<std::string>{text.get<std::string>()};
        const Tokenizer cold = Tokenizer::parse(json, name);
        EXPECT_EQ(warm.encode(words[0]), cold.encode(words[0])) << name << ": " << text;
        // The two calls share the cache though they can differ in ids.
        EXPECT_EQ(warm.encode_words(words, false).ids,
                  Tokenizer::parse(json, name).encode_words(words, false).ids);
      }
    }
  }
}

TEST(Tokenizer, EncodesFromManyThreads) {
  const std::filesystem::path folder = std::filesystem::path(GLINER_TEST_DATA) / "tokenizers";
  const Json texts = Json::parse(testing::read_file(folder / "texts.json")).at("texts");
  for (const char* name : {"deberta-v2", "llama3", "albert"}) {
    const Json file = Json::parse(testing::read_file(folder / (std::string(name) + ".json")));
    const Tokenizer shared = Tokenizer::parse(file.at("tokenizer").dump(), name);
    std::vector<std::vector<std::int32_t>> expected;
    const Tokenizer alone = Tokenizer::parse(file.at("tokenizer").dump(), name);
    for (const Json& text : texts) expected.push_back(alone.encode(text.get<std::string>()));

    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < 5 * expected.size(); ++i) {
          const std::size_t at = (i * (thread + 1)) % expected.size();
          if (shared.encode(texts[at].get<std::string>()) != expected[at]) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0) << name;
  }
}

TEST(Tokenizer, MovesWithItsTokens) {
  Tokenizer a = metaspace_file().tokenizer();
  a.add_special_tokens({"[P]"});
  Tokenizer b = std::move(a);
  EXPECT_THAT(b.encode("[P]"), ElementsAre(6));
}

}  // namespace
}  // namespace gliner
