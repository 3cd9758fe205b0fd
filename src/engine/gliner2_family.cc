#include "engine/gliner2_family.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/check.h"
#include "base/mapped_file.h"
#include "base/stage_timer.h"
#include "chunking/merge_corrected.h"
#include "chunking/merge_reference.h"
#include "chunking/merged_lists.h"
#include "decoding/decoder.h"
#include "engine/pack.h"
#include "engine/placement.h"
#include "gliner/error.h"
#include "prompt/markers.h"
#include "result/result_detail.h"
#include "text/utf8.h"

namespace gliner {
namespace {

struct Gliner2Prompt : FamilyPrompt {
  CompiledPrompt compiled;
};

struct Gliner2Job : Job {
  const CompiledPrompt* prompt = nullptr;
  PreparedText prepared;
  std::vector<TaskSlot> slots;
  SequenceOutput output;
};

constexpr const char* kNoLabelEncoder =
    "GLiNER2 models read labels with the text; label vectors need a GLiNER v1 bi-encoder";

/// Options that only GLiNER v1 models understand. multi_label is what GLiNER2 does anyway.
void refuse_other_options(const std::vector<SpanPlace>* allowed, const ExtractOptions& options) {
  const auto refuse = [](const char* option) {
    throw InputError(fmt::format("{} is for GLiNER v1 models; a GLiNER2 model cannot do it", option));
  };
  if (allowed != nullptr) refuse("labelling given spans");
  if (options.max_tokens) refuse("max_tokens");
  if (options.adjacency_threshold) refuse("adjacency_threshold");
  if (options.relation_threshold) refuse("relation_threshold");
  if (options.class_scores) refuse("class_scores");
  if (options.vectors) refuse("vectors");
  if (options.label_vectors) refuse("label_vectors");
}

}  // namespace

Gliner2Family::Gliner2Family(std::vector<std::unique_ptr<const Model>> replicas,
                             std::unique_ptr<const Tokenizer> tokenizer, TokenPooling pooling,
                             WordSplitter splitter, const Placement& placement)
    : replicas_(std::move(replicas)),
      tokenizer_(std::move(tokenizer)),
      pooling_(pooling),
      splitter_(splitter),
      placement_(placement),
      report_(replicas_.front()->report()) {
  GLINER_CHECK(placement.replicas == replicas_.size());
  report_.devices = placement.devices;
  report_.tokenizer = tokenizer_->model_kind();
  for (const std::string& marker : marker_tokens()) {
    report_.special_tokens.emplace_back(marker, tokenizer_->token_to_id(marker));
  }
}

CudaGraphReport Gliner2Family::cuda_graph_report() const {
  CudaGraphReport sum;
  for (const std::unique_ptr<const Model>& replica : replicas_) add_to(sum, replica->cuda_graph_report());
  return sum;
}

std::unique_ptr<const FamilyPrompt> Gliner2Family::compile(std::shared_ptr<const SchemaSpec> spec,
                                                           const LabelVectors* vectors) const {
  if (vectors != nullptr) throw InputError(kNoLabelEncoder);
  auto prompt = std::make_unique<Gliner2Prompt>();
  prompt->compiled = compile_prompt(std::move(spec), *tokenizer_, pooling_);
  return prompt;
}

std::unique_ptr<Job> Gliner2Family::prepare(const FamilyPrompt& prompt, const std::string& text,
                                            const std::vector<SpanPlace>* allowed,
                                            const ExtractOptions& options) const {
  refuse_other_options(allowed, options);
  auto job = std::make_unique<Gliner2Job>();
  job->prompt = &static_cast<const Gliner2Prompt&>(prompt).compiled;
  job->prepared = prepare_text(*job->prompt, text, *tokenizer_, splitter_, pooling_, options.max_len);
  job->slots = plan_tasks(*job->prompt, job->prepared, options);
  if (options.truncation_is_error && job->prepared.truncated_words > 0) {
    throw InputError(fmt::format("max_len {} would cut {} of {} words; raise it or use the long form",
                                 *options.max_len, job->prepared.truncated_words, job->prepared.total_words));
  }
  job->text = job->prepared.text;
  job->cut = job->prepared.truncated_words > 0;
  job->tokens = static_cast<std::int64_t>(job->prepared.ids.size());
  return job;
}

void Gliner2Family::run(const std::vector<Job*>& jobs, const ExtractOptions&, std::size_t replica) const {
  PackedBatch batch;
  batch.pooling = pooling_;
  for (const Job* job : jobs) {
    const StageTimer timer(Stage::kPack);
    const auto& own = static_cast<const Gliner2Job&>(*job);
    append_sequence(batch, own.prepared, own.slots);
  }
  std::vector<SequenceOutput> outputs = replicas_.at(replica)->run(batch);
  GLINER_CHECK(outputs.size() == jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    static_cast<Gliner2Job&>(*jobs[i]).output = std::move(outputs[i]);
    jobs[i]->ran = true;
  }
}

void Gliner2Family::finish(Job& job, const ExtractOptions& options) const {
  const StageTimer timer(Stage::kDecode);
  auto& own = static_cast<Gliner2Job&>(job);
  try {
    own.result = decode(*own.prompt, own.prepared, own.slots, own.output, options);
  } catch (const InputError& e) {  // a validator that gave up on this text
    own.result = Result();
    own.result.error = e.what();
  }
}

std::vector<Window> Gliner2Family::windows(const std::string& text, const LongOptions& options,
                                           bool corrected) const {
  std::vector<Window> windows = split_windows(text, options, splitter_);
  // Corrected, a document of one window is what the short form makes of it, blanks at its ends included.
  if (corrected && windows.size() == 1) windows = {{0, static_cast<std::int64_t>(text.size())}};
  return windows;
}

/// The reference runs windows with everything shown and offsets in code points.
ExtractOptions Gliner2Family::window_options(const ExtractOptions& options,
                                             const LongOptions& windows) const {
  ExtractOptions inner = options;
  inner.max_len = windows.chunk_size;
  inner.truncation_is_error = false;
  inner.include_confidence = true;
  inner.include_spans = true;
  return inner;
}

Result Gliner2Family::merge(const std::string& document, const std::vector<Window>& windows,
                            std::vector<std::unique_ptr<Job>> jobs, const SchemaSpec& spec,
                            const ExtractOptions& options) const {
  std::int64_t words = 0;
  for (const std::unique_ptr<Job>& job : jobs) words += job->result.words;
  Result merged;
  if (options.corrected) {
    std::vector<Result> results;
    for (const std::unique_ptr<Job>& job : jobs) results.push_back(std::move(job->result));
    const bool single = results.size() == 1;
    merged = single ? std::move(results.front())
                    : merge_windows_corrected(document, windows, std::move(results), spec, options);
    finish_offsets(merged, single ? normalize_text(document) : document, options.offset_unit);
    auto detail = std::make_shared<ResultDetail>(*merged.detail);
    detail->options = options;
    merged.detail = std::move(detail);
  } else {
    const OffsetMap map(document);
    std::vector<WindowResult> parts;
    for (std::size_t w = 0; w < jobs.size(); ++w) {
      finish_offsets(jobs[w]->result, jobs[w]->text, OffsetUnit::kCodePoint);
      parts.push_back({parse_json_input(to_json(jobs[w]->result), "window"),
                       map.from_byte(windows[w].begin_byte, OffsetUnit::kCodePoint)});
    }
    std::set<std::string> single_entities;
    for (const auto& [name, rule] : spec.entity_rules) {
      if (rule.dtype == Dtype::kStr) single_entities.insert(name);
    }
    Json json = merge_windows(document, parts, single_entities, options.overlap_policy);
    convert_places(json, map, options.offset_unit);
    read_merged_lists(merged, json, spec);
    auto detail = std::make_shared<ResultDetail>();
    detail->options = options;
    detail->merged = true;
    detail->merged_json = strip_metadata(json, options.include_confidence, options.include_spans);
    merged.detail = std::move(detail);
  }
  merged.words = words;
  merged.truncated_words = 0;  // windows lose nothing
  return merged;
}

std::unique_ptr<FamilySession> Gliner2Family::open_session(std::shared_ptr<const SchemaSpec>) const {
  throw InputError("GLiNER2 models have no sessions; use a GLiNER v1 streaming model");
}

LabelVectors Gliner2Family::encode_labels(const std::vector<std::string>&) const {
  throw InputError(kNoLabelEncoder);
}

std::unique_ptr<const Family> load_gliner2_family(const ModelFiles& files, const LoadOptions& options) {
  const MappedFile config_file(files.config);
  const Gliner2Config config = parse_gliner2_config(config_file.text(), files.config);
  auto tokenizer = std::make_unique<Tokenizer>(Tokenizer::load(files.tokenizer));
  tokenizer->add_special_tokens(marker_tokens());
  std::vector<std::unique_ptr<const Model>> replicas;
  const Placement placement = place(options, [&](const LoadOptions& one) {
    replicas.push_back(load_gliner2_span(files, tokenizer->size(), one));
  });
  return std::make_unique<Gliner2Family>(std::move(replicas), std::move(tokenizer), config.token_pooling,
                                         options.word_splitter, placement);
}

}  // namespace gliner
