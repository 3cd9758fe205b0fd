#include "text/code_point_set.h"

#include <unicode/uchar.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "text/python_unicode.h"

namespace gliner {
namespace {

constexpr char32_t kFirstSurrogate = 0xD800;
constexpr char32_t kLastSurrogate = 0xDFFF;
constexpr char32_t kCasedEnd = 0x20000;  // Unicode 14.0 has no cased letters behind plane 1

/// Full upper case of one code point, for example "SS" of U+00DF.
std::u16string full_upper(char32_t cp) {
  UChar source[2];
  int32_t length = 0;
  U16_APPEND_UNSAFE(source, length, cp);
  UChar upper[8];  // the longest mapping has three units
  UErrorCode status = U_ZERO_ERROR;
  const int32_t size = u_strToUpper(upper, 8, source, length, "", &status);
  GLINER_CHECK(U_SUCCESS(status) && size <= 8);
  return {upper, upper + size};
}

/// A cased letter and one that equals it case-insensitively; sorted by `letter`.
struct CasePair {
  char32_t letter;
  char32_t variant;
};

/// Python compares the simple lower cases, and holds lower cases with one upper case equal (its _casefix
/// table is generated so). Both steps together are one equivalence: equal upper case of the lower case.
std::vector<CasePair> make_case_pairs() {
  std::map<std::u16string, std::vector<char32_t>> orbits;
  for (char32_t cp = 0; cp < kCasedEnd; ++cp) {
    const auto icu = static_cast<UChar32>(cp);
    if (u_hasBinaryProperty(icu, UCHAR_CASED) == 0 || !py_is_assigned(cp)) continue;
    orbits[full_upper(py_simple_lower(cp))].push_back(cp);
  }
  std::vector<CasePair> pairs;
  for (const auto& [upper, letters] : orbits) {
    for (const char32_t letter : letters) {
      for (const char32_t variant : letters) {
        if (variant != letter) pairs.push_back({letter, variant});
      }
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const CasePair& a, const CasePair& b) {
    return std::make_pair(a.letter, a.variant) < std::make_pair(b.letter, b.variant);
  });
  return pairs;
}

const std::vector<CasePair>& case_pairs() {
  static const std::vector<CasePair> pairs = make_case_pairs();
  return pairs;
}

}  // namespace

void CodePointSet::add(char32_t first, char32_t last, CaseRule rule) {
  add_exact(first, last);
  if (rule == CaseRule::kUnicode) {
    const std::vector<CasePair>& pairs = case_pairs();
    auto pair = std::lower_bound(pairs.begin(), pairs.end(), first,
                                 [](const CasePair& p, char32_t cp) { return p.letter < cp; });
    for (; pair != pairs.end() && pair->letter <= last; ++pair) add_exact(pair->variant, pair->variant);
  } else if (rule == CaseRule::kAscii) {
    for (char32_t cp = 'a'; cp <= 'z'; ++cp) {
      const char32_t upper = cp - (U'a' - U'A');
      if (cp >= first && cp <= last) add_exact(upper, upper);
      if (upper >= first && upper <= last) add_exact(cp, cp);
    }
  }
}

void CodePointSet::add_exact(char32_t first, char32_t last) {
  if (first < kFirstSurrogate && last > kLastSurrogate) {
    add_exact(first, kFirstSurrogate - 1);
    add_exact(kLastSurrogate + 1, last);
    return;
  }
  if (first >= kFirstSurrogate && first <= kLastSurrogate) first = kLastSurrogate + 1;
  if (last >= kFirstSurrogate && last <= kLastSurrogate) last = kFirstSurrogate - 1;
  if (first > last) return;
  // Everything that touches the new range is merged into it.
  auto begin = std::lower_bound(ranges_.begin(), ranges_.end(), first,
                                [](const CodePointRange& range, char32_t cp) { return range.last + 1 < cp; });
  auto end = begin;
  for (; end != ranges_.end() && end->first <= last + 1; ++end) {
    first = std::min(first, end->first);
    last = std::max(last, end->last);
  }
  if (begin == end) {
    ranges_.insert(begin, {first, last});
    return;
  }
  *begin = {first, last};
  ranges_.erase(begin + 1, end);
}

}  // namespace gliner
