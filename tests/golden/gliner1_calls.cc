#include "gliner1_calls.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace golden {
namespace {

constexpr int kBatchSize = 8;  // the reference's default

[[noreturn]] void refuse(const std::string& what) { throw gliner::InputError(what); }

/// A text or a list of texts; what is no text finds nothing, as in the reference.
std::vector<std::string> read_texts(const Json& args) {
  const Json& value = args.contains("texts") ? args.at("texts") : args.at("text");
  const auto text_of = [](const Json& text) { return text.is_string() ? text.get<std::string>() : ""; };
  std::vector<std::string> texts;
  if (!value.is_array()) return {text_of(value)};
  for (const Json& text : value) texts.push_back(text_of(text));
  return texts;
}

bool is_per_text(const Json& value) {
  return value.is_array() && std::any_of(value.begin(), value.end(), [](const Json& item) {
           return item.is_array() || item.is_object();
         });
}

/// Labels and relations as the calls take them, one set for all texts or one per text.
class SchemaReader {
 public:
  explicit SchemaReader(const Gliner1Callee& model)
      : labels_are_texts_(model.report().architecture.find("-bi-") != std::string::npos) {}

  gliner::Schema read(const Json& labels, const Json& relations) {
    Json entities = Json::object(), descriptions = Json::object(), links = Json::array();
    if (labels.is_object()) {
      for (const auto& [name, description] : labels.items()) {
        if (!description.is_string()) refuse("a label's description must be a text");
        entities[name] = "";
        descriptions[name] = description;
      }
    } else {
      for (const std::string& name : names_of(labels)) entities[name] = "";
    }
    for (const std::string& name : names_of(relations)) {
      links.push_back({{name, {{"head", ""}, {"tail", ""}}}});
    }
    const Json schema = {{"entities", entities}, {"entity_descriptions", descriptions}, {"relations", links}};
    return gliner::Schema::from_engine_json(schema.dump());
  }

  /// A label that was given as a number is one in the answer.
  Json shown(const Json& label) const {
    const auto found = numbers_.find(label.get<std::string>());
    return found == numbers_.end() ? label : found->second;
  }

 private:
  std::vector<std::string> names_of(const Json& value) {
    if (value.is_string()) return {value.get<std::string>()};
    if (!value.is_array()) refuse("expected a label or a list of labels, found " + value.dump());
    std::vector<std::string> names;
    for (const Json& item : value) {
      if (item.is_string()) {
        names.push_back(item.get<std::string>());
      } else if (item.is_number_integer() && !labels_are_texts_) {
        names.push_back(item.dump());
        numbers_[names.back()] = item;
      } else {
        refuse("a label must be a text, found " + item.dump());
      }
    }
    return names;
  }

