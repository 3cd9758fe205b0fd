#pragma once

#include <vector>

namespace gliner {

/// Inclusive range of code points.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

/// Which code points a case-insensitive pattern of Python holds equal.
enum class CaseRule {
  kExact,    ///< None.
  kAscii,    ///< a-z and A-Z (re.IGNORECASE | re.ASCII).
  kUnicode,  ///< Equal upper case of the lower case (re.IGNORECASE); 'i', U+0130 and U+0131 are equal as
             ///< well.
};

/// A set of code points without surrogates, which valid text cannot hold.
class CodePointSet {
 public:
  void add(char32_t first, char32_t last, CaseRule rule);

  /// Sorted, disjoint, not adjacent.
  const std::vector<CodePointRange>& ranges() const { return ranges_; }

 private:
  void add_exact(char32_t first, char32_t last);

  std::vector<CodePointRange> ranges_;
};

}  // namespace gliner
