#include "schema/json_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "gliner/error.h"

namespace gliner {

void JsonReader::fail(const std::string& expected) const {
  std::string excerpt = dump_json(value_);
  if (excerpt.size() > 80) {
    std::size_t cut = 77;
    while (cut > 0 && (static_cast<unsigned char>(excerpt[cut]) & 0xC0) == 0x80) --cut;  // whole code points
    excerpt = excerpt.substr(0, cut) + "...";
  }
  throw InputError(fmt::format("{}: expected {}, got {}", path_, expected, excerpt));
}

const JsonReader& JsonReader::expect_object() const {
  if (!value_.is_object()) fail("an object");
  return *this;
}

const JsonReader& JsonReader::expect_array() const {
  if (!value_.is_array()) fail("a list");
  return *this;
}

void JsonReader::expect_only(std::initializer_list<const char*> keys) const {
  expect_object();
  for (const auto& [key, unused] : value_.items()) {
    if (std::none_of(keys.begin(), keys.end(), [&name = key](const char* known) { return name == known; })) {
      throw InputError(
          fmt::format("{}: unknown key \"{}\"; known keys: {}", path_, key, fmt::join(keys, ", ")));
    }
  }
}

std::string JsonReader::as_string() const {
  if (!value_.is_string()) fail("a string");
  return value_.get<std::string>();
}

bool JsonReader::as_bool() const {
  if (!value_.is_boolean()) fail("true or false");
  return value_.get<bool>();
}

double JsonReader::as_number() const {
  if (!value_.is_number()) fail("a number");
  return value_.get<double>();
}

int JsonReader::as_int() const {
  if (!value_.is_number_integer()) fail("an integer");
  const double wide = value_.get<double>();
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    fail("a 32-bit integer");
  return value_.get<int>();
}

std::vector<std::string> JsonReader::as_strings() const {
  expect_array();
  std::vector<std::string> strings;
  strings.reserve(value_.size());
  for (std::size_t i = 0; i < value_.size(); ++i) strings.push_back(at(i).as_string());
  return strings;
}

std::string JsonReader::required_string(const char* key) const {
  if (!has(key)) fail(fmt::format("an object with \"{}\"", key));
  return at(key).as_string();
}

std::optional<std::string> JsonReader::optional_string(const char* key) const {
  return has_value(key) ? std::optional(at(key).as_string()) : std::nullopt;
}
std::optional<double> JsonReader::optional_number(const char* key) const {
  return has_value(key) ? std::optional(at(key).as_number()) : std::nullopt;
}
std::optional<int> JsonReader::optional_int(const char* key) const {
  return has_value(key) ? std::optional(at(key).as_int()) : std::nullopt;
}
bool JsonReader::optional_bool(const char* key, bool fallback) const {
  return has_value(key) ? at(key).as_bool() : fallback;
}

}  // namespace gliner
