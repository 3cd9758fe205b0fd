#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace gliner {

/// A JSON value with the path that leads to it, so that every complaint says where.
class JsonReader {
 public:
  JsonReader(const Json& value, std::string path) : value_(value), path_(std::move(path)) {}

  const Json& value() const { return value_; }
  const std::string& path() const { return path_; }

  /// Throws InputError "<path>: expected <what>, got <excerpt>".
  [[noreturn]] void fail(const std::string& expected) const;

  const JsonReader& expect_object() const;
  const JsonReader& expect_array() const;
  /// Refuses keys that are not listed and names those that are.
  void expect_only(std::initializer_list<const char*> keys) const;

  bool has(const char* key) const { return value_.contains(key); }
  /// True if `key` is there and not null.
  bool has_value(const char* key) const { return value_.contains(key) && !value_.at(key).is_null(); }
  JsonReader at(const std::string& key) const { return {value_.at(key), path_ + "." + key}; }
  JsonReader at(std::size_t index) const {
    return {value_.at(index), path_ + "[" + std::to_string(index) + "]"};
  }

  std::string as_string() const;
  bool as_bool() const;
  double as_number() const;
  int as_int() const;
  std::vector<std::string> as_strings() const;

  std::string required_string(const char* key) const;
  std::optional<std::string> optional_string(const char* key) const;
  std::optional<double> optional_number(const char* key) const;
  std::optional<int> optional_int(const char* key) const;
  bool optional_bool(const char* key, bool fallback) const;

 private:
  const Json& value_;
  std::string path_;
};

}  // namespace gliner
