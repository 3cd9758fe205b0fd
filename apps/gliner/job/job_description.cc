#include "job/job_description.h"

#include <fmt/format.h>

#include "gliner/version.h"
#include "output/compressor.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json describe_input(const InputOptions& input) {
  return {{"format", input.format},         {"text_field", input.text_field},
          {"id_field", input.id_field},     {"schema_field", input.schema_field},
          {"text_split", input.text_split}, {"max_record_bytes", input.max_record_bytes}};
}

Json describe_output(const OutputOptions& output) {
  return {{"file_format", output.file_format},
          {"format", output.format},
          {"pretty", output.pretty},
          {"compression", static_cast<int>(compression_of(output.path))}};
}

Json describe_generation(const LabelGeneration& generation) {
  return {{"constraints", generation.constraints},       {"sequences", generation.sequences},
          {"max_new_tokens", generation.max_new_tokens}, {"sample", generation.sample},
          {"temperature", generation.temperature},       {"seed", generation.seed}};
}

Json describe_windows(const std::optional<LongOptions>& windows) {
  if (!windows) return {};
  return {{"chunk_size", windows->chunk_size},
          {"chunk_overlap", windows->chunk_overlap},
          {"whole_words", windows->whole_words},
          {"ends", windows->ends == WindowEnds::kSentences ? "sentences" : "words"}};
}

Json describe_inference(const InferenceOptions& inference) {
  const ExtractOptions options = inference.extract_options();
  return {{"threshold", options.threshold},
          {"batch_size", options.batch_size},
          {"max_len", or_null(options.max_len)},
          {"max_tokens", or_null(options.max_tokens)},
          {"overlap_policy", static_cast<int>(options.overlap_policy)},
          {"corrected", options.corrected},
          {"truncation_is_error", options.truncation_is_error},
          {"offset_unit", inference.offset_unit},
          {"multi_label", options.multi_label},
          {"adjacency_threshold", or_null(options.adjacency_threshold)},
          {"relation_threshold", or_null(options.relation_threshold)},
          {"class_scores", options.class_scores},
          {"raw", inference.raw},
          {"include_confidence", options.include_confidence},
          {"include_spans", options.include_spans},
          {"windows", describe_windows(inference.long_options())},
          {"generation", describe_generation(options.generation)}};
}

}  // namespace

Json describe_job(const GlobalOptions& global, const ExtractionOptions& options, const SchemaSource& schemas,
                  const std::string& model_digest) {
  return {{"version", GLINER_VERSION},
          {"model", model_digest},
          {"device", global.model.device},
          {"dtype", global.model.dtype},
          {"tf32", global.model.tf32},
          {"word_splitter", global.model.word_splitter},
          {"schema", schemas.shared ? Json::parse(schemas.shared->to_json()) : Json()},
          {"input", describe_input(options.input)},
          {"output", describe_output(options.output)},
          {"inference", describe_inference(options.inference)}};
}

std::string job_differences(const Json& before, const Json& now) {
  const nlohmann::json old_values = nlohmann::json(before).flatten();
  const nlohmann::json new_values = nlohmann::json(now).flatten();
  std::string differences;
  const auto add = [&differences](const std::string& path, const std::string& was, const std::string& is) {
    differences +=
        fmt::format("{}{} was {}, is {}", differences.empty() ? "" : "; ", path.substr(1), was, is);
  };
  for (const auto& [path, value] : old_values.items()) {
    const auto found = new_values.find(path);
    if (found == new_values.end()) {
      add(path, value.dump(), "absent");
    } else if (*found != value) {
      add(path, value.dump(), found->dump());
    }
  }
  for (const auto& [path, value] : new_values.items()) {
    if (!old_values.contains(path)) add(path, "absent", value.dump());
  }
  return differences;
}

}  // namespace gliner::cli
