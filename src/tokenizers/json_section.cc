#include "tokenizers/json_section.h"

#include <fmt/format.h>

#include <limits>

#include "gliner/error.h"
#include "text/utf8.h"

namespace gliner {

JsonSection::JsonSection(const Json& value, std::string file, std::string where)
    : value_(&value), file_(std::move(file)), where_(std::move(where)) {
  if (!value.is_object()) fail(fmt::format("expected an object, found {}", value.type_name()));
}

void JsonSection::fail(const std::string& message) const {
  throw ModelError(fmt::format("{}: {}: {}", file_, where_, message));
}

void JsonSection::fail_type(const std::string& key, const char* expected, const Json& value) const {
  std::string found = value.is_structured() ? value.type_name() : dump_json(value);
  if (found.size() > 60) found = value.type_name();
  fail(fmt::format("\"{}\": expected {}, found {}", key, expected, found));
}

const Json* JsonSection::find(const char* key) const {
  const auto found = value_->find(key);
  return found == value_->end() ? nullptr : &*found;
}

const Json& JsonSection::need(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr) fail(fmt::format("\"{}\" is missing", key));
  return *value;
}

bool JsonSection::boolean(const char* key) const {
  const Json& value = need(key);
  if (!value.is_boolean()) fail_type(key, "true or false", value);
  return value.get<bool>();
}

bool JsonSection::boolean_or(const char* key, bool fallback) const {
  const Json* value = find(key);
  return value == nullptr || value->is_null() ? fallback : boolean(key);
}

std::string JsonSection::string(const char* key) const {
  const Json& value = need(key);
  if (!value.is_string()) fail_type(key, "a string", value);
  return value.get<std::string>();
}

std::int32_t JsonSection::id(const char* key) const { return as_id(need(key), key); }

std::int32_t JsonSection::as_id(const Json& value, const std::string& key) const {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMax) {
    fail_type(key, "an id from 0 to 2147483647", value);
  }
  return static_cast<std::int32_t>(value.get<std::uint64_t>());
}

char32_t JsonSection::code_point(const char* key) const {
  const std::string text = string(key);
  std::size_t pos = 0;
  const char32_t cp = text.empty() ? 0 : next_code_point(text, pos);
  if (text.empty() || pos != text.size()) fail_type(key, "a single character", need(key));
  return cp;
}

JsonSection JsonSection::section(const char* key) const {
  return JsonSection(need(key), file_, fmt::format("{}.{}", where_, key));
}

const Json& JsonSection::array(const char* key) const {
  const Json& value = need(key);
  if (!value.is_array()) fail_type(key, "an array", value);
  return value;
}

std::vector<JsonSection> JsonSection::sections(const char* key) const {
  std::vector<JsonSection> sections;
  std::size_t index = 0;
  for (const Json& element : array(key)) {
    sections.emplace_back(element, file_, fmt::format("{}.{}[{}]", where_, key, index++));
  }
  return sections;
}

}  // namespace gliner
