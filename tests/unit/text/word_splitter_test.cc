#include "text/word_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcre2.h>

#include <memory>
#include <random>

#include "gliner/error.h"
#include "text/python_unicode.h"
#include "text/utf8.h"

namespace gliner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words(const std::string& text, const std::vector<WordSpan>& spans) {
  std::vector<std::string> out;
  for (const WordSpan& span : spans) {
    out.push_back(text.substr(static_cast<std::size_t>(span.begin_byte),
                              static_cast<std::size_t>(span.end_byte - span.begin_byte)));
  }
  return out;
}

std::vector<std::string> whitespace(const std::string& text) {
  return words(text, split_words(text, WordSplitter::kWhitespace));
}
std::vector<std::string> chars(const std::string& text) {
  return words(text, split_words(text, WordSplitter::kChar));
}
std::vector<std::string> v1(const std::string& text) { return words(text, split_words_v1(text)); }

std::string repeated(const std::string& piece, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += piece;
  return out;
}

/// A word pattern of the reference, run by PCRE2: the plain form of the splitters.
class RegexSplitter {
 public:
  explicit RegexSplitter(const std::string& pattern) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF, &error,
                              &offset, nullptr));
    if (code_ == nullptr) throw std::logic_error("the oracle's pattern does not compile");
    data_.reset(pcre2_match_data_create(1, nullptr));
  }

  std::vector<WordSpan> operator()(const std::string& text) const {
    std::vector<WordSpan> out;
    std::size_t pos = 0;
    while (pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), pos, 0,
                       data_.get(), nullptr) > 0) {
      const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data_.get());
      out.push_back({static_cast<std::int64_t>(bounds[0]), static_cast<std::int64_t>(bounds[1])});
      pos = bounds[1];
    }
    return out;
  }

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  };
  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_data, Free> data_;
};

const std::string kSpaces =
    R"(\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
const std::string kNonSpace = "[^" + kSpaces + "]";
const std::string kLetters = R"(a-zA-Z\x{130}\x{131}\x{17f}\x{212a})";  // [a-z] of Python, case ignored
const std::string kWord = R"([\p{L}\p{N}_\p{M}\x{200c}\x{200d}])";

const RegexSplitter& whitespace_oracle() {
  static const RegexSplitter splitter("[hH][tT][tT][pP][sS\\x{17f}]?://" + kNonSpace + "+|[wW]{3}\\." +
                                      kNonSpace + "+|[" + kLetters + "0-9._%+\\-]+@[" + kLetters +
                                      "0-9.\\-]+\\.[" + kLetters + "]{2,}|@[" + kLetters + "0-9_]+|" + kWord +
                                      "+(?:[-_]" + kWord + "+)*|" + kNonSpace);
  return splitter;
}

const RegexSplitter& char_oracle() {
  static const RegexSplitter splitter("[A-Za-z0-9@._\\-+]+|" + kNonSpace);
  return splitter;
}

const RegexSplitter& v1_oracle() {
  static const RegexSplitter splitter(R"([\p{L}\p{N}_]+(?:[-_][\p{L}\p{N}_]+)*|)" + kNonSpace);
  return splitter;
}

void expect_like_the_oracles(const std::string& text) {
  ASSERT_EQ(whitespace(text), words(text, whitespace_oracle()(text))) << text;
  ASSERT_EQ(chars(text), words(text, char_oracle()(text))) << text;
  ASSERT_EQ(v1(text), words(text, v1_oracle()(text))) << text;
}

TEST(WordSplitterTest, WhitespaceKeepsWordsAndSetsSignsApart) {
  EXPECT_THAT(whitespace("São-Paulo serves (naïve) crème, 3.5!"),
              ElementsAre("São-Paulo", "serves", "(", "naïve", ")", "crème", ",", "3", ".", "5", "!"));
  EXPECT_THAT(whitespace("a-b_c--d- -e _"), ElementsAre("a-b_c", "-", "-", "d", "-", "-", "e", "_"));
  EXPECT_THAT(whitespace("東京都は。約1400万人"), ElementsAre("東京都は", "。", "約1400万人"));
  EXPECT_THAT(whitespace(""), IsEmpty());
  EXPECT_THAT(whitespace(" \n\u3000\u0085\x1C"), IsEmpty());
}

TEST(WordSplitterTest, WhitespaceKeepsMarksAndJoinersInWords) {
  EXPECT_THAT(whitespace("cafe\u0301 नमस्ते می\u200cخواهم"),
              ElementsAre("cafe\u0301", "नमस्ते", "می\u200cخواهم"));
  EXPECT_THAT(whitespace("👨\u200d👩"), ElementsAre("👨", "\u200d", "👩"));
  EXPECT_THAT(whitespace("❤\uFE0F"), ElementsAre("❤", "\uFE0F"));
}

TEST(WordSplitterTest, WhitespaceKnowsUrls) {
  EXPECT_THAT(whitespace("See HTTPS://x.y/z?a=1. www.a b"),
              ElementsAre("See", "HTTPS://x.y/z?a=1.", "www.a", "b"));
  EXPECT_THAT(whitespace("http:// x www. y https:/z"),
              ElementsAre("http", ":", "/", "/", "x", "www", ".", "y", "https", ":", "/", "z"));
  EXPECT_THAT(whitespace("httpſ://x"), ElementsAre("httpſ://x")) << "the long s is an s";
  EXPECT_THAT(whitespace("xhttp://y"), ElementsAre("xhttp", ":", "/", "/", "y"));
}

