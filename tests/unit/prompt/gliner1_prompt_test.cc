#include "prompt/gliner1_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../io/test_files.h"
#include "base/mapped_file.h"
#include "gliner/error.h"
#include "gliner/schema.h"
#include "io/model_dir.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The config and tokenizers of a recorded WordPiece model: 160 tokens, 200 words.
class Gliner1PromptTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ModelFiles files = find_gliner1_tokenizer_files(GLINER_TEST_DATA "/golden1/uni-span-bert/model");
    config_ = parse_gliner1_config(MappedFile(files.config).text(), files.config);
    tokenizers_ = load_gliner1_tokenizers(files, config_);
  }

  Gliner1Prompt compile(const Schema& schema) const { return compile_gliner1_prompt(schema.spec(), config_); }
  Gliner1Text prepare(const Gliner1Prompt& prompt, const std::string& text, std::optional<int> max_len = {},
                      std::optional<int> max_tokens = {}) const {
    return prepare_gliner1_text(prompt, text, config_, tokenizers_, max_len, max_tokens);
  }
  std::string refusal(const Schema& schema) const {
    try {
      compile(schema);
    } catch (const InputError& error) {
      return error.what();
    }
    return "was accepted";
  }

  Gliner1Config config_;
  Gliner1Tokenizers tokenizers_;
};

TEST_F(Gliner1PromptTest, LabelsStandBehindTheirMarkersAndTheTextBehindTheSeparator) {
  const Gliner1Prompt prompt = compile(Schema().entities({"person", "city"}));
  EXPECT_THAT(prompt.words, ElementsAre("<<ENT>>", "person", "<<ENT>>", "city", "<<SEP>>"));
  const Gliner1Text text = prepare(prompt, "Ann saw Rome.");
  EXPECT_EQ(text.words.size(), 4u);
  ASSERT_EQ(text.sequence.labels.size(), 2u);
  for (const std::int32_t label : text.sequence.labels)
    EXPECT_EQ(text.ids[static_cast<std::size_t>(label)], tokenizers_.label_id);
  EXPECT_GT(text.sequence.words.front().begin, text.sequence.labels.back());
}

TEST_F(Gliner1PromptTest, ADescriptionStandsForItsLabelInThePrompt) {
  const Gliner1Prompt prompt = compile(Schema().entities({EntityType{"A", "a person"}}));
  EXPECT_THAT(prompt.words, ElementsAre("<<ENT>>", "a person", "<<SEP>>"));
  EXPECT_THAT(prompt.labels, ElementsAre("A"));
  EXPECT_THAT(refusal(Schema().entities({EntityType{"A", "same"}, EntityType{"B", "same"}})),
              HasSubstr("same"));
}

TEST_F(Gliner1PromptTest, WordsWithoutTokensMoveTheOthersUp) {
  const Gliner1Prompt prompt = compile(Schema().entities({"x"}));
  const Gliner1Text text = prepare(prompt, std::string("a \0 b", 5));  // NUL is a word without tokens
  ASSERT_EQ(text.sequence.words.size(), 3u);
  EXPECT_EQ(text.sequence.words[1].end, text.sequence.words[0].end + 1) << "b stands where NUL would";
  EXPECT_EQ(text.sequence.words[2].begin, text.sequence.token_end) << "the last word has no token left";
  EXPECT_EQ(text.sequence.words[2].begin, text.sequence.words[2].end);
}

TEST_F(Gliner1PromptTest, EveryLimitSaysWhatItCut) {
  const Gliner1Prompt prompt = compile(Schema().entities({"x"}));
  std::string words;
  for (int i = 0; i < 300; ++i) words += "a ";
  const Gliner1Text text = prepare(prompt, words);
  EXPECT_EQ(text.total_words, 300);
  EXPECT_EQ(text.truncated_words, 100);
  EXPECT_EQ(text.ids.size(), 160u);
  EXPECT_GT(text.truncated_tokens, 0);
  EXPECT_EQ(text.sequence.words.size(), 200u) << "words without tokens are still scored";
  EXPECT_EQ(prepare(prompt, words, 3).truncated_words, 297);
  EXPECT_EQ(prepare(prompt, "a b c", {}, 4).sequence.encoded_tokens, 4);
  EXPECT_THROW(prepare(prompt, "a", 0), InputError);
  EXPECT_THROW(prepare(prompt, "a", {}, -1), InputError);
}

TEST_F(Gliner1PromptTest, SaysWhichModelsCanDoWhatThisOneCannot) {
  EXPECT_THAT(refusal(Schema().classification("tone", {"good"})), HasSubstr("GLiNER2"));
  EXPECT_THAT(refusal(Schema().structure("s", {"f::str"})), HasSubstr("GLiNER2"));
  EXPECT_THAT(refusal(Schema().entities({"x"}).relations({"r"})), HasSubstr("relations_layer"));
}

TEST_F(Gliner1PromptTest, SequencesOfABatchKeepTheirPlaces) {
  const Gliner1Prompt prompt = compile(Schema().entities({"x"}));
  const Gliner1Text first = prepare(prompt, "one"), second = prepare(prompt, "two words");
  SpanBatch batch;
  append_sequence(batch, first);
  append_sequence(batch, second);
  const auto base = static_cast<std::int32_t>(first.ids.size());
  EXPECT_EQ(batch.sequences[1].token_begin, base);
  EXPECT_EQ(batch.sequences[1].labels.front(), second.sequence.labels.front() + base);
  EXPECT_EQ(batch.sequences[1].words.back().end, second.sequence.words.back().end + base);
}

TEST_F(Gliner1PromptTest, IdsBecomeTextAsTheTokenizersConfigurationSays) {
  const ModelFiles files = find_gliner1_tokenizer_files(GLINER_TEST_DATA "/golden1/uni-span-bert/model");
  const testing::TempFolder folder;
  ModelFiles cleaning = files;
  cleaning.tokenizer_config = folder.write(
      "tokenizer_config.json", R"({"clean_up_tokenization_spaces": true, "model_max_length": 160})");
  const Gliner1Tokenizers::One clean = load_gliner1_tokenizers(cleaning, config_).text;
  const Gliner1Tokenizers::One raw = tokenizers_.text;
  // The file's own decoder cleans each token; blanks between two of them are left to the configuration.
  const std::vector<std::int32_t> ids = raw.tokenizer->encode_words({"I", "'", "m", "."}, true).ids;
  EXPECT_EQ(raw.decode(ids), "I ' m.");
  EXPECT_EQ(clean.decode(ids), "I'm.");
}

TEST(BlankText, IsWhatPythonStripsToNothing) {
  EXPECT_TRUE(is_blank_text(""));
  EXPECT_TRUE(is_blank_text(" \t\n\x1c\xc2\x85"));
  EXPECT_FALSE(is_blank_text(std::string("\0", 1)));
  EXPECT_FALSE(is_blank_text("."));
}

}  // namespace
}  // namespace gliner
