#include "golden_compare.h"

#include <cmath>

namespace golden {

std::string difference(const Json& expected, const Json& found, double tolerance, const std::string& at) {
  const auto differs = [&] { return at + ": expected " + expected.dump() + ", found " + found.dump(); };
  if (expected.is_number() && found.is_number() && (expected.is_number_float() || found.is_number_float())) {
    return std::fabs(expected.get<double>() - found.get<double>()) <= tolerance ? "" : differs();
  }
  if (expected.is_object() && found.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      if (!found.contains(key)) return at + ": key \"" + key + "\" is missing";
      const std::string inner = difference(value, found.at(key), tolerance, at + "." + key);
      if (!inner.empty()) return inner;
    }
    return expected.size() == found.size() ? "" : at + ": more keys than expected: " + found.dump();
  }
  if (expected.is_array() && found.is_array()) {
    if (expected.size() != found.size()) return differs();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string inner =
          difference(expected[i], found[i], tolerance, at + "[" + std::to_string(i) + "]");
      if (!inner.empty()) return inner;
    }
    return "";
  }
  return expected == found ? "" : differs();
}

bool is_refusal(const Json& error) {
  const std::string type = error.value("type", std::string());
  return type == "ValueError" || type == "TypeError" || type == "ValidationError";
}

}  // namespace golden
