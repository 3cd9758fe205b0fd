#include "input/json_record.h"

#include <algorithm>
#include <string_view>

#include "input/plain_text.h"
#include "log.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::json;

/// "line 2, column 7: unexpected end of input; ..." without the parser's own prefix and exception number.
std::string parse_error_message(const Json::parse_error& error) {
  std::string message = error.what();
  if (const auto end = message.find("] "); end != std::string::npos) message.erase(0, end + 2);
  for (const std::string_view prefix :
       {"parse error at ", "line 1, "}) {  // a JSONL record is one line anyway
    if (message.compare(0, prefix.size(), prefix) == 0) message.erase(0, prefix.size());
  }
  return "not valid JSON (" + message + ")";
}

/// Objects and arrays open at once at the deepest place. JSON that is too deep must not reach code that
/// recurses.
std::size_t nesting_depth(const std::string& text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::string field_names(const Json& object) {
  std::string names;
  for (const auto& [name, value] : object.items()) {
    if (names.size() > 200) return names + ", ...";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "none" : names;
}

}  // namespace

Json parse_record_json(const std::string& text, std::optional<std::string>& error) {
  constexpr std::size_t kMaxDepth = 200;
  if (nesting_depth(text) > kMaxDepth) {
    error = fmt::format("JSON nested more than {} levels deep", kMaxDepth);
    return {};
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& broken) {
    error = parse_error_message(broken);
  } catch (const Json::exception& broken) {  // a number that no type can hold
    error = broken.what();
  }
  return {};
}

void read_json_record(const Json& value, const InputOptions& options, InputRecord& record) {
  if (value.is_string()) {
    take_text(value.get<std::string>(), record);
    return;
  }
  if (!value.is_object()) {
    record.error = fmt::format("expected an object with the field \"{}\" or a string, found {}",
                               options.text_field, value.type_name());
    return;
  }
  if (const auto id = value.find(options.id_field); id != value.end() && !id->is_null()) {
    if (!id->is_string() && !id->is_number()) {
      record.error = fmt::format("field \"{}\": expected a string or a number, found {}", options.id_field,
                                 id->type_name());
      return;
    }
    record.id = *id;
  }
  if (!options.schema_field.empty()) {
    if (const auto schema = value.find(options.schema_field); schema != value.end() && !schema->is_null()) {
      record.schema = schema->dump();
    }
  }
  const auto text = value.find(options.text_field);
  if (text == value.end()) {
    record.error =
        fmt::format("no field \"{}\" (fields: {}); see --text-field", options.text_field, field_names(value));
  } else if (!text->is_string()) {
    record.error =
        fmt::format("field \"{}\": expected a string, found {}", options.text_field, text->type_name());
  } else {
    take_text(text->get<std::string>(), record);
  }
}

}  // namespace gliner::cli
