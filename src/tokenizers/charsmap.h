#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/json_section.h"

namespace gliner {

/// The `precompiled_charsmap` of SentencePiece: a double array (Darts) from byte strings to replacements.
///
/// Layout: byte size of the double array (u32 little-endian), its units (u32), then the replacements, each
/// ended by a zero byte; a value of the double array is an offset into them.
class Charsmap {
 public:
  /// Reads the base64 member "precompiled_charsmap". Throws ModelError if any unit leads out of the map.
  static Charsmap read(const JsonSection& section);

  /// Replaces what the map knows, as `spm_precompiled` does: an extended grapheme cluster shorter than six
  /// bytes is looked up as a whole first, where the *shortest* prefix that the map knows replaces all of it;
  /// else each code point by itself.
  std::string normalize(std::string_view text) const;

 private:
  bool replace(std::string_view part, std::string& out) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace gliner
