#pragma once

#include <gliner/gliner.h>

#include <nlohmann/json.hpp>
#include <string>

namespace golden {

using Json = nlohmann::ordered_json;

/// What the method `call` of the reference returns for `args`, computed by this engine. Throws
/// gliner::InputError where the call is refused.
Json answer(const gliner::Extractor& model, const std::string& call, const Json& args);

/// What the model reads of the text and labels of one line of tokenizer.jsonl, under the line's keys; rows of
/// labels are padded with zeros, as recorded.
Json prompt_line(const gliner::PromptTokenizer& tokenizer, const Json& line);

}  // namespace golden
