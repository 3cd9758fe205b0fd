#include "golden_request.h"

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

}  // namespace

Request read_request(const std::string& call, const Json& args) {
  Request request;
  request.options = read_options(args);
  request.is_long = call.size() > 5 && call.compare(call.size() - 5, 5, "_long") == 0;
  request.windows.chunk_size = typed(args, "chunk_size", request.windows.chunk_size);
  request.windows.chunk_overlap = typed(args, "chunk_overlap", request.windows.chunk_overlap);
  request.is_batch = call.rfind("batch_", 0) == 0;
  if (!request.is_batch) {
    request.schemas.push_back(read_call_schema(call, args));
    // No text at all is an empty one to the reference.
    request.texts.push_back(
        args.contains("text") && args.at("text").is_null() ? "" : typed(args, "text", std::string()));
    return request;
  }
  request.texts = typed(args, "texts", std::vector<std::string>());
  request.schema_each =
      args.contains("schemas") && args.at("schemas").is_object() && args.at("schemas").contains("$each");
  if (request.schema_each) {
    for (const Json& schema : args.at("schemas").at("$each")) request.schemas.push_back(read_schema(schema));
  } else {
    request.schemas.push_back(read_call_schema(call, args));
  }
  return request;
}

}  // namespace golden
