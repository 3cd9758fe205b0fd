// What the reference packages made of recorded texts (see tests/data).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <sstream>

#include "prompt/markers.h"
#include "test_tokenizers.h"

namespace gliner {
namespace {

using Ids = std::vector<std::int32_t>;

Ids parse_ids(const Json& text) {
  std::istringstream in(text.get<std::string>());
  Ids ids;
  for (std::int32_t id = 0; in >> id;) ids.push_back(id);
  return ids;
}

class TokenizerCase : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    case_ = Json::parse(testing::read_file(GetParam()));
    const Json shared = Json::parse(testing::read_file(GetParam().parent_path() / "texts.json"));
    texts_ = shared.at("texts");
    words_ = shared.at("words");
    tokenizer_ = std::make_unique<Tokenizer>(Tokenizer::parse(case_.at("tokenizer").dump(), GetParam()));
    tokenizer_->add_special_tokens(case_.at("add").get<std::vector<std::string>>());
  }
  Json case_;
  Json texts_;
  Json words_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_P(TokenizerCase, GivesTheRecordedIds) {
  ASSERT_EQ(texts_.size(), case_.at("ids").size());
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    EXPECT_EQ(tokenizer_->encode(texts_[i].get<std::string>()), parse_ids(case_.at("ids")[i])) << texts_[i];
  }
  EXPECT_EQ(tokenizer_->size(), case_.at("size").get<std::int64_t>());
}

TEST_P(TokenizerCase, GivesTheRecordedTokens) {
  const Json& tokens = case_.at("tokens");
  ASSERT_EQ(tokens.size(), (texts_.size() + 2) / 3);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(tokenizer_->tokens(texts_[3 * i].get<std::string>()),
              tokens[i].get<std::vector<std::string>>());
  }
}

TEST_P(TokenizerCase, GivesTheRecordedWords) {
  for (const Json& row : case_.at("words")) {
    const auto words = words_.at(row.at("list").get<std::size_t>()).get<std::vector<std::string>>();
    const Tokenizer::WordsEncoding encoding = tokenizer_->encode_words(
        words, row.at("special").get<bool>(), row.at("max_length").get<std::int64_t>());
    EXPECT_EQ(encoding.ids, parse_ids(row.at("ids"))) << row;
    EXPECT_EQ(encoding.word, parse_ids(row.at("word"))) << row;
  }
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(GLINER_TEST_DATA) / "tokenizers")) {
    if (entry.path().extension() == ".json" && entry.path().stem() != "texts") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string name_of(const std::filesystem::path& path) {
  std::string name = path.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, TokenizerCase, ::testing::ValuesIn(case_files()),
                         [](const auto& param) { return name_of(param.param); });

// ---- GLiNER2: every word by itself.

class Gliner2Words : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Gliner2Words, GetTheRecordedIds) {
  Tokenizer tokenizer = Tokenizer::load(GetParam() / "model" / "tokenizer.json");
  tokenizer.add_special_tokens(marker_tokens());
  std::size_t words = 0;
  for (const Json& row : testing::read_json_lines(GetParam() / "tokenizer.jsonl")) {
    ASSERT_EQ(row.at("words").size(), row.at("ids").size());
    for (std::size_t i = 0; i < row.at("words").size(); ++i, ++words) {
      const auto word = row.at("words")[i].at("word").get<std::string>();
      EXPECT_EQ(tokenizer.encode(word), row.at("ids")[i].get<Ids>()) << word;
    }
  }
  EXPECT_GT(words, 100u);
}

INSTANTIATE_TEST_SUITE_P(All, Gliner2Words, ::testing::ValuesIn(testing::data_folders("golden2")),
                         [](const auto& param) { return name_of(param.param); });

// ---- GLiNER v1: prompt and words in one sequence.

