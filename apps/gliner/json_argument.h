#pragma once

#include <string>

namespace gliner::cli {

/// The contents of a file. Throws UsageError naming `option` when it cannot be read.
std::string read_file_argument(const std::string& path, const std::string& option);

/// The JSON of an option that takes the JSON itself or a file with it: a value whose first sign is `[`, `{`
/// or `"` is the JSON, anything else a path. Throws UsageError naming `option`.
std::string read_json_argument(const std::string& value, const std::string& option);

}  // namespace gliner::cli
