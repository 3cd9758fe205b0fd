#include "golden_calls.h"

#include "gliner1_calls.h"

namespace golden {
namespace {

/// The cases wrap Python objects: {"$regex": {...}} and {"$attributes": {...}} stand for what they hold.
Json unwrap(const Json& value) {
  if (value.is_object() && value.size() == 1) {
    for (const char* wrapper : {"$regex", "$attributes"}) {
      if (value.contains(wrapper)) return unwrap(value.at(wrapper));
    }
  }
  if (!value.is_structured()) return value;
  Json out = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, item] : value.items()) {
    if (value.is_array()) {
      out.push_back(unwrap(item));
    } else {
      out[key] = unwrap(item);
    }
  }
  return out;
}

gliner::Schema read_schema(const Json& json) {
  if (json.is_array()) return gliner::Schema::from_builder_json(unwrap(json).dump());
  return gliner::Schema::from_engine_json(json.dump());
}

template <typename Value>
Value typed(const Json& args, const char* key, Value fallback) {
  if (!args.contains(key)) return fallback;
  try {
    return args.at(key).get<Value>();
  } catch (const Json::exception&) {
    throw gliner::InputError(std::string(key) + ": wrong type: " + args.at(key).dump());
  }
}

double number(const Json& args, const char* key, double fallback) {
  if (!args.contains(key)) return fallback;
  if (!args.at(key).is_number()) throw gliner::InputError(std::string(key) + ": expected a number");
  return args.at(key).get<double>();
}

gliner::ExtractOptions read_options(const Json& args) {
  gliner::ExtractOptions options;
  options.threshold = number(args, "threshold", options.threshold);
  options.batch_size = typed(args, "batch_size", options.batch_size);
  if (args.contains("max_len") && !args.at("max_len").is_null()) options.max_len = typed(args, "max_len", 0);
  if (args.contains("overlap_policy") && !args.at("overlap_policy").is_null()) {
    options.overlap_policy = gliner::parse_overlap_policy(typed(args, "overlap_policy", std::string()));
  }
  options.format_results = typed(args, "format_results", true);
  options.include_confidence = typed(args, "include_confidence", false);
  options.include_spans = typed(args, "include_spans", false);
  return options;
}

/// The schema that a call names: its own, or what a convenience method builds.
gliner::Schema read_call_schema(const std::string& call, const Json& args) {
  const auto has = [&call](const char* part) { return call.find(part) != std::string::npos; };
  if (has("entities")) return gliner::Schema::from_entities_json(unwrap(args.at("entity_types")).dump());
  if (has("relations")) return gliner::Schema::from_relations_json(args.at("relation_types").dump());
  if (has("classify")) return gliner::Schema::from_tasks_json(args.at("tasks").dump());
  if (has("json")) return gliner::Schema::from_structures_json(args.at("structures").dump());
  return read_schema(args.contains("schema") ? args.at("schema") : args.at("schemas"));
}

Json result_json(const gliner::Result& result) { return Json::parse(gliner::to_json(result)); }

}  // namespace

Json answer(const gliner::Extractor& model, const std::string& call, const Json& args) {
  if (is_gliner1_call(call)) return answer_gliner1(model, call, args);
  const gliner::ExtractOptions options = read_options(args);
  const bool is_long = call.size() > 5 && call.compare(call.size() - 5, 5, "_long") == 0;
  gliner::LongOptions windows;
  windows.chunk_size = typed(args, "chunk_size", windows.chunk_size);
  windows.chunk_overlap = typed(args, "chunk_overlap", windows.chunk_overlap);

  if (call.rfind("batch_", 0) != 0) {
    const gliner::Schema schema = read_call_schema(call, args);
    // No text at all is an empty one to the reference.
    const auto text =
        args.contains("text") && args.at("text").is_null() ? "" : typed(args, "text", std::string());
    return result_json(is_long ? model.extract_long(text, schema, options, windows)
                               : model.extract(text, schema, options));
  }
  const auto texts = typed(args, "texts", std::vector<std::string>());
  std::vector<gliner::Result> results;
  if (args.contains("schemas") && args.at("schemas").is_object() && args.at("schemas").contains("$each")) {
    std::vector<gliner::Schema> schemas;
    for (const Json& schema : args.at("schemas").at("$each")) schemas.push_back(read_schema(schema));
    results = is_long ? model.batch_extract_long(texts, schemas, options, windows)
                      : model.batch_extract(texts, schemas, options);
  } else {
    const gliner::Schema schema = read_call_schema(call, args);
    results = is_long ? model.batch_extract_long(texts, schema, options, windows)
                      : model.batch_extract(texts, schema, options);
  }
  Json out = Json::array();
  for (const gliner::Result& result : results) out.push_back(result_json(result));
  return out;
}

}  // namespace golden
