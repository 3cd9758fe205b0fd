#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace gliner {

/// A small object of tokenizer.json (a normalizer, a post-processor, ...) with the way that leads to it, so
/// that every refusal is a ModelError "<file>: <where>: ...". A view: the JSON value must outlive it.
class JsonSection {
 public:
  /// Throws if `value` is not an object.
  JsonSection(const Json& value, std::string file, std::string where);

  /// The member "type".
  std::string kind() const { return string("type"); }

  /// The member, or nullptr.
  const Json* find(const char* key) const;
  bool boolean(const char* key) const;
  bool boolean_or(const char* key, bool fallback) const;  ///< Fallback if absent or null.
  std::string string(const char* key) const;
  /// An integer in [0, 2^31).
  std::int32_t id(const char* key) const;
  /// A string of exactly one code point.
  char32_t code_point(const char* key) const;
  JsonSection section(const char* key) const;
  /// The objects of an array.
  std::vector<JsonSection> sections(const char* key) const;
  /// The array itself.
  const Json& array(const char* key) const;

  /// The id that `value`, found under `key`, holds.
  std::int32_t as_id(const Json& value, const std::string& key) const;

  const Json& json() const { return *value_; }
  const std::string& file() const { return file_; }
  const std::string& where() const { return where_; }

  [[noreturn]] void fail(const std::string& message) const;
  /// "<key>: expected <expected>, found <what `value` is>".
  [[noreturn]] void fail_type(const std::string& key, const char* expected, const Json& value) const;

 private:
  const Json& need(const char* key) const;

  const Json* value_;
  std::string file_;
  std::string where_;
};

}  // namespace gliner
