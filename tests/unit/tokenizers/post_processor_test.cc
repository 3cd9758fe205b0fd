#include "tokenizers/post_processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using testing::FileText;

constexpr std::int32_t kSequence = PostProcessor::kSequence;

std::vector<std::int32_t> layout(const std::string& section) {
  const Json json = Json::parse(section);
  return PostProcessor(JsonSection(json, "t.json", "post_processor")).layout();
}

constexpr char kTemplate[] = R"({"type": "TemplateProcessing",
  "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "two", "type_id": 0}}],
  "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [4], "tokens": ["<s>"]},
                                 "two": {"id": "two", "ids": [5, 6], "tokens": ["x", "y"]}}})";
constexpr char kBytes[] = R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false})";

TEST(PostProcessor, ReadsEveryKind) {
  EXPECT_THAT(layout(kTemplate), ElementsAre(4, kSequence, 5, 6));
  EXPECT_THAT(layout(R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]})"),
              ElementsAre(2, kSequence, 3));
  EXPECT_THAT(
      layout(R"({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
                         "add_prefix_space": true})"),
      ElementsAre(0, kSequence, 2));
  EXPECT_THAT(layout(kBytes), ElementsAre(kSequence));
  EXPECT_THAT(
      layout(std::string(R"({"type": "Sequence", "processors": [)") + kBytes + "," + kTemplate + "]}"),
      ElementsAre(4, kSequence, 5, 6));
  EXPECT_EQ(PostProcessor().added_tokens(), 0);
}

FileText words_file() {
  return {R"({"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2}})", "",
          R"({"type": "WhitespaceSplit"})", kTemplate};
}

TEST(EncodeWords, NumbersWordsAndMarksSpecialTokens) {
  const Tokenizer t = words_file().tokenizer();
  const Tokenizer::WordsEncoding encoding = t.encode_words({"a b", "", "c"}, true);
  EXPECT_THAT(encoding.ids, ElementsAre(4, 1, 2, 0, 5, 6));
  EXPECT_THAT(encoding.word, ElementsAre(-1, 0, 0, 2, -1, -1));
  EXPECT_THAT(t.encode_words({"a b", "c"}, false).ids, ElementsAre(1, 2, 0));
  EXPECT_THAT(t.encode_words({}, true).ids, ElementsAre(4, 5, 6));
  EXPECT_EQ(t.id_limit(), 7);
  EXPECT_EQ(t.size(), 3);
}

TEST(EncodeWords, TruncatesWithTheSpecialTokensCounted) {
  const Tokenizer t = words_file().tokenizer();
  const Tokenizer::WordsEncoding encoding = t.encode_words({"a b", "b"}, true, 5);
  EXPECT_THAT(encoding.ids, ElementsAre(4, 1, 2, 5, 6));
  EXPECT_THAT(encoding.word, ElementsAre(-1, 0, 0, -1, -1));
  EXPECT_THAT(t.encode_words({"a b", "b"}, false, 2).ids, ElementsAre(1, 2));
  EXPECT_THAT(t.encode_words({"a b", "b"}, true, 6).ids, ElementsAre(4, 1, 2, 2, 5, 6));
  EXPECT_THAT(t.encode_words({"a"}, true, 2).ids, ElementsAre(4, 5, 6));  // no room, but they stay
}

}  // namespace
}  // namespace gliner
