#include "tokenizers/json_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "gliner/error.h"
#include "text/utf8.h"

namespace gliner {
namespace {

constexpr std::int64_t kMaxPower = 308;  // of ten, in a double

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The double nearest to 10^exponent, 0 <= exponent <= kMaxPower.
double power_of_ten(std::int64_t exponent) {
  static const std::array<double, kMaxPower + 1> table = [] {
    std::array<double, kMaxPower + 1> powers{};
    for (std::size_t i = 0; i < powers.size(); ++i) {
      const std::string text = fmt::format("1e{}", i);
      std::from_chars(text.data(), text.data() + text.size(), powers[i]);
    }
    return powers;
  }();
  return table[static_cast<std::size_t>(exponent)];
}

}  // namespace

JsonCursor::JsonCursor(std::string_view text, std::string file, std::string where)
    : text_(text), origin_(text.data()), file_(std::move(file)), where_(std::move(where)) {}

JsonCursor JsonCursor::at(std::string_view slice, const std::string& where) const {
  JsonCursor cursor(slice, file_, where_.empty() ? where : where_ + "." + where);
  cursor.origin_ = origin_;
  return cursor;
}

void JsonCursor::fail(const std::string& message) const {
  throw ModelError(where_.empty() ? fmt::format("{}: {}", file_, message)
                                  : fmt::format("{}: {}: {}", file_, where_, message));
}

void JsonCursor::fail_expected(const char* expected) {
  std::string found = "the end";
  if (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (c == '"') {
      found = "a string";
    } else if (c == '-' || is_digit(c)) {
      const std::size_t size = text_.find_first_not_of("+-.0123456789Ee", pos_);
      found = std::string(text_.substr(pos_, std::min<std::size_t>(size - pos_, 24)));
    } else if (c >= 0x21 && c < 0x7F) {
      found = fmt::format("'{}'", c);
    } else {
      found = fmt::format("byte 0x{:02X}", static_cast<unsigned char>(c));
    }
  }
  const auto byte = static_cast<std::size_t>(text_.data() - origin_) + pos_;
  fail(fmt::format("expected {} at byte {}, found {}", expected, byte, found));
}

void JsonCursor::skip_white_space() {
  while (pos_ < text_.size()) {
    const char c = text_[pos_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++pos_;
  }
}

void JsonCursor::expect(char c, const char* expected) {
  skip_white_space();
  if (pos_ >= text_.size() || text_[pos_] != c) fail_expected(expected);
  ++pos_;
}

void JsonCursor::open(char c, const char* expected) {
  expect(c, expected);
  if (++depth_ > kMaxDepth) fail(fmt::format("nested deeper than {} levels", kMaxDepth));
  fresh_ = true;
}

bool JsonCursor::next_item(char close, const char* expected) {
  skip_white_space();
  if (pos_ < text_.size() && text_[pos_] == close) {
    ++pos_;
    --depth_;
    fresh_ = false;
    return false;
  }
  if (!fresh_) expect(',', expected);
  fresh_ = false;
  return true;
}

void JsonCursor::expect_word(std::string_view word) {
  if (text_.substr(pos_, word.size()) != word) fail_expected("a value");
  pos_ += word.size();
}

JsonCursor::Kind JsonCursor::peek() {
  skip_white_space();
  switch (pos_ < text_.size() ? text_[pos_] : '\0') {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBoolean;
    case 'n':
      return Kind::kNull;
    case '-':
      return Kind::kNumber;
    default:
      if (pos_ < text_.size() && is_digit(text_[pos_])) return Kind::kNumber;
      fail_expected("a value");
  }
}

void JsonCursor::begin_object() { open('{', "an object"); }
void JsonCursor::begin_array() { open('[', "an array"); }

bool JsonCursor::next_member(std::string_view& key) {
  if (!next_item('}', "',' or '}'")) return false;
  skip_white_space();
  if (pos_ >= text_.size() || text_[pos_] != '"') fail_expected("a key");
  key = string();
  expect(':', "':'");
  return true;
}

bool JsonCursor::next_element() { return next_item(']', "',' or ']'"); }

std::string_view JsonCursor::string() {
  expect('"', "a string");
  const std::size_t begin = pos_;
  while (true) {
    if (pos_ >= text_.size()) fail_expected("the end of a string");
    const auto c = static_cast<unsigned char>(text_[pos_]);
    if (c == '"') return text_.substr(begin, pos_++ - begin);
    if (c < 0x20) fail_expected("a string without raw control characters");
    if (c == '\\') break;
    ++pos_;
  }
  buffer_.assign(text_, begin, pos_ - begin);
  while (true) {
    if (pos_ >= text_.size()) fail_expected("the end of a string");
    const auto c = static_cast<unsigned char>(text_[pos_]);
    if (c < 0x20) fail_expected("a string without raw control characters");
    if (c == '"') {
      ++pos_;
      return buffer_;
    }
    if (c == '\\') {
      unescape();
    } else {
      buffer_.push_back(text_[pos_++]);
    }
  }
}

unsigned JsonCursor::hex4() {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i, ++pos_) {
    const char c = pos_ < text_.size() ? text_[pos_] : '\0';
    if (is_digit(c)) {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
      value = value * 16 + static_cast<unsigned>((c | 0x20) - 'a' + 10);
    } else {
      fail_expected("four hexadecimal digits");
    }
  }
  return value;
}

void JsonCursor::unescape() {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  ++pos_;
  const char c = pos_ < text_.size() ? text_[pos_] : '\0';
  if (c != 'u') {
    const std::size_t at = c == '\0' ? std::string_view::npos : kLetters.find(c);
    if (at == std::string_view::npos) fail_expected("an escape of JSON");
    buffer_.push_back(kMeanings[at]);
    ++pos_;
    return;
  }
  ++pos_;
  char32_t cp = hex4();
  if (cp >= 0xDC00 && cp <= 0xDFFF) fail_expected("no lone low surrogate");
  if (cp >= 0xD800 && cp <= 0xDBFF) {
    if (text_.substr(pos_, 2) != "\\u") fail_expected("a low surrogate");
    pos_ += 2;
    const char32_t low = hex4();
    if (low < 0xDC00 || low > 0xDFFF) fail_expected("a low surrogate");
    cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(buffer_, cp);
}

std::int32_t JsonCursor::id() {
  skip_white_space();
  const std::size_t begin = pos_;
  std::int64_t value = 0;
  while (pos_ < text_.size() && is_digit(text_[pos_]) && value <= std::numeric_limits<std::int32_t>::max()) {
    value = value * 10 + (text_[pos_++] - '0');
  }
  const char next = pos_ < text_.size() ? text_[pos_] : '\0';
  const bool padded = pos_ - begin > 1 && text_[begin] == '0';
  if (pos_ == begin || padded || next == '.' || next == 'e' || next == 'E' ||
      value > std::numeric_limits<std::int32_t>::max()) {
    pos_ = begin;
    fail_expected("an id from 0 to 2147483647");
  }
  return static_cast<std::int32_t>(value);
}

double JsonCursor::scaled(bool negative, std::uint64_t digits, std::int64_t exponent) {
  auto value = static_cast<double>(digits);
  while (exponent < -kMaxPower && value != 0.0) {
    value /= power_of_ten(kMaxPower);
    exponent += kMaxPower;
  }
  if (value != 0.0) {
    if (exponent > kMaxPower) fail_expected("a number within the range of a double");
    value = exponent < 0 ? value / power_of_ten(-exponent) : value * power_of_ten(exponent);
    if (std::isinf(value)) fail_expected("a number within the range of a double");
  }
  return negative ? -value : value;
}

double JsonCursor::number() {
  skip_white_space();
  const bool negative = pos_ < text_.size() && text_[pos_] == '-';
  if (negative) ++pos_;
  const auto digit_here = [&] { return pos_ < text_.size() && is_digit(text_[pos_]); };
  if (!digit_here()) fail_expected("a number");

  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t digits = 0;
  std::int64_t exponent = 0;
  bool full = false;  // no further digit fits: they only move the decimal point
  const auto take_digit = [&](bool is_fraction) {
    const auto digit = static_cast<std::uint64_t>(text_[pos_++] - '0');
    full = full || digits > kMax / 10 || digits * 10 > kMax - digit;
    if (!full) digits = digits * 10 + digit;
    exponent += is_fraction ? (full ? 0 : -1) : (full ? 1 : 0);
  };

  if (text_[pos_] == '0') {
    ++pos_;
    if (digit_here()) fail_expected("a number without leading zeros");
  }
  while (digit_here()) take_digit(/*is_fraction=*/false);
  if (pos_ < text_.size() && text_[pos_] == '.') {
    ++pos_;
    if (!digit_here()) fail_expected("a digit");
    while (digit_here()) take_digit(/*is_fraction=*/true);
  }
  if (pos_ < text_.size() && (text_[pos_] == 'e' || text_[pos_] == 'E')) {
    ++pos_;
    const bool down = pos_ < text_.size() && text_[pos_] == '-';
    if (pos_ < text_.size() && (text_[pos_] == '-' || text_[pos_] == '+')) ++pos_;
    if (!digit_here()) fail_expected("a digit");
    std::int64_t power = 0;
    while (digit_here()) power = std::min<std::int64_t>(power * 10 + (text_[pos_++] - '0'), 1'000'000'000);
    exponent += down ? -power : power;
  }
  return scaled(negative, digits, exponent);
}

bool JsonCursor::boolean() {
  skip_white_space();
  if (text_.substr(pos_, 4) == "true") {
    pos_ += 4;
    return true;
  }
  if (text_.substr(pos_, 5) != "false") fail_expected("true or false");
  pos_ += 5;
  return false;
}

std::string_view JsonCursor::skip() {
  const Kind kind = peek();
  const std::size_t begin = pos_;
  std::string_view key;
  switch (kind) {
    case Kind::kObject:
      begin_object();
      while (next_member(key)) skip();
      break;
    case Kind::kArray:
      begin_array();
      while (next_element()) skip();
      break;
    case Kind::kString:
      string();
      break;
    case Kind::kNumber:
      number();
      break;
    case Kind::kBoolean:
      boolean();
      break;
    case Kind::kNull:
      expect_word("null");
      break;
  }
  return text_.substr(begin, pos_ - begin);
}

void JsonCursor::end() {
  skip_white_space();
  if (pos_ < text_.size()) fail_expected("nothing more");
}

RawObject::RawObject(JsonCursor& cursor, const std::string& where) : cursor_(cursor) {
  cursor_.exchange_where(where);
  const std::string outer = cursor.exchange_where(where);
  cursor.begin_object();
  std::string_view key;
  while (cursor.next_member(key)) {
    std::string name(key);
    members_.emplace_back(std::move(name), cursor.skip());
  }
  cursor.exchange_where(outer);
}

const std::string_view* RawObject::find(std::string_view key) const {
  for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
    if (member->first == key) return &member->second;
  }
  return nullptr;
}

std::string_view RawObject::text(std::string_view key) const {
  const std::string_view* value = find(key);
  return value == nullptr ? std::string_view() : *value;
}

bool RawObject::has_value(std::string_view key) const {
  const std::string_view value = text(key);
  return !value.empty() && value != "null";
}

JsonCursor RawObject::at(std::string_view key) const {
  const std::string_view* value = find(key);
  if (value == nullptr) fail(fmt::format("\"{}\" is missing", key));
  return cursor_.at(*value, std::string(key));
}

std::optional<std::string> RawObject::optional_string(std::string_view key) const {
  if (!has_value(key)) return std::nullopt;
  return std::string(at(key).string());
}

bool RawObject::boolean_or(std::string_view key, bool fallback) const {
  return has_value(key) ? at(key).boolean() : fallback;
}

}  // namespace gliner
