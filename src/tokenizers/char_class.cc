#include "tokenizers/char_class.h"

#include <unicode/uchar.h>

#include <cstdint>

namespace gliner {
namespace {

UChar32 icu(char32_t cp) { return static_cast<UChar32>(cp); }

bool in_category(char32_t cp, std::uint32_t mask) { return (U_GET_GC_MASK(icu(cp)) & mask) != 0; }

// Assigned in Unicode `major`.0 already.
bool known_in(char32_t cp, int major) {
  UVersionInfo age;
  u_charAge(icu(cp), age);
  return age[0] < major || (age[0] == major && age[1] == 0);
}

}  // namespace

bool rust_is_whitespace(char32_t cp) {
  if (cp < 0x80) return cp == ' ' || (cp >= 0x09 && cp <= 0x0D);
  return u_isUWhiteSpace(icu(cp)) != 0;
}

bool rust_is_numeric(char32_t cp) {
  if (cp < 0x80) return cp >= '0' && cp <= '9';
  return in_category(cp, U_GC_N_MASK);
}

bool rust_is_word(char32_t cp) {
  return u_hasBinaryProperty(icu(cp), UCHAR_ALPHABETIC) ||
         in_category(cp, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         u_hasBinaryProperty(icu(cp), UCHAR_JOIN_CONTROL);
}

LowerCase rust_lower(char32_t cp) {
  if (cp < 0x80) return {cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp, 0};
  if (cp == 0x0130) return {'i', 0x0307};
  return {static_cast<char32_t>(u_tolower(icu(cp))), 0};
}

bool bert_is_punctuation(char32_t cp) {
  if (cp < 0x80) {
    return (cp >= '!' && cp <= '/') || (cp >= ':' && cp <= '@') || (cp >= '[' && cp <= '`') ||
           (cp >= '{' && cp <= '~');
  }
  // U+166D and U+111C9 were Po in 8.0 and became So and Mn.
  if (cp == 0x166D || cp == 0x111C9) return true;
  return in_category(cp, U_GC_P_MASK) && known_in(cp, 8);
}

bool bert_is_control(char32_t cp) {
  if (cp < 0x80) return (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || cp == 0x7F;
  return in_category(cp, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) && known_in(cp, 8);
}

bool bert_is_chinese(char32_t cp) {
  if (cp < 0x3400) return false;
  return (cp >= 0x4E00 && cp <= 0x9FFF) || cp <= 0x4DBF || (cp >= 0xF900 && cp <= 0xFAFF) ||
         (cp >= 0x20000 && cp <= 0x2A6DF) || (cp >= 0x2A700 && cp <= 0x2B81F) ||
         (cp >= 0x2B920 && cp <= 0x2CEAF) || (cp >= 0x2F800 && cp <= 0x2FA1F);
}

bool bert_is_accent(char32_t cp) {
  if (cp < 0x0300) return false;
  if (cp == 0x1734) return true;  // Mn in 8.0, Mc now
  // Lo, Lo, Mc and Po in 8.0, Mn now.
  if (cp == 0x1885 || cp == 0x1886 || cp == 0xA9BD || cp == 0x111C9) return false;
  return in_category(cp, U_GC_MN_MASK) && known_in(cp, 8);
}

bool is_combining_mark(char32_t cp) {
  if (cp < 0x0300) return false;
  if (cp == 0x1CF2 || cp == 0x1CF3) return true;  // Mc in 9.0, Lo now
  if (cp == 0x111C9) return false;                // Po in 9.0, Mn now
  return in_category(cp, U_GC_M_MASK) && known_in(cp, 9);
}

}  // namespace gliner
