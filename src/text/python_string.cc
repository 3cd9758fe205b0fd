#include "text/python_string.h"

#include <fmt/format.h>

#include <iterator>

#include "text/python_unicode.h"
#include "text/utf8.h"

namespace gliner {
namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kSmallFinalSigma = 0x3C2;
constexpr char32_t kCapitalIWithDot = 0x130;

/// Moves `pos` before the code point that ends there and returns it.
char32_t previous_code_point(std::string_view text, std::size_t& pos) {
  do {
    --pos;
  } while ((static_cast<unsigned char>(text[pos]) & 0xC0U) == 0x80U);
  std::size_t read = pos;
  return next_code_point(text, read);
}

/// Final_Sigma of the Unicode standard, section 3.13: a cased letter before and none behind, case-ignorable
/// code points skipped. `begin` and `end` are the bytes of the sigma.
bool is_final_sigma(std::string_view text, std::size_t begin, std::size_t end) {
  bool cased_before = false;
  for (std::size_t pos = begin; pos > 0;) {
    const char32_t cp = previous_code_point(text, pos);
    if (py_is_case_ignorable(cp)) continue;
    cased_before = py_is_cased(cp);
    break;
  }
  if (!cased_before) return false;
  for (std::size_t pos = end; pos < text.size();) {
    const char32_t cp = next_code_point(text, pos);
    if (!py_is_case_ignorable(cp)) return !py_is_cased(cp);
  }
  return true;
}

}  // namespace

std::string py_lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t begin = pos;
    const char32_t cp = next_code_point(text, pos);
    if (cp == kCapitalSigma) {
      append_utf8(out, is_final_sigma(text, begin, pos) ? kSmallFinalSigma : kSmallSigma);
    } else if (cp == kCapitalIWithDot) {
      out += "i\xCC\x87";  // the only unconditional mapping to more than one code point
    } else {
      append_utf8(out, py_simple_lower(cp));
    }
  }
  return out;
}

bool py_is_space(char32_t cp) {
  if (cp < 0x80) return cp == ' ' || (cp >= '\t' && cp <= '\r') || (cp >= 0x1C && cp <= 0x1F);
  return cp == 0x85 || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 ||
         cp == 0x2029 || cp == 0x202F || cp == 0x205F || cp == 0x3000;
}

std::string_view py_strip(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t pos = begin;
    if (!py_is_space(next_code_point(text, pos))) break;
    begin = pos;
  }
  std::size_t end = text.size();
  while (end > begin) {
    std::size_t pos = end;
    if (!py_is_space(previous_code_point(text, pos))) break;
    end = pos;
  }
  return text.substr(begin, end - begin);
}

std::string py_repr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t pos = 0; pos < text.size();) {
    const char32_t cp = next_code_point(text, pos);
    const auto code = static_cast<std::uint32_t>(cp);
    if (cp == static_cast<char32_t>(quote) || cp == '\\') {
      out += '\\';
      out += static_cast<char>(cp);
    } else if (cp == '\t') {
      out += "\\t";
    } else if (cp == '\n') {
      out += "\\n";
    } else if (cp == '\r') {
      out += "\\r";
    } else if (py_is_printable(cp)) {
      append_utf8(out, cp);
    } else if (cp <= 0xFF) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", code);
    } else if (cp <= 0xFFFF) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    } else {
      fmt::format_to(std::back_inserter(out), "\\U{:08x}", code);
    }
  }
  out += quote;
  return out;
}

}  // namespace gliner