TEST(WordSplitterTest, WhitespaceKnowsAddressesAndMentions) {
  EXPECT_THAT(whitespace("mail a.b+c@d-e.co.uk, now"), ElementsAre("mail", "a.b+c@d-e.co.uk", ",", "now"));
  EXPECT_THAT(whitespace("a@b.c1"), ElementsAre("a", "@b", ".", "c1")) << "one letter is no top level";
  EXPECT_THAT(whitespace("a@b.co1"), ElementsAre("a@b.co", "1"));
  EXPECT_THAT(whitespace("a@b.co.x"), ElementsAre("a@b.co", ".", "x"));
  EXPECT_THAT(whitespace("a@.co"), ElementsAre("a", "@", ".", "co")) << "a host needs a name";
  EXPECT_THAT(whitespace("a@..co"), ElementsAre("a@..co"));
  EXPECT_THAT(whitespace("x@y@z.de"), ElementsAre("x", "@y", "@z", ".", "de"));
  EXPECT_THAT(whitespace("é.x@y.de"), ElementsAre("é", ".x@y.de"));
  EXPECT_THAT(whitespace("\u212Aım@ſ.\u0130\u0131"), ElementsAre("\u212Aım@ſ.\u0130\u0131"));
  EXPECT_THAT(whitespace("@user_1! @ @é"), ElementsAre("@user_1", "!", "@", "@", "é"));
}

TEST(WordSplitterTest, CharKeepsAsciiRunsTogether) {
  EXPECT_THAT(chars("東京 a.b@c-d+e_1!é"), ElementsAre("東", "京", "a.b@c-d+e_1", "!", "é"));
  EXPECT_THAT(chars("e\u0301"), ElementsAre("e", "\u0301"));
}

TEST(WordSplitterTest, V1KnowsWordsAndHyphensOnly) {
  EXPECT_THAT(v1("Jean-Luc met a@b.de at www.x.y"),
              ElementsAre("Jean-Luc", "met", "a", "@", "b", ".", "de", "at", "www", ".", "x", ".", "y"));
  EXPECT_THAT(v1("cafe\u0301 a\u200Db"), ElementsAre("cafe", "\u0301", "a", "\u200D", "b"));
}

TEST(WordSplitterTest, EveryCodePointIsSplitLikeByTheRegex) {
  for (char32_t cp = 0; cp <= 0x10FFFF; ++cp) {
    // PCRE2 may be newer than Python 3.11: only what Python knows is compared.
    if ((cp >= 0xD800 && cp <= 0xDFFF) || !py_is_assigned(cp)) continue;
    std::string c;
    append_utf8(c, cp);
    expect_like_the_oracles("a" + c + "b@" + c + ".x" + c + "-" + c);
    if (HasFatalFailure()) return;
  }
}

TEST(WordSplitterTest, RandomTextIsSplitLikeByTheRegex) {
  const char* const pieces[] = {
      "http", "https", "HTTPS", "httpſ",  "://",    "www.", "wWw.",    "@",      "@",      "@",      ".",
      ".",    ".",     "-",     "_",      "%",      "+",    " ",       "\n",     "a",      "b",      "co",
      "com",  "ı",     "İ",     "ſ",      "K",      "é",    "e\u0301", "\u0301", "\u200C", "\u200D", "東",
      "京",   "9",     "\x1C",  "\u0085", "\u2028", "👨",    "µ",       "ß",      "Σ",      ".a",     "a.",
      "..",   "@a",    "a@",    "a@a.co", "x.y",    "#",    "/",       ":",      "\u0345", "Ⓐ",      "½"};
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t n = random() % 14; n > 0; --n) text += pieces[random() % std::size(pieces)];
    expect_like_the_oracles(text);
    if (HasFatalFailure()) return;
  }
}

// A backtracking matcher is quadratic on most of these; at this size that would not end.
TEST(WordSplitterTest, LongRunsAreSplitInLinearTime) {
  constexpr std::size_t kBytes = 4 << 20;
  struct Long {
    std::string text;
    std::size_t word_count;
  };
  const Long cases[] = {
      {repeated("a", kBytes), 1},
      {repeated("a@", kBytes / 2), kBytes / 4 * 1 + kBytes / 4 + 1},
      {repeated("a.", kBytes / 2), kBytes},
      {repeated("a-", kBytes / 2), 2},
      {repeated(".", kBytes), kBytes},
      {"a@" + repeated("a.", kBytes / 2), kBytes + 1},
      {"a@" + repeated(".", kBytes), kBytes + 2},
      {repeated("a.", kBytes / 2) + "@b.com", 1},
      {repeated("http:", kBytes / 5), kBytes / 5 * 2},
      {"http://" + repeated("a", kBytes), 1},
      {repeated("東", kBytes / 3), 1},
      {repeated("e\u0301", kBytes / 3), 1},
  };
  for (const Long& c : cases) {
    EXPECT_EQ(split_words(c.text, WordSplitter::kWhitespace).size(), c.word_count) << c.text.substr(0, 12);
    EXPECT_FALSE(split_words(c.text, WordSplitter::kChar).empty());
    EXPECT_FALSE(split_words_v1(c.text).empty());
  }
}

TEST(WordSplitterTest, NamesAreReadExactly) {
  EXPECT_EQ(parse_word_splitter("whitespace"), WordSplitter::kWhitespace);
  EXPECT_EQ(parse_word_splitter("char"), WordSplitter::kChar);
  for (const char* name : {"", "Char", "chars", "spacy"}) EXPECT_THROW(parse_word_splitter(name), InputError);
}

}  // namespace
}  // namespace gliner
