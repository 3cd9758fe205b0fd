#pragma once

#include <string>
#include <string_view>

namespace gliner::cli {

enum class Compression { kNone, kGzip, kZstd };

/// By the end of the name: .gz, .zst.
Compression compression_of(const std::string& path);

/// A complete gzip member or zstd frame. The same bytes give the same bytes; a file of such members, one
/// behind the other, is a file that every tool reads.
std::string compress(Compression compression, std::string_view bytes);

}  // namespace gliner::cli
