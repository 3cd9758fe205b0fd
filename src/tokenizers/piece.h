#pragma once

#include <string>

namespace gliner {

/// A stretch of the caller's text on its way to the model: normalized step by step, then split.
struct Piece {
  std::string text;
  /// Its first character comes from the first byte of the text. Metaspace with prepend_scheme "first" asks
  /// for it, and it is all that is left of the byte offsets which the Rust code drags along. It differs from
  /// them only where the first character was expanded ("½" to "1⁄2") and then split: the Rust code takes each
  /// part for the beginning.
  bool at_origin = false;
};

}  // namespace gliner
