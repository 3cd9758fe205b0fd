#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gliner {

/// GPT-2's visible alphabet for bytes: printable Latin-1 bytes stand for themselves, the others for U+0100
/// and on in order (bytes_to_unicode of its encoder.py).
std::string to_byte_alphabet(std::string_view bytes);

/// The bytes that `text`, written in that alphabet, stands for; none if a sign is not of it.
std::optional<std::string> from_byte_alphabet(std::string_view text);

}  // namespace gliner
