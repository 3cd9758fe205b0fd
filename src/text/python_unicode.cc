#include "text/python_unicode.h"

#include <unicode/uchar.h>

#include <cstdint>

namespace gliner {
namespace {

constexpr char32_t kAsciiEnd = 0x80;
constexpr unsigned kUnicodeMajor = 14;  // of Python 3.11: 14.0

UChar32 icu(char32_t cp) { return static_cast<UChar32>(cp); }

bool has_property(char32_t cp, UProperty property) {
  return u_hasBinaryProperty(icu(cp), property) != 0 && py_is_assigned(cp);
}

bool in_categories(char32_t cp, std::uint32_t mask) {
  return (U_GET_GC_MASK(icu(cp)) & mask) != 0 && py_is_assigned(cp);
}

}  // namespace

bool py_is_assigned(char32_t cp) {
  if (u_charType(icu(cp)) == U_UNASSIGNED) return false;
  UVersionInfo age = {};
  u_charAge(icu(cp), age);
  return age[0] < kUnicodeMajor || (age[0] == kUnicodeMajor && age[1] == 0);
}

bool py_is_word(char32_t cp) {
  if (cp < kAsciiEnd)
    return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') || (cp >= '0' && cp <= '9') || cp == '_';
  return in_categories(cp, U_GC_L_MASK | U_GC_N_MASK);
}

bool py_is_mark(char32_t cp) { return cp >= kAsciiEnd && in_categories(cp, U_GC_M_MASK); }

bool py_is_decimal(char32_t cp) {
  if (cp < kAsciiEnd) return cp >= '0' && cp <= '9';
  return in_categories(cp, U_GC_ND_MASK);
}

bool py_is_printable(char32_t cp) {
  if (cp < kAsciiEnd) return cp >= 0x20 && cp != 0x7F;
  return py_is_assigned(cp) && !in_categories(cp, U_GC_C_MASK | U_GC_Z_MASK);
}

bool py_is_identifier_start(char32_t cp) { return cp == '_' || has_property(cp, UCHAR_XID_START); }

bool py_is_identifier_part(char32_t cp) { return has_property(cp, UCHAR_XID_CONTINUE); }

char32_t py_simple_lower(char32_t cp) {
  if (cp < kAsciiEnd) return cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp;
  const auto lower = static_cast<char32_t>(u_tolower(icu(cp)));
  return lower != cp && py_is_assigned(cp) && py_is_assigned(lower) ? lower : cp;
}

bool py_is_cased(char32_t cp) { return has_property(cp, UCHAR_CASED); }

bool py_is_case_ignorable(char32_t cp) { return has_property(cp, UCHAR_CASE_IGNORABLE); }

}  // namespace gliner
