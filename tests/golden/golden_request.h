#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gliner/gliner.h"

namespace golden {

using Json = nlohmann::ordered_json;

/// A recorded GLiNER2 call as this library understands it.
struct Request {
  std::vector<std::string> texts;
  std::vector<gliner::Schema> schemas;  ///< One for all texts, or one per text.
  bool schema_each = false;
  bool is_batch = false;
  bool is_long = false;
  gliner::ExtractOptions options;
  gliner::LongOptions windows;
};

/// Throws InputError where the call's arguments are refused.
Request read_request(const std::string& call, const Json& args);

}  // namespace golden
