#include "input/decompressor.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>

#include "exit_code.h"

namespace gliner::cli {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzipMagic = "\x1F\x8B\x08"sv;
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD"sv;

class GzipDecompressor : public Decompressor {
 public:
  GzipDecompressor() {
    constexpr int kWindowBits = 15 + 16;  // the largest window; + 16: a gzip header
    if (inflateInit2(&stream_, kWindowBits) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }
  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  Step step(std::string_view input, char* buffer, std::size_t size) override {
    if (input.empty()) return {};
    if (at_end_) {
      inflateReset(&stream_);
      at_end_ = false;
    }
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const auto available = static_cast<uInt>(std::min(input.size(), kMost));
    const auto room = static_cast<uInt>(std::min(size, kMost));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));  // zlib does not write there
    stream_.avail_in = available;
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = room;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      throw IoError(
          fmt::format("broken gzip data ({})", stream_.msg != nullptr ? stream_.msg : "no reason given"));
    }
    at_end_ = status == Z_STREAM_END;
    return {available - stream_.avail_in, room - stream_.avail_out};
  }

  bool is_at_end() const override { return at_end_; }

 private:
  z_stream stream_ = {};
  bool at_end_ = false;
};

class ZstdDecompressor : public Decompressor {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdDecompressor() override { ZSTD_freeDStream(stream_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  Step step(std::string_view input, char* buffer, std::size_t size) override {
    ZSTD_inBuffer in = {input.data(), input.size(), 0};
    ZSTD_outBuffer out = {buffer, size, 0};
    const std::size_t status = ZSTD_decompressStream(stream_, &out, &in);
    if (ZSTD_isError(status) != 0) {
      throw IoError(fmt::format("broken zstd data ({})", ZSTD_getErrorName(status)));
    }
    if (in.pos > 0 || out.pos > 0) at_end_ = status == 0;
    return {in.pos, out.pos};
  }

  bool is_at_end() const override { return at_end_; }

 private:
  ZSTD_DStream* stream_;
  bool at_end_ = false;
};

bool begins_with(std::string_view bytes, std::string_view magic) {
  return bytes.substr(0, magic.size()) == magic;
}

}  // namespace

bool may_be_compressed(std::string_view first_bytes) {
  for (const std::string_view magic : {kGzipMagic, kZstdMagic}) {
    const std::size_t known = std::min(first_bytes.size(), magic.size());
    if (first_bytes.substr(0, known) == magic.substr(0, known)) return true;
  }
  return false;
}

std::unique_ptr<Decompressor> make_decompressor(std::string_view first_bytes) {
  if (begins_with(first_bytes, kGzipMagic)) return std::make_unique<GzipDecompressor>();
  if (begins_with(first_bytes, kZstdMagic)) return std::make_unique<ZstdDecompressor>();
  return nullptr;
}

}  // namespace gliner::cli
