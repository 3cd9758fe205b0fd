#include "engine/engine.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/stage_timer.h"
#include "chunking/merge_corrected.h"
#include "chunking/merge_reference.h"
#include "chunking/merged_lists.h"
#include "chunking/windows.h"
#include "decoding/decoder.h"
#include "engine/batch_planner.h"
#include "engine/pack.h"
#include "gliner/error.h"
#include "result/result_detail.h"
#include "text/utf8.h"

namespace gliner {

/// The windows of one document and where its results begin in the list of all windows.
struct DocumentWindows {
  std::vector<Window> windows;
  std::size_t first = 0;
  std::string error;  // not empty: the document cannot be read at all
};

namespace {

std::string utf8_error(const std::string& text) {
  const std::size_t at = find_invalid_utf8(text);
  if (at == std::string::npos) return {};
  return fmt::format("the text is not valid UTF-8: broken at byte {} of {}; convert it to UTF-8 first", at,
                     text.size());
}

void check_options(const ExtractOptions& options) {
  if (options.batch_size <= 0) {
    throw InputError(fmt::format("batch_size must be greater than 0, got {}", options.batch_size));
  }
}

Result failed(std::string reason) {
  Result result;
  result.error = std::move(reason);
  return result;
}

/// The options under which the reference runs windows: everything shown, offsets in code points.
ExtractOptions window_options(const ExtractOptions& options, const LongOptions& windows) {
  ExtractOptions inner = options;
  inner.max_len = windows.chunk_size;
  inner.truncation_is_error = false;
  inner.include_confidence = true;
  inner.include_spans = true;
  return inner;
}

/// Every text's prompt, compiled once per distinct schema; a schema that cannot be compiled is an error of
/// its texts only.
class Prompts {
 public:
  Prompts(const Engine::Specs& specs, const Tokenizer& tokenizer, TokenPooling pooling) : specs_(specs) {
    const StageTimer timer(Stage::kPrompt);
    for (const std::shared_ptr<const SchemaSpec>& spec : specs) {
      const auto [entry, inserted] = compiled_.try_emplace(spec.get());
      if (!inserted) continue;
      try {
        entry->second.prompt = compile_prompt(spec, tokenizer, pooling);
      } catch (const InputError& e) {
        entry->second.error = e.what();
      }
    }
  }
  const CompiledPrompt& of(std::size_t text) const { return entry(text).prompt; }
  /// Empty for a sound schema.
  const std::string& error_of(std::size_t text) const { return entry(text).error; }

 private:
  struct Entry {
    CompiledPrompt prompt;
    std::string error;
  };
  const Entry& entry(std::size_t text) const {
    return compiled_.at((specs_.size() == 1 ? specs_.front() : specs_[text]).get());
  }

  const Engine::Specs& specs_;
  std::map<const SchemaSpec*, Entry> compiled_;
};

/// A text on its way through the model.
struct Job {
  PreparedText prepared;
  std::vector<TaskSlot> slots;
  std::string error;
};

Job make_job(const CompiledPrompt& prompt, const std::string& schema_error, const std::string& text,
             const Tokenizer& tokenizer, WordSplitter splitter, TokenPooling pooling,
             const ExtractOptions& options, std::int64_t max_tokens) {
  const StageTimer timer(Stage::kTokenize);
  Job job;
  job.error = schema_error.empty() ? utf8_error(text) : schema_error;
  if (!job.error.empty()) return job;
  try {
    job.prepared = prepare_text(prompt, text, tokenizer, splitter, pooling, options.max_len);
    job.slots = plan_tasks(prompt, job.prepared, options);
  } catch (const InputError& e) {
    job.error = e.what();
    return job;
  }
  const auto tokens = static_cast<std::int64_t>(job.prepared.ids.size());
  if (options.truncation_is_error && job.prepared.truncated_words > 0) {
    job.error = fmt::format("max_len {} would cut {} of {} words; raise it or use the long form",
                            *options.max_len, job.prepared.truncated_words, job.prepared.total_words);
  } else if (max_tokens > 0 && tokens > max_tokens) {
    job.error = fmt::format(
        "the text and its schema are {} tokens, this model takes at most {}; set max_len or use the long "
        "form",
        tokens, max_tokens);
  }
  return job;
}

}  // namespace

Engine::Engine(std::unique_ptr<const Model> model, std::unique_ptr<const Tokenizer> tokenizer,
               TokenPooling pooling, WordSplitter splitter)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)), pooling_(pooling), splitter_(splitter) {}

