#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace golden {

using Json = nlohmann::ordered_json;

/// The first difference in words, or "" when both agree: same structure, strings, integers and list order,
/// floats within `tolerance`. The order of keys is not judged.
std::string difference(const Json& expected, const Json& found, double tolerance,
                       const std::string& at = "$");

/// True if the reference refused a case on purpose (ValueError, TypeError, ValidationError) and did not break
/// down inside.
bool is_refusal(const Json& error);

}  // namespace golden
