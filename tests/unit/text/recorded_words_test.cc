#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "text/python_string.h"
#include "text/utf8.h"
#include "text/word_splitter.h"

// Words that the Python packages recorded for odd texts.

namespace gliner {
namespace {

struct Word {
  std::string text;
  std::int64_t begin;  // code points
  std::int64_t end;

  bool operator==(const Word& other) const {
    return text == other.text && begin == other.begin && end == other.end;
  }
};

void PrintTo(const Word& word, std::ostream* out) {
  *out << '"' << word.text << "\" " << word.begin << '-' << word.end;
}

std::vector<Word> to_words(const std::string& text, const std::vector<WordSpan>& spans, bool lower) {
  const OffsetMap map(text);
  std::vector<Word> words;
  for (const WordSpan& span : spans) {
    const std::string word = text.substr(static_cast<std::size_t>(span.begin_byte),
                                         static_cast<std::size_t>(span.end_byte - span.begin_byte));
    words.push_back({lower ? py_lower(word) : word, map.from_byte(span.begin_byte, OffsetUnit::kCodePoint),
                     map.from_byte(span.end_byte, OffsetUnit::kCodePoint)});
  }
  return words;
}

/// Calls `check` with every line of every tokenizer.jsonl below `folder`; returns the number of lines.
template <typename Check>
int for_each_line(const char* folder, Check check) {
  int count = 0;
  for (const auto& model :
       std::filesystem::directory_iterator(std::filesystem::path(GLINER_TEST_DATA) / folder)) {
    const std::filesystem::path path = model.path() / "tokenizer.jsonl";
    std::ifstream file(path);
    for (std::string line; std::getline(file, line); ++count) {
      SCOPED_TRACE(path.string() + ": line " + std::to_string(count));
      check(parse_json_input(line, path.string()));
    }
  }
  return count;
}

TEST(RecordedWordsTest, Gliner2SplittersGiveTheRecordedWords) {
  const int lines = for_each_line("golden2", [](const Json& line) {
    const std::string text = line.at("text");
    std::vector<Word> expected;
    for (const Json& word : line.at("words"))
      expected.push_back({word.at("word"), word.at("start"), word.at("end")});
    const WordSplitter splitter = parse_word_splitter(line.at("splitter").get<std::string>());
    EXPECT_EQ(to_words(text, split_words(text, splitter), /*lower=*/true), expected);
  });
  EXPECT_GT(lines, 100);
}

TEST(RecordedWordsTest, GlinerV1SplitterGivesTheRecordedWords) {
  const int lines = for_each_line("golden1", [](const Json& line) {
    const std::string text = line.at("text");
    std::vector<Word> expected;
    for (const Json& word : line.at("words")) expected.push_back({word.at(0), word.at(1), word.at(2)});
    EXPECT_EQ(to_words(text, split_words_v1(text), /*lower=*/false), expected);
  });
  EXPECT_GT(lines, 100);
}

}  // namespace
}  // namespace gliner
