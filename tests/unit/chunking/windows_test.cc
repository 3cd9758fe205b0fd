#include "chunking/windows.h"

#include <gtest/gtest.h>

#include "gliner/error.h"
#include "text/word_splitter.h"

namespace gliner {
namespace {

std::vector<std::string> cut(const std::string& text, int size, int overlap) {
  std::vector<std::string> out;
  for (const Window& window : split_windows(text, {size, overlap}, WordSplitter::kWhitespace)) {
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

TEST(Windows, SizesThatCannotMoveForwardAreRefused) {
  EXPECT_THROW(cut("a", 0, 0), InputError);
  EXPECT_THROW(cut("a", 3, -1), InputError);
  EXPECT_THROW(cut("a", 3, 3), InputError);
}

}  // namespace
}  // namespace gliner
