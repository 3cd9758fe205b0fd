#include "tokenizers/post_processor.h"

#include <fmt/format.h>

#include <algorithm>

namespace gliner {

PostProcessor::PostProcessor(const JsonSection& section) {
  const std::string kind = section.kind();
  if (kind == "TemplateProcessing") {
    read_template(section);
  } else if (kind == "BertProcessing" || kind == "RobertaProcessing") {
    layout_ = {read_pair(section, "cls"), kSequence, read_pair(section, "sep")};
  } else if (kind == "Sequence") {
    read_sequence(section);
  } else if (kind != "ByteLevel") {  // ByteLevel trims offsets, which nobody asks for
    section.fail(fmt::format("post-processor kind \"{}\" is not supported", kind));
  }
}

void PostProcessor::read_sequence(const JsonSection& section) {
  for (const JsonSection& part : section.sections("processors")) {
    PostProcessor processor(part);
    if (processor.layout_ == PostProcessor().layout_) continue;
    if (layout_ != PostProcessor().layout_)
      section.fail("more than one processor that adds tokens is not supported");
    layout_ = std::move(processor.layout_);
  }
}

void PostProcessor::read_template(const JsonSection& section) {
  layout_.clear();
  const JsonSection special_tokens = section.section("special_tokens");
  for (const JsonSection& piece : section.sections("single")) {
    const bool is_sequence = piece.find("Sequence") != nullptr;
    const bool is_special = piece.find("SpecialToken") != nullptr;
    if (piece.json().size() != 1 || (!is_sequence && !is_special)) {
      piece.fail("expected one member \"Sequence\" or \"SpecialToken\"");
    }
    const std::string id = piece.section(is_sequence ? "Sequence" : "SpecialToken").string("id");
    if (is_sequence) {
      if (id != "A") piece.fail(fmt::format("expected sequence \"A\", found \"{}\"", id));
      layout_.push_back(kSequence);
      continue;
    }
    if (special_tokens.find(id.c_str()) == nullptr) special_tokens.fail(fmt::format("\"{}\" is missing", id));
    const JsonSection token = special_tokens.section(id.c_str());
    for (const Json& value : token.array("ids")) layout_.push_back(token.as_id(value, "ids"));
  }
}

std::int32_t PostProcessor::read_pair(const JsonSection& section, const char* key) {
  const Json& pair = section.array(key);
  if (pair.size() != 2 || !pair[0].is_string()) section.fail_type(key, "[token, id]", pair);
  return section.as_id(pair[1], key);
}

std::int64_t PostProcessor::added_tokens() const {
  return std::count_if(layout_.begin(), layout_.end(), [](std::int32_t id) { return id != kSequence; });
}

}  // namespace gliner
