#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace gliner {

/// Typed reading of one JSON object of a configuration file. A key that is absent has its default; a value of
/// another type is refused rather than converted, as transformers' strict configuration classes do. Every
/// failure is a ModelError "<where>: KEY: expected ..., found ...". The object must outlive this view of it.
class JsonFields {
 public:
  /// Throws when `object` is none.
  JsonFields(const Json& object, std::string where);

  /// The value of a key that is there and not null; else nullptr.
  const Json* find(const char* key) const;
  bool has(const char* key) const { return find(key) != nullptr; }

  std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t min, std::int64_t max) const;
  double number(const char* key, double fallback, double min, double max) const;
  bool boolean(const char* key, bool fallback) const;
  std::string text(const char* key, const std::string& fallback) const;
  /// The object under a key. Throws when it is absent or none.
  JsonFields object(const char* key) const;

  /// Throws: the value of `key` is not what was expected.
  [[noreturn]] void refuse(const char* key, const std::string& expected) const;

  const Json& json() const { return object_; }
  const std::string& where() const { return where_; }

 private:
  /// The value where the key is there, null included; else nullptr.
  const Json* find_even_null(const char* key) const;

  const Json& object_;
  std::string where_;
};

}  // namespace gliner
