// Files that must be refused with a message, and never with anything worse.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using testing::FileText;
using ::testing::HasSubstr;
using testing::refusal;
using ::testing::StartsWith;

struct BrokenFile {
  std::string json;
  std::string message;
};

BrokenFile model(const std::string& json, const std::string& message) {
  return {FileText{json}.text(), message};
}
BrokenFile normalizer(const std::string& json, const std::string& message) {
  FileText file;
  file.normalizer = json;
  return {file.text(), message};
}
BrokenFile pre_tokenizer(const std::string& json, const std::string& message) {
  FileText file;
  file.pre_tokenizer = json;
  return {file.text(), message};
}
BrokenFile post_processor(const std::string& json, const std::string& message) {
  FileText file;
  file.post_processor = json;
  return {file.text(), message};
}
BrokenFile added_tokens(const std::string& json, const std::string& message) {
  FileText file;
  file.added_tokens = json;
  return {file.text(), message};
}

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

std::vector<BrokenFile> files() {
  return {
      // the file
      {"", "expected an object at byte 0, found the end"},
      {"[]", "expected an object at byte 0, found '['"},
      {"null", "expected an object"},
      {"{}", "\"model\" is missing"},
      {FileText{}.text() + "x", "expected nothing more"},
      {FileText{}.text().substr(0, 90), "at byte 90, found the end"},
      {"{\"model\": \"\xff\"}", "not UTF-8 at byte 11"},
      {"{\"model\": \"\xed\xa0\x80\"}", "not UTF-8 at byte 11"},
      {std::string("{\"a\0\": 1}", 9), "raw control characters"},
      {R"({"version": "2.0", "model": {}})", "expected version \"1.0\", found \"2.0\""},
      {R"({"version": 1, "model": {}})", "expected version \"1.0\", found 1"},
      {R"({"truncation": )" + repeat("[", 100'000), "deeper than 127"},
      {R"({"model": {"vocab": )" + repeat("{\"a\":", 100'000), "deeper than 127"},
      {R"({"decoder": {"x": tru}, "model": {}})", "expected true or false"},
      // the model
      {R"({"model": null})", "model: expected an object at byte 10, found 'n'"},
      {R"({"model": [1]})", "model: expected an object"},
      model("{}", "model: \"type\" is missing"),
      model(R"({"type": "Foo"})", "model: model kind \"Foo\" is not supported"),
      model(R"({"type": 1})", "model.type: expected a string"),
      // vocabularies of the {token: id} kind
      model(R"({"type": "WordLevel", "unk_token": "?"})", "model: \"vocab\" is missing"),
      model(R"({"type": "WordLevel", "vocab": {"a": 0}})", "model: \"unk_token\" is missing"),
      model(R"({"type": "WordLevel", "unk_token": null, "vocab": {"a": 0}})",
            "model.unk_token: expected a string"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": [["a", 0]]})",
            "model.vocab: expected an object"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": null})", "model.vocab: expected an object"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": "0"}})",
            "model.vocab: expected an id from 0 to"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": -1}})", "found -1"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": 1.0}})", "found 1.0"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": 2147483648}})", "found 2147483648"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": 1e300}})", "found 1e300"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": 1, "b": 1}})",
            "id 1 is given to \"a\" and"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"a": 1, "a": 2}})",
            "token \"a\" is listed twice"),
      model(R"({"type": "WordLevel", "unk_token": "?", "vocab": {"\ud800": 1}})", "expected a low surrogate"),
      // WordPiece
      model(R"({"type": "WordPiece", "unk_token": "?", "vocab": {"a": 1}})",
            "\"max_input_chars_per_word\" is missing"),
      model(R"({"type": "WordPiece", "unk_token": "?", "vocab": {"a": 1}, "max_input_chars_per_word": 9})",
            "\"continuing_subword_prefix\" is missing"),
      model(R"({"type": "WordPiece", "unk_token": "?", "vocab": {"a": 1}, "max_input_chars_per_word": -9})",
            "found -9"),
      model(R"({"type": "WordPiece", "unk_token": 1, "vocab": {"a": 1}, "max_input_chars_per_word": 9})",
            "model.unk_token: expected a string"),
      // Unigram
      model(R"({"type": "Unigram"})", "model: \"vocab\" is missing"),
      model(R"({"type": "Unigram", "vocab": {"a": 0}})", "model.vocab: expected an array"),
      model(R"({"type": "Unigram", "vocab": ["a"]})", "model.vocab: expected an array"),
      model(R"({"type": "Unigram", "vocab": [[]]})", "entry 0: expected [token, score]"),
      model(R"({"type": "Unigram", "vocab": [["a", 0], ["b"]]})", "entry 1: expected [token, score]"),
      model(R"({"type": "Unigram", "vocab": [["a", 0, 0]]})", "entry 0: expected [token, score]"),
      model(R"({"type": "Unigram", "vocab": [[0, "a"]]})", "expected a string"),
      model(R"({"type": "Unigram", "vocab": [["a", NaN]]})", "found 'N'"),
      model(R"({"type": "Unigram", "vocab": [["a", -Infinity]]})", "expected a number"),
      model(R"({"type": "Unigram", "vocab": [["a", 1e999]]})", "within the range of a double"),
      model(R"({"type": "Unigram", "vocab": [["a", null]]})", "expected a number"),
      model(R"({"type": "Unigram", "vocab": [["a", "1"]]})", "expected a number"),
      model(R"({"type": "Unigram", "vocab": [], "unk_id": 0})",
            "\"unk_id\": expected less than 0 entries, found 0"),
      model(R"({"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1})",
            "expected less than 1 entries, found 1"),
      model(R"({"type": "Unigram", "vocab": [["a", 0]], "unk_id": -1})", "model.unk_id: expected an id"),
      model(R"({"type": "Unigram", "vocab": [["a", 0]], "unk_id": "a"})", "model.unk_id: expected an id"),
      model(R"({"type": "Unigram", "vocab": [["a", 0]], "byte_fallback": 1})",
            "model.byte_fallback: expected true or"),
      // BPE
      model(R"({"type": "BPE", "vocab": {"a": 0}})", "\"merges\" is missing"),
      model(R"({"type": "BPE", "merges": []})", "\"vocab\" is missing"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": {}})", "model.merges: expected an array"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [1]})", "model.merges: expected a string"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]})",
            "merge 0: expected two tokens and one blank"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a a a"]})",
            "expected two tokens and one blank"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]})", "merge 0: expected two tokens"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [[]]})", "merge 0: expected two tokens"),
      model(R"({"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": [["a", "a", "a"]]})",
            "expected two tokens"),
      model(R"({"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a", ["a", "a"]]})",
            "merge 1: pairs and strings"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]})",
            "merge 0: \"b\" is not in the vocabulary"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]})",
            "merge 0: \"aa\" is not in the vocabulary"),
      model(
          R"({"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a"], "continuing_subword_prefix": "##"})",
          "merge 0: \"a\" is shorter than the prefix"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1})",
            "\"dropout\": expected null or 0"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": 0})",
            "model.unk_token: expected a string"),
      model(R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "fuse_unk": "no"})",
            "model.fuse_unk: expected true or"),
      // normalizers
      normalizer("1", "normalizer: expected an object, found number"),
      normalizer("{}", "normalizer: \"type\" is missing"),
      normalizer(R"({"type": null})", "\"type\": expected a string, found null"),
      normalizer(R"({"type": "Foo"})", "normalizer: normalizer kind \"Foo\" is not supported"),
      normalizer(R"({"type": "Sequence"})", "\"normalizers\" is missing"),
      normalizer(R"({"type": "Sequence", "normalizers": {}})",
                 "\"normalizers\": expected an array, found object"),
      normalizer(R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Foo"}]})",
                 "normalizer.normalizers[1]: normalizer kind \"Foo\" is not supported"),
      normalizer(R"({"type": "Strip", "strip_left": true})", "\"strip_right\" is missing"),
      normalizer(R"({"type": "Strip", "strip_left": 1, "strip_right": true})",
                 "\"strip_left\": expected true or false, found 1"),
      normalizer(R"({"type": "Replace", "pattern": "a", "content": ""})",
                 "normalizer.pattern: expected an object, found string"),
      normalizer(R"({"type": "Replace", "pattern": {"Foo": "a"}, "content": ""})",
                 "expected one member \"String\" or"),
      normalizer(R"({"type": "Replace", "pattern": {"Regex": 1}, "content": ""})",
                 "\"Regex\": expected a string, found 1"),
      normalizer(R"({"type": "Replace", "pattern": {"String": "a", "Regex": "a"}, "content": ""})",
                 "expected one member"),
      normalizer(R"({"type": "Replace", "pattern": {"Regex": "(a"}, "content": ""})",
                 "pattern \"(a\" cannot be run: group"),
      normalizer(R"({"type": "Replace", "pattern": {"Regex": "a{99999}"}, "content": ""})", "cannot be run"),
      normalizer(R"({"type": "Replace", "pattern": {"Regex": "a"}})", "\"content\" is missing"),
      normalizer(R"({"type": "Prepend"})", "\"prepend\" is missing"),
      normalizer(R"({"type": "BertNormalizer", "clean_text": true})", "\"handle_chinese_chars\" is missing"),
      normalizer(
          R"({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true,
                     "strip_accents": "yes"})",
          "\"strip_accents\": expected true or false, found \"yes\""),
      normalizer(R"({"type": "Precompiled"})", "\"precompiled_charsmap\" is missing"),
      normalizer(R"({"type": "Precompiled", "precompiled_charsmap": null})", "expected a string, found null"),
      normalizer(R"({"type": "Precompiled", "precompiled_charsmap": "####"})", "not base64"),
      // pre-tokenizers
      pre_tokenizer(R"({"type": "UnicodeScripts"})",
                    "pre-tokenizer kind \"UnicodeScripts\" is not supported"),
      pre_tokenizer(R"({"type": "Sequence", "pretokenizers": [[]]})",
                    "pre_tokenizer.pretokenizers[0]: expected an object"),
      pre_tokenizer(R"({"type": "Metaspace"})", "\"replacement\" is missing"),
      pre_tokenizer(R"({"type": "Metaspace", "replacement": ""})",
                    "\"replacement\": expected a single character"),
      pre_tokenizer(R"({"type": "Metaspace", "replacement": "ab"})",
                    "expected a single character, found \"ab\""),
      pre_tokenizer(R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "often"})",
                    "found \"often\""),
      pre_tokenizer(R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false})",
                    "does not match"),
      pre_tokenizer(R"({"type": "ByteLevel"})", "\"add_prefix_space\" is missing"),
      pre_tokenizer(R"({"type": "Split", "pattern": {"String": "a"}, "behavior": "Foo", "invert": false})",
                    "split behavior \"Foo\" is not supported"),
      pre_tokenizer(R"({"type": "Split", "pattern": {"String": "a"}, "behavior": "Removed"})",
                    "\"invert\" is missing"),
      pre_tokenizer(
          R"({"type": "Split", "pattern": {"Regex": "(a)\\1"}, "behavior": "Removed", "invert": false})",
          "back references"),
      pre_tokenizer(R"({"type": "Digits"})", "\"individual_digits\" is missing"),
      pre_tokenizer(R"({"type": "Punctuation", "behavior": 3})", "\"behavior\": expected a string, found 3"),
      pre_tokenizer(R"({"type": "FixedLength", "length": 0})", "expected at least 1"),
      pre_tokenizer(R"({"type": "FixedLength", "length": -4})", "found -4"),
      // post-processors
      post_processor(R"({"type": "Foo"})", "post-processor kind \"Foo\" is not supported"),
      post_processor(R"({"type": "BertProcessing", "cls": ["a", 1]})", "\"sep\" is missing"),
      post_processor(R"({"type": "BertProcessing", "cls": [1, "a"], "sep": ["a", 1]})",
                     "expected [token, id]"),
      post_processor(R"({"type": "BertProcessing", "cls": ["a", -1], "sep": ["a", 1]})", "found -1"),
      post_processor(R"({"type": "RobertaProcessing", "cls": ["a", 4294967295], "sep": ["a", 1]})",
                     "found 4294967295"),
      post_processor(R"({"type": "TemplateProcessing", "single": []})", "\"special_tokens\" is missing"),
      post_processor(
          R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}], "special_tokens": {}})",
          "post_processor.special_tokens: \"x\" is missing"),
      post_processor(
          R"({"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B"}}], "special_tokens": {}})",
          "expected sequence \"A\", found \"B\""),
      post_processor(R"({"type": "TemplateProcessing", "single": ["$A"], "special_tokens": {}})",
                     "post_processor.single[0]: expected an object"),
      post_processor(R"({"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x"}}],
                         "special_tokens": {"x": {"ids": ["1"]}}})",
                     "\"ids\": expected an id from 0 to 2147483647, found \"1\""),
      post_processor(R"({"type": "Sequence", "processors": [
                          {"type": "BertProcessing", "cls": ["a", 1], "sep": ["a", 1]},
                          {"type": "BertProcessing", "cls": ["a", 1], "sep": ["a", 1]}]})",
                     "more than one processor"),
      // added tokens
      added_tokens("{}", "\"added_tokens\": expected an array"),
      added_tokens("[1]", "tokenizer.added_tokens[0]: expected an object"),
      added_tokens("[{}]", "\"id\" is missing"),
      added_tokens(R"([{"id": -1}])", "\"id\": expected an id from 0 to 2147483647, found -1"),
      added_tokens(R"([{"id": 1, "special": true, "content": 1}])",
                   "\"content\": expected a string, found 1"),
      added_tokens(R"([{"id": 1, "special": true, "content": "a", "lstrip": true}])",
                   "\"single_word\" is missing"),
  };
}

