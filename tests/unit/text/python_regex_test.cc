#include "text/python_regex.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "gliner/error.h"
#include "python_regex_cases.h"
#include "text/python_string.h"
#include "text/python_unicode.h"
#include "text/utf8.h"

namespace gliner {
namespace {

using python_regex_cases::Found;
using python_regex_cases::kA;
using python_regex_cases::kI;
using testing::HasSubstr;
using testing::StartsWith;

std::string repeated(const std::string& piece, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

/// The message of the InputError that `action` throws; empty if it throws none.
template <typename Action>
std::string input_error(Action action) {
  try {
    action();
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(PythonRegexTest, FindsWhatPythonFinds) {
  for (const auto& accepted : python_regex_cases::accepted()) {
    SCOPED_TRACE(fmt::format("{} flags {}", py_repr(accepted.pattern), accepted.flags));
    const PythonRegex regex(accepted.pattern, accepted.flags);
    for (const auto& [text, found] : accepted.answers) {
      EXPECT_EQ(regex.full_match(text), found == Found::kFull) << "fullmatch " << py_repr(text);
      EXPECT_EQ(regex.search(text), found != Found::kNone) << "search " << py_repr(text);
    }
  }
}

TEST(PythonRegexTest, RefusesWhatPythonRefusesAndSaysWhere) {
  for (const auto& [pattern, position] : python_regex_cases::refused()) {
    const std::string repr = py_repr(pattern);
    const std::string message = input_error([p = pattern] { PythonRegex(p, 0); });
    EXPECT_THAT(message, StartsWith("Invalid regex: " + repr + ": ")) << repr;
    if (position < 0) continue;
    const std::string where = fmt::format(" at position {}", position);
    EXPECT_TRUE(message.size() > where.size() && (message.rfind(where) + where.size() == message.size() ||
                                                  message.find(where + " (line ") != std::string::npos))
        << message << " should be" << where;
  }
}

TEST(PythonRegexTest, NamesTheLineOfAnErrorInAPatternOfSeveral) {
  EXPECT_THAT(input_error([] { PythonRegex("é\n b**", 0); }), HasSubstr("at position 5 (line 2, column 4)"));
}

TEST(PythonRegexTest, RefusesFlagsThatDoNotFit) {
  EXPECT_THAT(input_error([] { PythonRegex("a", 4); }), StartsWith("Invalid regex: 'a': unknown flags 0x4"));
  EXPECT_NE(input_error([] { PythonRegex("a", 32 | 256); }), "");
  EXPECT_NE(input_error([] { PythonRegex("(?u)a", 256); }), "");
  EXPECT_EQ(input_error([] { PythonRegex("a", 32); }), "");
}

TEST(PythonRegexTest, RefusesAPatternThatIsNotUtf8) {
  EXPECT_EQ(input_error([] { PythonRegex("ab\xFF", 0); }),
            "Invalid regex: the pattern is not valid UTF-8 at byte 2");
}

TEST(PythonRegexTest, CategoriesHoldEveryCodePointPythonPutsThere) {
  struct Category {
    const char* pattern;
    bool (*expected)(char32_t);
  };
  const Category categories[] = {{"\\w", py_is_word}, {"\\d", py_is_decimal}, {"\\s", py_is_space}};
  for (const Category& category : categories) {
    const std::string letter(category.pattern + 1);
    const std::string capital(1, static_cast<char>(letter[0] - 32));
    const PythonRegex in(category.pattern, kI);
    const PythonRegex in_set(fmt::format("[{}]", category.pattern), 0);
    const PythonRegex out("\\" + capital, 0);
    const PythonRegex out_set(fmt::format("[\\{}]", capital), kI);
    for (char32_t cp = 0; cp <= 0x10FFFF; ++cp) {
      // PCRE2 may be newer than Python 3.11: only what Python knows is compared.
      if ((cp >= 0xD800 && cp <= 0xDFFF) || !py_is_assigned(cp)) continue;
      std::string text;
      append_utf8(text, cp);
      const bool expected = category.expected(cp);
      ASSERT_EQ(in.full_match(text), expected) << category.pattern << " U+" << std::hex << unsigned{cp};
      ASSERT_EQ(in_set.full_match(text), expected) << category.pattern << " U+" << std::hex << unsigned{cp};
      ASSERT_EQ(out.full_match(text), !expected) << category.pattern << " U+" << std::hex << unsigned{cp};
      ASSERT_EQ(out_set.full_match(text), !expected) << category.pattern << " U+" << std::hex << unsigned{cp};
    }
  }
}

TEST(PythonRegexTest, ReachingAStepLimitIsAnErrorAndNotAMiss) {
  const PythonRegex regex("(a+)+$", kI);
  const std::string text = repeated("a", 40) + "b";
  EXPECT_THAT(input_error([&] { regex.full_match(text); }),
              StartsWith("Regex '(a+)+$' cannot be matched with a text of 41 bytes: "));
  EXPECT_THAT(input_error([&] { regex.search(text); }), StartsWith("Regex '(a+)+$' cannot be matched"));
  EXPECT_TRUE(regex.full_match("aaaa")) << "usable afterwards";
}

TEST(PythonRegexTest, LongTextsNeedNoDeepStack) {
  const std::string text = repeated("abc", 100000);
  const PythonRegex regex("(?:a|(?:b|b)c)*", kI);
  EXPECT_TRUE(regex.full_match(text));
  EXPECT_FALSE(regex.full_match(text + "c"));
  EXPECT_TRUE(PythonRegex("\\w+", kI).full_match(text));
}

TEST(PythonRegexTest, LargePatternsAreMatchedOrRefused) {
  const PythonRegex words(repeated("headquarters|", 1000) + "end", kI);
  EXPECT_TRUE(words.full_match("HeadQuarters"));
  EXPECT_TRUE(words.full_match("END"));
  EXPECT_THAT(input_error([] { PythonRegex("(?:(?:(?:a){9999}){9999}){9999}", 0); }), HasSubstr("too large"));
  EXPECT_THAT(input_error([] { PythonRegex("a{70000}", 0); }), HasSubstr("repetition number above 65535"));
  const auto nested = [](const std::string& open, int depth) {
    return repeated(open, depth) + "a" + repeated(")", depth);
  };
  for (const std::string open : {"(", "(?:b|", "(?=", "(?<=", "(?>", "(?i:", "(?(1)"}) {
    const std::string pattern = (open == "(?(1)" ? "(b)?" : "") + nested(open, 240);
    EXPECT_EQ(input_error([&] { PythonRegex(pattern, kA); }), "") << open;
    EXPECT_THAT(input_error([&] { PythonRegex(nested(open, 20000), 0); }), HasSubstr("nested groups"))
        << open;
  }
}

TEST(PythonRegexTest, TextThatIsNotUtf8IsRefused) {
  EXPECT_THROW(PythonRegex("a", 0).search("a\xFF"), InputError);
  EXPECT_THROW(PythonRegex("a", 0).full_match("\xED\xA0\x80"), InputError);
}

TEST(PythonRegexTest, OneRegexServesManyThreads) {
  const PythonRegex regex("(?P<q>['\"]).*(?P=q)", kI);
  std::vector<std::thread> threads;
  std::vector<int> hits(4, 0);
  for (std::size_t t = 0; t < hits.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string text = i % 2 == 0 ? fmt::format("'{}'", i) : fmt::format("'{}\"", i);
        hits[t] += regex.full_match(text) ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(hits, testing::Each(250));
}

}  // namespace
}  // namespace gliner
