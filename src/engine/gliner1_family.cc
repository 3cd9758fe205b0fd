#include "engine/gliner1_family.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "chunking/merge_spans.h"
#include "decoding/decoder.h"
#include "gliner/error.h"
#include "text/utf8.h"
#include "text/word_splitter.h"

namespace gliner {
namespace {

/// Labels of a bi-encoder whose vectors are remembered.
constexpr std::size_t kCachedLabels = 100'000;

struct Gliner1FamilyPrompt : FamilyPrompt {
  Gliner1Prompt compiled;
  std::shared_ptr<const LabelMatrix> labels;  // Bi-encoder
};

struct Gliner1Job : Job {
  const Gliner1Prompt* prompt = nullptr;
  Gliner1Text prepared;
  std::optional<std::vector<WordPair>> allowed;
  SpanOutput output;
};

void refuse_bad_options(const ExtractOptions& options) {
  const LabelGeneration& generation = options.generation;
  if (generation.sequences < 1) {
    throw InputError(fmt::format("generation.sequences must be at least 1, got {}", generation.sequences));
  }
  if (generation.max_new_tokens < 1) {
    throw InputError(
        fmt::format("generation.max_new_tokens must be at least 1, got {}", generation.max_new_tokens));
  }
  if (!(generation.temperature > 0)) {
    throw InputError(fmt::format("generation.temperature must be above 0, got {}", generation.temperature));
  }
}

/// The caller's places in bytes of the text; places outside of it are left as they are and match no word.
std::vector<SpanPlace> in_bytes(const std::vector<SpanPlace>& places, const std::string& text,
                                OffsetUnit unit) {
  if (unit == OffsetUnit::kByte) return places;
  if (unit == OffsetUnit::kUtf16) {
    throw InputError("given spans are counted in code points or bytes, not in UTF-16 units");
  }
  const OffsetMap map(text);
  std::vector<SpanPlace> bytes;
  for (const SpanPlace& place : places) {
    const bool inside = place.begin >= 0 && place.begin <= place.end && place.end <= map.length_chars();
    if (inside) bytes.push_back({map.byte_of_char(place.begin), map.byte_of_char(place.end)});
  }
  return bytes;
}

std::vector<std::int32_t> spans_to_name(const Gliner1Job& job, const SpanOutput& found,
                                        const ExtractOptions& options) {
  try {
    return kept_spans(*job.prompt, job.text, job.prepared, found, job.allowed, options);
  } catch (const InputError&) {  // A validator that gave up on this text: it will again, for this text alone.
    return {};
  }
}

void check_nothing_cut(const Gliner1Text& text) {
  if (text.truncated_words > 0) {
    throw InputError(fmt::format("max_len would cut {} of {} words; raise it or use the long form",
                                 text.truncated_words, text.total_words));
  }
  if (text.truncated_tokens > 0) {
    throw InputError(fmt::format(
        "the text and its labels are {} tokens, {} more than the tokenizer's "
        "model_max_length; shorten one of them or use the long form",
        text.truncated_tokens + static_cast<std::int64_t>(text.ids.size()), text.truncated_tokens));
  }
}

}  // namespace

Gliner1Family::Gliner1Family(Gliner1Config config, Gliner1Tokenizers tokenizers,
                             std::vector<std::unique_ptr<const SpanModel>> replicas,
                             const Placement& placement)
    : config_(std::move(config)),
      tokenizers_(std::move(tokenizers)),
      replicas_(std::move(replicas)),
      placement_(placement),
      report_(model().report()),
      label_cache_(kCachedLabels) {
  GLINER_CHECK(placement.replicas == replicas_.size());
  report_.devices = placement.devices;
  const Tokenizer& tokenizer = *tokenizers_.text.tokenizer;
  report_.tokenizer = tokenizer.model_kind();
  report_.max_tokens = tokenizers_.text.max_tokens;
  std::vector<std::string> markers = {config_.ent_token, config_.sep_token};
  if (config_.relations) markers.push_back(config_.relations->token);
  if (config_.streaming) markers = {config_.streaming->label_token, config_.sep_token};
  if (config_.has_labels_encoder) markers.clear();
  for (const std::string& marker : markers) {
    report_.special_tokens.emplace_back(marker, tokenizer.token_to_id(marker));
  }
}

/// Heads that average over padding, read it, or select by the columns that pad a shorter label set.
bool Gliner1Family::batches_matter() const {
  if (config_.streaming) return false;
  return config_.span_mode == SpanMode::kMarkerV1 || config_.span_mode == SpanMode::kMarkerV2 ||
         config_.span_context || config_.fuse_layers || config_.relations || config_.decoder ||
         config_.represent_spans;
}

std::unique_ptr<const FamilyPrompt> Gliner1Family::compile(std::shared_ptr<const SchemaSpec> spec,
                                                           const LabelVectors* vectors) const {
  auto prompt = std::make_unique<Gliner1FamilyPrompt>();
  prompt->compiled = compile_gliner1_prompt(std::move(spec), config_);
  if (vectors == nullptr) {
    if (config_.has_labels_encoder && !prompt->compiled.texts.empty()) {
      prompt->labels = label_matrix(prompt->compiled.texts);
    }
    return prompt;
  }
  if (!config_.has_labels_encoder) {
    throw InputError("label vectors need a bi-encoder; this model is a " + report_.architecture);
  }
  const std::int64_t size = config_.hidden_size;
  if (vectors->size != size || vectors->values.size() % static_cast<std::size_t>(size) != 0) {
    throw InputError(fmt::format("label vectors: expected rows of {} numbers, found {} numbers in rows of {}",
                                 size, vectors->values.size(), vectors->size));
  }
  prompt->labels = std::make_shared<const LabelMatrix>(LabelMatrix{size, vectors->values});
  return prompt;
}

std::unique_ptr<Job> Gliner1Family::prepare(const FamilyPrompt& prompt, const std::string& text,
                                            const std::vector<SpanPlace>* allowed,
                                            const ExtractOptions& options) const {
  refuse_bad_options(options);
  const auto& own = static_cast<const Gliner1FamilyPrompt&>(prompt);
  auto job = std::make_unique<Gliner1Job>();
  job->text = text;
  job->prompt = &own.compiled;
  if (!is_blank_text(text)) {
    job->prepared =
        prepare_gliner1_text(own.compiled, text, config_, tokenizers_, options.max_len, options.max_tokens);
    if (options.truncation_is_error) check_nothing_cut(job->prepared);
    job->cut = job->prepared.truncated_words > 0 || job->prepared.truncated_tokens > 0;
    if (allowed != nullptr) {
      job->allowed = words_of_spans(in_bytes(*allowed, text, options.offset_unit), job->prepared.words);
    }
    job->prepared.sequence.label_matrix = own.labels;
    fill_thresholds(job->prepared.sequence, own.compiled, options);
    // Without a label there is nothing to find; but padding may have to be made for the others of a batch.
    const bool runs = !own.compiled.labels.empty() || batches_matter();
    job->tokens = runs ? job->prepared.sequence.encoded_tokens : 0;
  }
  if (job->tokens == 0) {
    job->result = decode_spans(own.compiled, text, job->prepared, {}, {}, {}, options);
  }
  return job;
}

void Gliner1Family::run(const std::vector<Job*>& jobs, const ExtractOptions& options,
                        std::size_t replica) const {
  SpanBatch batch;
  batch.pad_id = std::max(tokenizers_.text.pad_id, 0);
  batch.threshold = options.threshold;
  batch.adjacency_threshold = options.adjacency_threshold.value_or(options.threshold);
  batch.class_scores = options.class_scores;
  batch.vectors = options.vectors;
  batch.label_vectors = options.label_vectors;
  if (config_.decoder) {
    batch.generation = generation_request(options.generation);
    batch.generation.wanted = [&](std::size_t sequence, const SpanOutput& found) {
      return spans_to_name(static_cast<const Gliner1Job&>(*jobs.at(sequence)), found, options);
    };
  }
  for (const Job* job : jobs) append_sequence(batch, static_cast<const Gliner1Job&>(*job).prepared);
  std::vector<SpanOutput> outputs;
  try {
    outputs = replicas_.at(replica)->run(batch);
  } catch (const InputError& e) {  // labels that have no room to be generated
    for (Job* job : jobs) job->result.error = e.what();
    return;
  }
  GLINER_CHECK(outputs.size() == jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    static_cast<Gliner1Job&>(*jobs[i]).output = std::move(outputs[i]);
    jobs[i]->ran = true;
  }
}

void Gliner1Family::finish(Job& job, const ExtractOptions& options) const {
  auto& own = static_cast<Gliner1Job&>(job);
  try {
    own.result = decode_spans(*own.prompt, own.text, own.prepared, own.output, generated_labels(own.output),
                              own.allowed, options);
  } catch (const InputError& e) {  // a validator that gave up on this text
    own.result = Result();
    own.result.error = e.what();
  }
}

/// gliner/model.py, set_labels_trie: each label's tokens without a leading bos, then eos.
GenerationRequest Gliner1Family::generation_request(const LabelGeneration& options) const {
  const Gliner1Tokenizers::One& own = tokenizers_.decoder;
  GenerationRequest request;
  request.sequences = options.sequences;
  request.max_new_tokens = options.max_new_tokens;
  request.sample = options.sample;
  request.temperature = options.temperature;
  request.seed = options.seed;
  request.end_id = own.end_id;
  request.pad_id = own.pad_id;
  for (const std::string& label : options.constraints) {
    std::vector<std::int32_t> ids = own.tokenizer->encode_words({label}, /*add_special_tokens=*/true).ids;
    if (!ids.empty() && ids.front() == own.begin_id) ids.erase(ids.begin());
    ids.push_back(own.end_id);
    request.constraints.push_back(std::move(ids));
  }
  return request;
}

GeneratedLabels Gliner1Family::generated_labels(const SpanOutput& output) const {
  GeneratedLabels labels;
  if (!config_.decoder) return labels;
  labels.replace_labels = config_.decoder->mode == LabelDecoderConfig::Mode::kPrompt;
  for (const SpanOutput::Generated& generated : output.generated) {
    GeneratedLabels::One one{generated.key, {}};
    for (const std::vector<std::int32_t>& ids : generated.sequences) {
      one.labels.push_back(tokenizers_.decoder.decode(ids));
    }
    labels.all.push_back(std::move(one));
  }
  return labels;
}

std::vector<Window> Gliner1Family::windows(const std::string& text, const LongOptions& options, bool) const {
  return windows_of_words(text, split_words_v1(text), options);
}

ExtractOptions Gliner1Family::window_options(const ExtractOptions& options,
                                             const LongOptions& windows) const {
  ExtractOptions inner = options;
  inner.max_len = windows.chunk_size;
  return inner;
}

Result Gliner1Family::merge(const std::string& document, const std::vector<Window>& windows,
                            std::vector<std::unique_ptr<Job>> jobs, const SchemaSpec& spec,
                            const ExtractOptions& options) const {
  std::vector<Result> results;
  results.reserve(jobs.size());
  for (const std::unique_ptr<Job>& job : jobs) results.push_back(std::move(job->result));
  Result merged = merge_spans(windows, std::move(results), options);
  file_by_label(merged, spec, options);
  finish_offsets(merged, document, options.offset_unit);
  return merged;
}

std::shared_ptr<const LabelMatrix> Gliner1Family::label_matrix(const std::vector<std::string>& labels) const {
  return std::make_shared<const LabelMatrix>(
      label_cache_.get(labels, [this](const std::vector<std::string>& missing) {
        const Gliner1Tokenizers::One& own = tokenizers_.labels;
        std::int64_t limit = own.max_tokens;
        const std::int64_t positions = model().max_label_tokens();
        if (positions > 0) limit = limit > 0 ? std::min(limit, positions) : positions;
        std::vector<std::vector<std::int32_t>> ids;
        ids.reserve(missing.size());
        for (const std::string& label : missing) {
          ids.push_back(own.tokenizer->encode_words({label}, /*add_special_tokens=*/true, limit).ids);
        }
        return model().encode_labels(ids);
      }));
}

LabelVectors Gliner1Family::encode_labels(const std::vector<std::string>& labels) const {
  if (!config_.has_labels_encoder) {
    throw InputError("label vectors need a bi-encoder; this model is a " + report_.architecture);
  }
  if (labels.empty()) throw InputError("expected at least one label to encode");
  for (const std::string& label : labels) {
    if (!is_valid_utf8(label)) throw InputError("a label is not valid UTF-8");
  }
  const std::shared_ptr<const LabelMatrix> matrix = label_matrix(labels);
  return {labels, matrix->size, matrix->values};
}

}  // namespace gliner
