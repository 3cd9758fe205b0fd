#include "chunking/windows.h"

#include <gtest/gtest.h>

#include "gliner/error.h"
#include "text/sentences.h"
#include "text/word_splitter.h"

namespace gliner {
namespace {

std::vector<std::string> cut(const std::string& text, int size, int overlap,
                             WindowEnds ends = WindowEnds::kWords) {
  std::vector<std::string> out;
  for (const Window& window : split_windows(text, {size, overlap, ends}, WordSplitter::kWhitespace)) {
    out.push_back(text.substr(static_cast<std::size_t>(window.begin_byte),
                              static_cast<std::size_t>(window.end_byte - window.begin_byte)));
  }
  return out;
}

TEST(Windows, OverlapByWordsAndEndWithTheLastWord) {
  EXPECT_EQ(cut(" a b c d e ", 3, 1), (std::vector<std::string>{"a b c", "c d e"}));
  EXPECT_EQ(cut("a b c d", 3, 1), (std::vector<std::string>{"a b c", "c d"}));
  EXPECT_EQ(cut("a b", 3, 2), (std::vector<std::string>{"a b"}));
}

TEST(Windows, ATextWithoutWordsIsOneWindow) {
  EXPECT_EQ(cut("", 3, 1), (std::vector<std::string>{""}));
  EXPECT_EQ(cut("  ", 3, 1), (std::vector<std::string>{"  "}));
}

TEST(Windows, EveryWordIsInSomeWindow) {
  std::string text;
  for (int i = 0; i < 97; ++i) text += "w" + std::to_string(i) + " ";
  for (int size = 1; size < 12; ++size) {
    for (int overlap = 0; overlap < size; ++overlap) {
      std::int64_t covered = 0;
      for (const Window& window : split_windows(text, {size, overlap}, WordSplitter::kWhitespace)) {
        EXPECT_LE(window.begin_byte, covered + 1);  // at most the blank between two words is left out
        covered = window.end_byte;
      }
      EXPECT_EQ(covered, static_cast<std::int64_t>(text.size()) - 1);
    }
  }
}

TEST(Windows, MayEndAndBeginWithSentences) {
  const std::string text = "One two three. Four five six. Seven eight nine. Ten.";
  // Full stops are words: eight of them reach into the third sentence.
  EXPECT_EQ(cut(text, 9, 5, WindowEnds::kSentences),
            (std::vector<std::string>{"One two three. Four five six.", "Four five six. Seven eight nine.",
                                      "Seven eight nine. Ten."}));
  // No sentence ends in the second half: any word does.
  EXPECT_EQ(cut("a b c d e f g h", 4, 1, WindowEnds::kSentences), cut("a b c d e f g h", 4, 1));
  EXPECT_EQ(cut("Short. Text.", 9, 5, WindowEnds::kSentences), (std::vector<std::string>{"Short. Text."}));
}

TEST(Windows, ThatEndWithSentencesLeaveNoWordOut) {
  std::string text;
  for (int i = 0; i < 120; ++i)
    text += (i % 7 == 0 || i % 11 == 0) ? "Done. " : "w" + std::to_string(i) + " ";
  for (int size = 1; size < 20; ++size) {
    for (int overlap = 0; overlap < size; ++overlap) {
      std::int64_t covered = 0;
      std::int64_t begin = -1;
      for (const Window& window :
           split_windows(text, {size, overlap, WindowEnds::kSentences}, WordSplitter::kWhitespace)) {
        EXPECT_LE(window.begin_byte, covered + 1);
        EXPECT_GT(window.begin_byte, begin);
        covered = window.end_byte;
        begin = window.begin_byte;
      }
      EXPECT_EQ(covered, static_cast<std::int64_t>(text.size()) - 1);
    }
  }
}

TEST(Sentences, EndAtStopsAndParagraphsNotAtWrappedLines) {
  const std::string text =
      "One is\nwrapped here. Two!\n\nA title\n\nFour \xE3\x80\x82"
      "Five";
  std::vector<std::string> begins;
  for (const std::int64_t at : sentence_breaks(text))
    begins.push_back(text.substr(static_cast<std::size_t>(at), 4));
  EXPECT_EQ(begins, (std::vector<std::string>{"Two!", "\nA t", "A ti", "Four", "Five"}));
}

TEST(Windows, SizesThatCannotMoveForwardAreRefused) {
  EXPECT_THROW(cut("a", 0, 0), InputError);
  EXPECT_THROW(cut("a", 3, -1), InputError);
  EXPECT_THROW(cut("a", 3, 3), InputError);
}

}  // namespace
}  // namespace gliner
