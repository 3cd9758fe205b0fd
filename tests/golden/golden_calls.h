#pragma once

#include <gliner/gliner.h>

#include <nlohmann/json.hpp>
#include <string>

namespace golden {

using Json = nlohmann::ordered_json;

/// What the method `call` of the reference returns for `args`, computed by this engine. Throws
/// gliner::InputError where the call is refused.
Json answer(const gliner::Extractor& model, const std::string& call, const Json& args);

}  // namespace golden