  bool labels_are_texts_;
  std::map<std::string, Json> numbers_;
};

std::vector<gliner::Schema> read_schemas(SchemaReader& reader, const Json& args, std::size_t texts) {
  const Json& labels = args.at("labels");
  Json relations = args.value("relations", Json::array());
  if (relations.is_null()) relations = Json::array();
  const bool each_labels = is_per_text(labels), each_relations = is_per_text(relations);
  if (!each_labels && !each_relations) return {reader.read(labels, relations)};
  if ((each_labels && labels.size() != texts) || (each_relations && relations.size() != texts)) {
    refuse("per-text labels: expected as many as texts");
  }
  std::vector<gliner::Schema> schemas;
  for (std::size_t i = 0; i < texts; ++i) {
    schemas.push_back(
        reader.read(each_labels ? labels.at(i) : labels, each_relations ? relations.at(i) : relations));
  }
  return schemas;
}

double number(const Json& value, const char* what) {
  if (!value.is_number()) refuse(std::string(what) + ": expected a number, found " + value.dump());
  return value.get<double>();
}

void set_flat(gliner::ExtractOptions& options, const Json& flat) {
  options.overlap_policy =
      flat.get<bool>() ? gliner::OverlapPolicy::kDefault : gliner::OverlapPolicy::kNested;
}

/// The options of a call but for those that differ from text to text.
gliner::ExtractOptions read_options(const Json& args) {
  gliner::ExtractOptions options;
  const auto scalar = [&args](const char* key) { return args.contains(key) && !args.at(key).is_array(); };
  if (scalar("threshold")) options.threshold = number(args.at("threshold"), "threshold");
  if (scalar("flat_ner")) set_flat(options, args.at("flat_ner"));
  if (scalar("multi_label")) options.multi_label = args.at("multi_label").get<bool>();
  const auto optional = [&](const char* key, std::optional<double>& value) {
    if (scalar(key) && !args.at(key).is_null()) value = number(args.at(key), key);
  };
  optional("adjacency_threshold", options.adjacency_threshold);
  optional("relation_threshold", options.relation_threshold);
  options.batch_size = args.value("batch_size", kBatchSize);
  options.class_scores = args.value("return_class_probs", false);
  options.vectors = args.value("return_vectors", false);
  options.label_vectors = args.value("return_label_vectors", false);
  options.generation.max_new_tokens = args.value("max_new_tokens", options.generation.max_new_tokens);
  options.generation.sequences = args.value("num_gen_sequences", options.generation.sequences);
  options.generation.constraints = args.value("gen_constraints", std::vector<std::string>());
  return options;
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\n\r\f\v") == std::string::npos; }

/// The options that differ from text to text; empty: none do. The reference cuts the list for the texts of
/// each batch, blank ones left out, and refuses one of another length.
std::vector<gliner::ExtractOptions> read_options_each(const Gliner1Callee& model, const Json& args,
                                                      const std::vector<std::string>& texts) {
  std::vector<gliner::ExtractOptions> each(texts.size(), read_options(args));
  bool any = false;
  const auto running = static_cast<int>(
      texts.size() - static_cast<std::size_t>(std::count_if(texts.begin(), texts.end(), is_blank)));
  const int batch_size = args.value("batch_size", kBatchSize);
  for (const char* key : {"threshold", "flat_ner", "multi_label", "relation_threshold"}) {
    if (!args.contains(key) || !args.at(key).is_array()) continue;
    const Json& values = args.at(key);
    any = true;
    const std::string& architecture = model.report().architecture;
    const bool no_lists =
        architecture.find("relex") != std::string::npos || architecture.find("decoder") != std::string::npos;
    if (no_lists && std::string(key) == "threshold") refuse("threshold: expected one number");
    const auto count = static_cast<int>(values.size());
    if (running > 0 &&
        (count != std::min(running, batch_size) || (running > batch_size && running % batch_size != 0)))
      refuse(std::string(key) + ": expected as many values as texts of a batch");
    std::size_t place = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (is_blank(texts[i])) continue;
      const Json& value = values.at(place++ % values.size());
      if (std::string(key) == "threshold") each[i].threshold = number(value, key);
      if (std::string(key) == "flat_ner") set_flat(each[i], value);
      if (std::string(key) == "multi_label") each[i].multi_label = value.get<bool>();
      if (std::string(key) == "relation_threshold") each[i].relation_threshold = number(value, key);
    }
  }
  return any ? each : std::vector<gliner::ExtractOptions>();
}

std::vector<std::vector<gliner::SpanPlace>> read_places(const Json& input_spans) {
  std::vector<std::vector<gliner::SpanPlace>> places;
  for (const Json& spans : input_spans) {
    std::vector<gliner::SpanPlace> own;
    for (const Json& span : spans) {
      own.push_back({span.at("start").get<std::int64_t>(), span.at("end").get<std::int64_t>()});
    }
    places.push_back(std::move(own));
  }
  return places;
}

gliner::LabelVectors read_vectors(const Gliner1Callee& model, const Json& args) {
  const Json& wanted = args.at("labels_embeddings").at("encode_labels").at("labels");
  gliner::LabelVectors vectors = model.encode_labels(wanted.get<std::vector<std::string>>());
  vectors.labels = args.at("labels").get<std::vector<std::string>>();
  return vectors;
}

std::vector<gliner::Result> run(const Gliner1Callee& model, SchemaReader& reader, const Json& args,
                                const std::vector<std::string>& texts) {
  gliner::ExtractOptions options = read_options(args);
  if (args.contains("labels_embeddings")) return model.extract(texts, read_vectors(model, args), options);
  const std::vector<gliner::Schema> schemas = read_schemas(reader, args, texts.size());
  const bool packed = args.contains("packing_config") && !args.at("packing_config").is_null();
  if (packed && texts.size() > 1 && model.report().encoder != "deberta-v2") {
    refuse("packing_config: the reference packs DeBERTa encoders only; here every batch is packed anyway");
  }
  // The reference leaves a batch of equal lengths as it is, so a single text is never cut.
  if (packed && texts.size() > 1) options.max_tokens = args.at("packing_config").at("max_length").get<int>();
  if (args.contains("input_spans") && !args.at("input_spans").is_null()) {
    return model.label_spans(texts, read_places(args.at("input_spans")), schemas.front(), options);
  }
  const std::vector<gliner::ExtractOptions> each = read_options_each(model, args, texts);
  if (!each.empty()) {
    std::vector<gliner::Result> results;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      results.push_back(
          model.extract({texts[i]}, {schemas.size() == 1 ? schemas.front() : schemas[i]}, each[i]).front());
    }
    return results;
  }
  return model.extract(texts, schemas, options);
}

