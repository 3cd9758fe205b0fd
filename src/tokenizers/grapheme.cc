#include "tokenizers/grapheme.h"

#include <unicode/uchar.h>

#include "text/utf8.h"

namespace gliner {
namespace {

struct Properties {
  UGraphemeClusterBreak cluster;
  bool pictographic;
};

Properties properties(char32_t cp) {
  const auto c = static_cast<UChar32>(cp);
  return {static_cast<UGraphemeClusterBreak>(u_getIntPropertyValue(c, UCHAR_GRAPHEME_CLUSTER_BREAK)),
          u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) != 0};
}

bool is_control(UGraphemeClusterBreak c) { return c == U_GCB_CONTROL || c == U_GCB_CR || c == U_GCB_LF; }

// Hangul syllables: GB6, GB7 and GB8.
bool joins_hangul(UGraphemeClusterBreak left, UGraphemeClusterBreak right) {
  switch (left) {
    case U_GCB_L:
      return right == U_GCB_L || right == U_GCB_V || right == U_GCB_LV || right == U_GCB_LVT;
    case U_GCB_LV:
    case U_GCB_V:
      return right == U_GCB_V || right == U_GCB_T;
    case U_GCB_LVT:
    case U_GCB_T:
      return right == U_GCB_T;
    default:
      return false;
  }
}

bool is_plain_ascii(char c) { return c >= 0x20 && c < 0x7F; }

}  // namespace

std::size_t grapheme_end(std::string_view text, std::size_t pos) {
  if (is_plain_ascii(text[pos]) && (pos + 1 == text.size() || is_plain_ascii(text[pos + 1]))) return pos + 1;
  Properties left = properties(next_code_point(text, pos));
  bool emoji_open = left.pictographic;  // pictographic Extend* so far
  bool emoji_joined = false;            // and a ZWJ behind it
  bool flag_half = left.cluster == U_GCB_REGIONAL_INDICATOR;
  while (pos < text.size()) {
    std::size_t end = pos;
    const Properties right = properties(next_code_point(text, end));
    bool joined = false;
    if (left.cluster == U_GCB_CR) {
      joined = right.cluster == U_GCB_LF;
    } else if (!is_control(left.cluster) && !is_control(right.cluster)) {
      joined = joins_hangul(left.cluster, right.cluster) || right.cluster == U_GCB_EXTEND ||
               right.cluster == U_GCB_ZWJ || right.cluster == U_GCB_SPACING_MARK ||
               left.cluster == U_GCB_PREPEND || (emoji_joined && right.pictographic) ||
               (flag_half && right.cluster == U_GCB_REGIONAL_INDICATOR);
    }
    if (!joined) return pos;
    emoji_joined = emoji_open && right.cluster == U_GCB_ZWJ;
    emoji_open = right.pictographic || (emoji_open && right.cluster == U_GCB_EXTEND);
    flag_half = right.cluster == U_GCB_REGIONAL_INDICATOR && !flag_half;
    left = right;
    pos = end;
  }
  return pos;
}

}  // namespace gliner
