#include "output/compressor.h"

#include <zlib.h>
#include <zstd.h>

#include <memory>
#include <new>

#include "exit_code.h"

namespace gliner::cli {
namespace {

constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

std::string gzip_member(std::string_view bytes) {
  constexpr int kWindowBits = 15 + 16;  // the largest window; + 16: a gzip header, without name and time
  constexpr int kMemoryLevel = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string member(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(member.data());
  stream.avail_out = static_cast<uInt>(member.size());
  const int status = deflate(&stream, Z_FINISH);
  member.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw IoError("gzip cannot compress the rows");
  return member;
}

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::string zstd_frame(std::string_view bytes) {
  const std::unique_ptr<ZSTD_CCtx, FreeZstd> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) {
    throw IoError(std::string("zstd cannot compress the rows: ") + ZSTD_getErrorName(size));
  }
  frame.resize(size);
  return frame;
}

}  // namespace

Compression compression_of(const std::string& path) {
  if (ends_with(path, ".gz")) return Compression::kGzip;
  if (ends_with(path, ".zst")) return Compression::kZstd;
  return Compression::kNone;
}

std::string compress(Compression compression, std::string_view bytes) {
  if (compression == Compression::kGzip) return gzip_member(bytes);
  if (compression == Compression::kZstd) return zstd_frame(bytes);
  return std::string(bytes);
}

}  // namespace gliner::cli
