#pragma once

#include <gliner/gliner.h>

#include <nlohmann/json.hpp>
#include <string>

namespace golden {

using Json = nlohmann::ordered_json;

/// True for the methods of the package gliner (GLiNER v1); others are gliner2's.
bool is_gliner1_call(const std::string& call);

/// `answer` for those methods.
Json answer_gliner1(const gliner::Extractor& model, const std::string& call, const Json& args);

/// What the model reads of the text and labels of one line of tokenizer.jsonl, under the line's keys; rows of
/// labels are padded with zeros, as recorded.
Json prompt_line(const gliner::PromptTokenizer& tokenizer, const Json& line);

}  // namespace golden
