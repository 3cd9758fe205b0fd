#include "io/jsonl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "gliner/error.h"

namespace gliner {
namespace {

constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\v\f") == std::string_view::npos; }

/// Bounds nesting and keys by a glance over the brackets and colons outside of strings, before a tree is
/// built.
void check_structure(std::string_view text, const std::string& where) {
  constexpr std::size_t kMaxDepth = 512;
  constexpr std::size_t kMaxKeys = 10'000;
  std::vector<std::size_t> keys;  // of each open object or array
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (keys.size() == kMaxDepth)
        throw InputError(fmt::format("{}: nested deeper than {}", where, kMaxDepth));
      keys.push_back(0);
    } else if ((c == '}' || c == ']') && !keys.empty()) {
      keys.pop_back();
    } else if (c == ':' && !keys.empty() && ++keys.back() > kMaxKeys) {
      throw InputError(fmt::format("{}: an object of more than {} keys", where, kMaxKeys));
    }
  }
}

}  // namespace

JsonlReader::JsonlReader(std::istream& in, std::size_t max_line_bytes)
    : in_(in), max_line_bytes_(max_line_bytes) {}

bool JsonlReader::read_line(JsonlLine& line) {
  line.text.clear();
  line.error.clear();
  std::array<char, 65536> piece;
  std::uint64_t bytes = 0;
  bool ended = false;
  while (!ended) {
    // getline into an array gives what has come without waiting for a full buffer, and keeps NUL bytes.
    in_.getline(piece.data(), piece.size());
    if (in_.bad()) throw InputError(fmt::format("line {}: the input cannot be read", lines_ + 1));
    auto got = static_cast<std::size_t>(in_.gcount());
    const bool is_end_of_input = in_.eof();
    if (is_end_of_input && got == 0 && bytes == 0) return false;
    const bool is_piece = in_.fail() && !is_end_of_input && got > 0;  // the line goes on behind a full array
    if (in_.fail() && !is_piece && !is_end_of_input) return false;    // the stream was not open
    if (is_piece) in_.clear(in_.rdstate() & ~std::ios::failbit);
    ended = !is_piece;
    if (ended && !is_end_of_input) --got;  // the line end counts as read
    bytes += got;
    if (bytes <= max_line_bytes_) {
      line.text.append(piece.data(), got);
    } else {
      std::string().swap(line.text);
    }
  }
  line.number = ++lines_;
  if (bytes > max_line_bytes_) line.error = fmt::format("{} bytes, the limit is {}", bytes, max_line_bytes_);
  return true;
}

bool JsonlReader::next(JsonlLine& line) {
  while (read_line(line)) {
    if (line.number == 1 && starts_with(line.text, kUtf8Mark)) line.text.erase(0, kUtf8Mark.size());
    if (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
    if (!line.error.empty() || !is_blank(line.text)) return true;
  }
  return false;
}

Json parse_jsonl(const JsonlLine& line) {
  const std::string where = fmt::format("line {}", line.number);
  if (!line.error.empty()) throw InputError(where + ": " + line.error);
  if (line.number == 1 && (starts_with(line.text, "\xff\xfe") || starts_with(line.text, "\xfe\xff"))) {
    throw InputError(where + ": expected UTF-8, found UTF-16");
  }
  check_structure(line.text, where);
  return parse_json_input(line.text, where);
}

void JsonlWriter::write(const Json& value) {
  out_ << dump_json(value) << '\n';
  check();
}

void JsonlWriter::flush() {
  out_.flush();
  check();
}

void JsonlWriter::check() const {
  if (!out_) throw Error("the output cannot be written (is the disk full?)");
}

}  // namespace gliner