class Gliner1Sequences : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  void SetUp() override {
    config_ = Json::parse(testing::read_file(GetParam() / "model" / "gliner_config.json"));
  }

  bool is_streaming() const { return config_.value("model_type", Json()) == "gliner_streaming_span"; }
  bool has_value(const char* key) const { return config_.contains(key) && !config_.at(key).is_null(); }

  // prepare_inputs of gliner/data_processing/processor.py.
  std::vector<std::string> prompt(const Json& labels) const {
    std::vector<std::string> words;
    if (has_value("labels_encoder")) return words;
    for (const Json& label : labels) {
      const auto text = label.get<std::string>();
      if (!is_streaming()) words.push_back(config_.at("ent_token").get<std::string>());
      if (!text.empty()) words.push_back(text);
      if (is_streaming()) words.emplace_back("<<LABEL>>");
    }
    words.push_back(config_.at("sep_token").get<std::string>());
    if (has_value("relations_layer")) words.push_back(words.back());
    return words;
  }

  // prepare_word_mask of gliner/data_processing/utils.py: words that gave tokens are counted.
  Ids words_mask(const Ids& word, std::size_t prompt_words) const {
    const std::string pooling = config_.value("subtoken_pooling", "first");
    Ids mask;
    std::int32_t seen = 0;
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool first = i == 0 || word[i] != word[i - 1];
      const bool last = i + 1 == word.size() || word[i] != word[i + 1];
      if (word[i] >= 0 && first) ++seen;
      const bool wanted = pooling == "first" ? first : pooling == "last" ? last : true;
      const std::int32_t number = seen - static_cast<std::int32_t>(prompt_words);
      mask.push_back(word[i] >= 0 && wanted && number > 0 ? number : 0);
    }
    return mask;
  }

  std::int64_t model_max_length(const std::filesystem::path& folder) const {
    const Json config = Json::parse(testing::read_file(folder / "tokenizer_config.json"));
    const double length = config.at("model_max_length").get<double>();
    return length > 1e9 ? 0 : static_cast<std::int64_t>(length);
  }

  Json config_;
};

TEST_P(Gliner1Sequences, GetTheRecordedIdsAndMasks) {
  const std::filesystem::path model = GetParam() / "model";
  const Tokenizer tokenizer = Tokenizer::load(model / "tokenizer.json");
  for (const Json& row : testing::read_json_lines(GetParam() / "tokenizer.jsonl")) {
    std::vector<std::string> words = prompt(row.at("labels"));
    const std::size_t prompt_words = words.size();
    const auto limit = config_.at("max_len").get<std::size_t>();
    for (std::size_t i = 0; i < std::min(limit, row.at("words").size()); ++i) {
      words.push_back(row.at("words")[i][0].get<std::string>());
    }
    const Tokenizer::WordsEncoding encoding =
        tokenizer.encode_words(words, !is_streaming(), model_max_length(model));
    EXPECT_EQ(encoding.ids, row.at("ids").get<Ids>()) << row.at("text");
    EXPECT_EQ(words_mask(encoding.word, prompt_words), row.at("words_mask").get<Ids>()) << row.at("text");
  }
}

using Gliner1Labels = Gliner1Sequences;

TEST_P(Gliner1Labels, GetTheRecordedLabelIds) {
  const std::filesystem::path folder = GetParam() / "model" / "labels_tokenizer";
  const Tokenizer tokenizer = Tokenizer::load(folder / "tokenizer.json");
  for (const Json& row : testing::read_json_lines(GetParam() / "tokenizer.jsonl")) {
    for (std::size_t i = 0; i < row.at("labels").size(); ++i) {
      Ids ids =
          tokenizer.encode_words({row.at("labels")[i].get<std::string>()}, true, model_max_length(folder))
              .ids;
      const auto padded = row.at("labels_input_ids")[i].get<Ids>();
      ASSERT_LE(ids.size(), padded.size());
      ids.resize(padded.size(), 0);
      EXPECT_EQ(ids, padded) << row.at("labels")[i];
    }
  }
}

std::vector<std::filesystem::path> folders_with_label_encoder() {
  std::vector<std::filesystem::path> folders = testing::data_folders("golden1");
  const auto has_none = [](const auto& folder) { return !exists(folder / "model" / "labels_tokenizer"); };
  folders.erase(std::remove_if(folders.begin(), folders.end(), has_none), folders.end());
  return folders;
}

INSTANTIATE_TEST_SUITE_P(All, Gliner1Labels, ::testing::ValuesIn(folders_with_label_encoder()),
                         [](const auto& param) { return name_of(param.param); });
INSTANTIATE_TEST_SUITE_P(All, Gliner1Sequences, ::testing::ValuesIn(testing::data_folders("golden1")),
                         [](const auto& param) { return name_of(param.param); });

}  // namespace
}  // namespace gliner