TEST(BrokenTokenizerFile, IsRefusedWithFilePlaceAndReason) {
  for (const BrokenFile& file : files()) {
    const std::string message = refusal(file.json);
    EXPECT_THAT(message, StartsWith("t.json: "));
    EXPECT_THAT(message, HasSubstr(file.message)) << file.json.substr(0, 300);
    EXPECT_LT(message.size(), 600u);
  }
}

TEST(BrokenTokenizerFile, LeavesNoIdBehindTheLargest) {
  const std::string added = R"("single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
                               "special": true)";
  const FileText file{R"({"type": "WordLevel", "unk_token": "?", "vocab": {"?": 2147483647}})", "", "", "",
                      R"([{"id": 2147483647, "content": "?", )" + added + "}]"};
  Tokenizer tokenizer = file.tokenizer();
  EXPECT_EQ(tokenizer.id_limit(), std::int64_t{1} << 31);
  try {
    tokenizer.add_special_tokens({"[P]"});
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("t.json: no id is left for the added token \"[P]\""));
  }
}

// Anything may come out of a damaged file, as long as it is a tokenizer or a ModelError, and out of that
// tokenizer ids or an error.
bool loads(const std::string& json) {
  try {
    const Tokenizer tokenizer = Tokenizer::parse(json, "t.json");
    for (const char* text :
         {"Barack Obama, caf\u00e9 \u6771\u4eac e\u0301 [MASK] 12 -- \uff21", "x", " \n"}) {
      try {
        tokenizer.encode_words({text}, true, 4);
        tokenizer.tokens(text);
      } catch (const ModelError&) {
      } catch (const InputError&) {
      }
    }
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

std::vector<Json> good_files() {
  std::vector<Json> files;
  for (const char* name :
       {"deberta-v2", "bert-cased", "clip", "llama2-bytes", "qwen2-gpt4o", "added-tokens", "t5"}) {
    const auto path = std::filesystem::path(GLINER_TEST_DATA) / "tokenizers" / (std::string(name) + ".json");
    files.push_back(Json::parse(testing::read_file(path)).at("tokenizer"));
  }
  return files;
}

TEST(BrokenTokenizerFile, FilesWithChangedBytesLoadOrAreRefused) {
  std::mt19937 random(5);
  int loaded = 0;
  int refused = 0;
  for (const Json& file : good_files()) {
    const std::string good = file.dump();
    for (int round = 0; round < 150; ++round) {
      std::string bad = good;
      const std::size_t at = random() % bad.size();
      switch (random() % 4) {
        case 0:
          bad[at] = static_cast<char>(random());
          break;
        case 1:
          bad.erase(at, 1 + random() % 5);
          break;
        case 2:
          bad.insert(at, 1, "0123456789\"{}[],:-\\"[random() % 19]);
          break;
        default:
          std::swap(bad[at], bad[random() % bad.size()]);
      }
      ++(loads(bad) ? loaded : refused);
    }
  }
  EXPECT_GT(loaded, 50);
  EXPECT_GT(refused, 50);
}

// Every value of the tree, the entries of vocabularies and merges thinned out.
void collect_values(Json& value, std::mt19937& random, std::vector<Json*>& out) {
  const bool large = value.size() > 20;
  for (Json& child : value) {
    if (large && random() % 64 != 0) continue;
    out.push_back(&child);
    if (child.is_structured()) collect_values(child, random, out);
  }
}

TEST(BrokenTokenizerFile, FilesWithChangedValuesLoadOrAreRefused) {
  const std::vector<Json> values = {
      nullptr,       true, false, -1,       0,          7,      2147483647, 4294967295U,   1e300,
      0.5,           "",   "a",   "\u00e9", "Sequence", "AAAA", "(?i)[",    Json::array(), Json::array({0}),
      Json::object()};
  std::mt19937 random(6);
  int loaded = 0;
  int refused = 0;
  for (const Json& good : good_files()) {
    Json file = good;
    std::vector<Json*> places;
    collect_values(file, random, places);
    for (Json* place : places) {
      Json saved = std::exchange(*place, values[random() % values.size()]);
      ++(loads(file.dump()) ? loaded : refused);
      *place = std::move(saved);
    }
  }
  EXPECT_GT(loaded, 50);
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace gliner
