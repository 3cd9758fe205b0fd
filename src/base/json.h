#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gliner {

/// JSON with the order of keys kept, as Python's dictionaries keep it.
using Json = nlohmann::ordered_json;

/// Parses `text`; throws InputError "<what>: ..." with the byte position on broken JSON.
Json parse_json_input(std::string_view text, const std::string& what);

/// Parses a checkpoint file's `text`; throws ModelError "<path>: ..." with the byte position on broken JSON.
Json parse_json_file(std::string_view text, const std::string& path);

/// One line (indent < 0) or indented; non-ASCII characters stay as UTF-8; floats with full precision.
std::string dump_json(const Json& value, int indent = -1);

}  // namespace gliner
