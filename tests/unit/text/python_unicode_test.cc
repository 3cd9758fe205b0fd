#include "text/python_unicode.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "text/python_string.h"
#include "text/utf8.h"

// The expected numbers are FNV-1a hashes, made with Python 3.11, of one answer per code point (surrogates
// left out).

namespace gliner {
namespace {

class Hash {
 public:
  void add(std::uint64_t value) { value_ = (value_ ^ value) * 0x100000001b3U; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

/// Hash of what `feed(hash, cp)` adds for every code point.
template <typename Feed>
std::uint64_t over_all(Feed feed) {
  Hash hash;
  for (char32_t cp = 0; cp <= 0x10FFFF; ++cp) {
    if (cp < 0xD800 || cp > 0xDFFF) feed(hash, cp);
  }
  return hash.value();
}

std::uint64_t hash_of(bool (*property)(char32_t)) {
  return over_all([=](Hash& hash, char32_t cp) { hash.add(property(cp) ? 1 : 0); });
}

std::string utf8(char32_t cp) {
  std::string text;
  append_utf8(text, cp);
  return text;
}

TEST(PythonUnicodeTest, EveryCodePointHasPythonsProperties) {
  EXPECT_EQ(hash_of(py_is_space), 0x7bb07f364b66b908U) << "isspace()";
  EXPECT_EQ(hash_of(py_is_word), 0x4991536d72f2741dU) << "isalnum() or '_'";
  EXPECT_EQ(hash_of(py_is_mark), 0xa890de7f1971d05bU) << "category M*";
  EXPECT_EQ(hash_of(py_is_decimal), 0xa391a4f4115f88e9U) << "isdecimal()";
  EXPECT_EQ(hash_of(py_is_printable), 0x149ea8f30823f59U) << "isprintable()";
  EXPECT_EQ(hash_of(py_is_identifier_start), 0xb1c1cc11d0936f0eU) << "isidentifier()";
  EXPECT_EQ(hash_of(py_is_identifier_part), 0xf6f53b156bb9868aU) << "('a' + c).isidentifier()";
  EXPECT_EQ(hash_of(py_is_assigned), 0x5c853dea221c4ab1U) << "category not Cn";
}

TEST(PythonUnicodeTest, EveryCodePointHasPythonsLowerCase) {
  EXPECT_EQ(over_all([](Hash& hash, char32_t cp) { hash.add(py_simple_lower(cp)); }), 0x6cb4860dcb97926dU)
      << "_sre.unicode_tolower()";
  EXPECT_EQ(over_all([](Hash& hash, char32_t cp) {
              for (const char32_t lower : to_utf32(py_lower(utf8(cp)))) hash.add(lower);
            }),
            0xce354a6bfdd44e2eU)
      << "lower()";
}

TEST(PythonUnicodeTest, EveryCodePointHasPythonsRepr) {
  EXPECT_EQ(over_all([](Hash& hash, char32_t cp) {
              for (const char byte : py_repr(utf8(cp))) hash.add(static_cast<unsigned char>(byte));
            }),
            0xc36a04a7e8a489ebU);
}

TEST(PythonUnicodeTest, CodePointsNewerThanPythonMeanNothing) {
  const char32_t kawi_digit_zero = 0x11F50;  // Unicode 15.0
  EXPECT_FALSE(py_is_assigned(kawi_digit_zero));
  EXPECT_FALSE(py_is_word(kawi_digit_zero));
  EXPECT_FALSE(py_is_decimal(kawi_digit_zero));
  EXPECT_FALSE(py_is_printable(kawi_digit_zero));
}

}  // namespace
}  // namespace gliner