std::vector<Engine::Decoded> Engine::run(const std::vector<std::string>& texts, const Specs& specs,
                                         const ExtractOptions& options) const {
  const Prompts prompts(specs, *tokenizer_, pooling_);
  std::vector<Job> jobs;
  jobs.reserve(texts.size());
  std::vector<std::size_t> sound;  // texts that reach the model
  std::vector<std::int64_t> tokens;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    jobs.push_back(make_job(prompts.of(i), prompts.error_of(i), texts[i], *tokenizer_, splitter_, pooling_,
                            options, model_->max_sequence_tokens()));
    if (!jobs.back().error.empty()) continue;
    sound.push_back(i);
    tokens.push_back(static_cast<std::int64_t>(jobs.back().prepared.ids.size()));
  }

  std::vector<Decoded> decoded(texts.size());
  BatchLimits limits;
  limits.max_sequences = options.batch_size;
  for (const std::vector<std::size_t>& members : plan_batches(tokens, limits)) {
    PackedBatch batch;
    batch.pooling = pooling_;
    for (const std::size_t member : members) {
      const StageTimer timer(Stage::kPack);
      append_sequence(batch, jobs[sound[member]].prepared, jobs[sound[member]].slots);
    }
    const std::vector<SequenceOutput> outputs = model_->run(batch);
    GLINER_CHECK(outputs.size() == members.size());
    for (std::size_t m = 0; m < members.size(); ++m) {
      const StageTimer timer(Stage::kDecode);
      const std::size_t i = sound[members[m]];
      Job& job = jobs[i];
      try {
        decoded[i].result = decode(prompts.of(i), job.prepared, job.slots, outputs[m], options);
      } catch (const InputError& e) {  // a validator that gave up on this text
        job.error = e.what();
      }
      decoded[i].text = std::move(job.prepared.text);
    }
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!jobs[i].error.empty()) decoded[i].result = failed(jobs[i].error);
  }
  return decoded;
}

std::vector<Result> Engine::extract(const std::vector<std::string>& texts, const Specs& specs,
                                    const ExtractOptions& options) const {
  check_options(options);
  std::vector<Result> results;
  results.reserve(texts.size());
  for (Decoded& item : run(texts, specs, options)) {
    finish_offsets(item.result, item.text, options.offset_unit);
    results.push_back(std::move(item.result));
  }
  return results;
}

std::vector<Result> Engine::extract_long(const std::vector<std::string>& texts, const Specs& specs,
                                         const ExtractOptions& options, const LongOptions& windows) const {
  check_options(options);
  if (!options.format_results) throw InputError("the long form has no raw shape: leave format_results on");
  std::vector<DocumentWindows> documents(texts.size());
  std::vector<std::string> window_texts;
  Specs window_specs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    DocumentWindows& document = documents[i];
    document.first = window_texts.size();
    document.error = utf8_error(texts[i]);
    if (!document.error.empty()) continue;
    document.windows = split_windows(texts[i], windows, splitter_);
    // Corrected, a document of one window is what the short form makes of it, blanks at its ends included.
    if (options.corrected && document.windows.size() == 1) {
      document.windows = {{0, static_cast<std::int64_t>(texts[i].size())}};
    }
    for (const Window& window : document.windows) {
      window_texts.push_back(texts[i].substr(static_cast<std::size_t>(window.begin_byte),
                                             static_cast<std::size_t>(window.end_byte - window.begin_byte)));
      window_specs.push_back(specs.size() == 1 ? specs.front() : specs[i]);
    }
  }
  std::vector<Decoded> decoded = run(window_texts, window_specs, window_options(options, windows));

  std::vector<Result> results;
  results.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const DocumentWindows& document = documents[i];
    if (!document.error.empty()) {
      results.push_back(failed(document.error));
      continue;
    }
    const auto begin = decoded.begin() + static_cast<std::ptrdiff_t>(document.first);
    std::vector<Decoded> own(
        std::make_move_iterator(begin),
        std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(document.windows.size())));
    results.push_back(
        merge(texts[i], document, std::move(own), specs.size() == 1 ? *specs.front() : *specs[i], options));
  }
  return results;
}

Result Engine::merge(const std::string& document, const DocumentWindows& windows,
                     std::vector<Decoded> decoded, const SchemaSpec& spec,
                     const ExtractOptions& options) const {
  std::int64_t words = 0;
  for (const Decoded& item : decoded) {
    if (item.result.error) return failed("in one of its windows: " + *item.result.error);
    words += item.result.words;
  }
  Result merged;
  if (options.corrected) {
    std::vector<Result> results;
    for (Decoded& item : decoded) results.push_back(std::move(item.result));
    const bool single = results.size() == 1;
    merged = single ? std::move(results.front())
                    : merge_windows_corrected(document, windows.windows, std::move(results), spec, options);
    finish_offsets(merged, single ? normalize_text(document) : document, options.offset_unit);
    auto detail = std::make_shared<ResultDetail>(*merged.detail);
    detail->options = options;
    merged.detail = std::move(detail);
  } else {
    const OffsetMap map(document);
    std::vector<WindowResult> parts;
    for (std::size_t w = 0; w < decoded.size(); ++w) {
      finish_offsets(decoded[w].result, decoded[w].text, OffsetUnit::kCodePoint);
      parts.push_back({parse_json_input(to_json(decoded[w].result), "window"),
                       map.from_byte(windows.windows[w].begin_byte, OffsetUnit::kCodePoint)});
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

}  // namespace gliner
