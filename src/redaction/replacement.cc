#include "redaction/replacement.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "text/python_string.h"
#include "text/utf8.h"

namespace gliner {
namespace {

/// Entities are the same when they differ in case or blanks only.
std::string evened_out(std::string_view text) {
  std::string result;
  const std::string lower = py_lower(py_strip(text));
  bool after_space = false;
  for (std::size_t position = 0; position < lower.size();) {
    const char32_t sign = next_code_point(lower, position);
    if (py_is_space(sign)) {
      after_space = true;
      continue;
    }
    if (after_space) result += ' ';
    after_space = false;
    append_utf8(result, sign);
  }
  return result;
}

/// 48 bits of a keyed digest: among a million entities of one label two share a pseudonym once in 560 jobs.
std::string pseudonym_digits(std::string_view removed, const std::string& label, const std::string& key) {
  constexpr std::size_t kBytes = 6;
  const std::string digest = hmac_sha256(key, label + '\0' + evened_out(removed));
  std::string digits;
  for (std::size_t i = 0; i < kBytes; ++i)
    digits += fmt::format("{:02x}", static_cast<unsigned char>(digest[i]));
  return digits;
}

}  // namespace

std::string placeholder_name(std::string_view label) {
  std::string name;
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (c >= 'a' && c <= 'z') {
      name += static_cast<char>(c - 'a' + 'A');
    } else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || byte >= 0x80) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name.empty() ? "REMOVED" : name;
}

std::string replacement_of(std::string_view removed, const std::string& label, const RedactOptions& options) {
  switch (options.mode) {
    case RedactionMode::kMask:
      return options.mask;
    case RedactionMode::kLabel:
      return "[" + placeholder_name(label) + "]";
    case RedactionMode::kSameLength: {
      std::string filled;
      for (std::int64_t i = count_code_points(removed); i > 0; --i) filled += options.fill;
      return filled;
    }
    case RedactionMode::kPseudonym:
      return fmt::format("[{}_{}]", placeholder_name(label), pseudonym_digits(removed, label, options.key));
  }
  return options.mask;
}

}  // namespace gliner