/// Entities and relations of one result.
std::pair<Json, Json> lists_of(const gliner::Result& result, const SchemaReader& reader) {
  if (result.error) refuse(*result.error);
  Json json = Json::parse(gliner::to_spans_json(result));
  Json relations = Json::array();
  if (json.is_object()) {
    relations = json.at("relations");
    json = Json(json.at("entities"));
  }
  for (Json& entity : json) entity["label"] = reader.shown(entity.at("label"));
  return {std::move(json), std::move(relations)};
}

/// Sessions by id; every step gives its texts to theirs.
Json answer_session(Gliner1Callee& model, const Json& steps) {
  Json out = Json::array();
  for (const Json& step : steps) {
    SchemaReader reader(model);
    const std::vector<std::string> texts = read_texts(step);
    const std::vector<gliner::Schema> schemas = read_schemas(reader, step, texts.size());
    const gliner::ExtractOptions options = read_options(step);
    Json results = Json::array();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto id = step.at("session_id").at(i).get<std::string>();
      const gliner::Schema& schema = schemas.size() == 1 ? schemas.front() : schemas[i];
      const bool reread = step.value("recompute", false);
      results.push_back(lists_of(model.append(id, schema, texts[i], reread, options), reader).first);
    }
    out.push_back(std::move(results));
  }
  return out;
}

}  // namespace

bool is_gliner1_call(const std::string& call) {
  return call.find("predict_") != std::string::npos || call == "inference" || call == "encode_labels" ||
         call == "session";
}

Json answer_gliner1(Gliner1Callee& model, const std::string& call, const Json& args) {
  if (call == "encode_labels") {
    const auto labels = args.at("labels").get<std::vector<std::string>>();
    const gliner::LabelVectors vectors = model.encode_labels(labels);
    Json rows = Json::array();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto begin = vectors.values.begin() + static_cast<std::ptrdiff_t>(i) * vectors.size;
      rows.push_back(std::vector<float>(begin, begin + vectors.size));
    }
    return rows;
  }
  if (call == "session") return answer_session(model, args.at("steps"));
  const std::vector<std::string> texts = read_texts(args);
  SchemaReader reader(model);
  Json entities = Json::array(), relations = Json::array();
  for (const gliner::Result& result : run(model, reader, args, texts)) {
    auto [own_entities, own_relations] = lists_of(result, reader);
    entities.push_back(std::move(own_entities));
    relations.push_back(std::move(own_relations));
  }
  const bool relex = model.report().architecture.find("relex") != std::string::npos;
  const bool single = call.rfind("predict_", 0) == 0;
  const bool pair = relex && call != "predict_entities" && args.value("return_relations", true);
  if (!pair) return single ? Json(entities.at(0)) : entities;
  if (single) return Json::array({entities.at(0), relations.at(0)});
  return Json::array({entities, relations});
}

}  // namespace golden
