#include "config/json_fields.h"

#include <fmt/format.h>

#include <utility>

#include "gliner/error.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

std::string describe(const Json* value) {
  if (value == nullptr) return "nothing";
  if (value->is_object()) return "an object";
  if (value->is_array()) return "an array";
  if (value->is_string()) return shown(value->get_ref<const std::string&>());
  return dump_json(*value);
}

}  // namespace

JsonFields::JsonFields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object())
    throw ModelError(fmt::format("{}: expected an object, found {}", where_, describe(&object)));
}

const Json* JsonFields::find_even_null(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

const Json* JsonFields::find(const char* key) const {
  const Json* value = find_even_null(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::int64_t JsonFields::integer(const char* key, std::int64_t fallback, std::int64_t min,
                                 std::int64_t max) const {
  const Json* value = find_even_null(key);
  if (value == nullptr) return fallback;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
    refuse(key, fmt::format("an integer from {} to {}", min, max));
  }
  return value->get<std::int64_t>();
}

double JsonFields::number(const char* key, double fallback, double min, double max) const {
  const Json* value = find_even_null(key);
  if (value == nullptr) return fallback;
  const bool fits = value->is_number() && value->get<double>() >= min && value->get<double>() <= max;
  if (!fits) refuse(key, fmt::format("a number from {} to {}", min, max));
  return value->get<double>();
}

bool JsonFields::boolean(const char* key, bool fallback) const {
  const Json* value = find_even_null(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) refuse(key, "true or false");
  return value->get<bool>();
}

std::string JsonFields::text(const char* key, const std::string& fallback) const {
  const Json* value = find_even_null(key);
  if (value == nullptr) return fallback;
  if (!value->is_string()) refuse(key, "a text");
  return value->get<std::string>();
}

JsonFields JsonFields::object(const char* key) const {
  const Json* value = find(key);
  if (value == nullptr || !value->is_object()) refuse(key, "an object");
  return JsonFields(*value, fmt::format("{}: {}", where_, key));
}

void JsonFields::refuse(const char* key, const std::string& expected) const {
  throw ModelError(
      fmt::format("{}: {}: expected {}, found {}", where_, key, expected, describe(find_even_null(key))));
}

}  // namespace gliner
