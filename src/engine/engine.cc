#include "engine/engine.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

#include "base/stage_timer.h"
#include "decoding/decoder.h"
#include "engine/batch_planner.h"
#include "gliner/error.h"
#include "text/utf8.h"

namespace gliner {
namespace {

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

/// Every text's prompt, compiled once per distinct schema; a schema that cannot be compiled is an error of
/// its texts only.
class Prompts {
 public:
  Prompts(const Engine::Specs& specs, const Family& family, const LabelVectors* vectors) : specs_(specs) {
    const StageTimer timer(Stage::kPrompt);
    for (const std::shared_ptr<const SchemaSpec>& spec : specs) {
      const auto [entry, inserted] = compiled_.try_emplace(spec.get());
      if (!inserted) continue;
      try {
        entry->second.prompt = family.compile(spec, vectors);
      } catch (const InputError& e) {
        entry->second.error = e.what();
      }
    }
  }

  /// Throws InputError for a text whose schema cannot be compiled.
  const FamilyPrompt& of(std::size_t text) const {
    const Entry& entry = compiled_.at((specs_.size() == 1 ? specs_.front() : specs_[text]).get());
    if (!entry.error.empty()) throw InputError(entry.error);
    return *entry.prompt;
  }

 private:
  struct Entry {
    std::unique_ptr<const FamilyPrompt> prompt;
    std::string error;
  };

  const Engine::Specs& specs_;
  std::map<const SchemaSpec*, Entry> compiled_;
};

/// A job that has nothing to run and tells why.
std::unique_ptr<Job> failed_job(const std::string& text, std::string reason) {
  auto job = std::make_unique<Job>();
  job->text = text;
  job->result = failed(std::move(reason));
  return job;
}

std::unique_ptr<Job> make_job(const Family& family, const Prompts& prompts, std::size_t index,
                              const std::string& text, const std::vector<SpanPlace>* allowed,
                              const ExtractOptions& options) {
  const StageTimer timer(Stage::kTokenize);
  std::string error = utf8_error(text);
  if (!error.empty()) return failed_job(text, std::move(error));
  std::unique_ptr<Job> job;
  try {
    job = family.prepare(prompts.of(index), text, allowed, options);
  } catch (const InputError& e) {
    return failed_job(text, e.what());
  }
  const std::int64_t limit = family.max_sequence_tokens();
  if (limit > 0 && job->tokens > limit) {
    return failed_job(text, fmt::format("the text and its schema are {} tokens, this model takes at most {}; "
                                        "set max_len or use the long form",
                                        job->tokens, limit));
  }
  return job;
}

/// The batches of jobs that have something to run, as indices into `jobs`.
std::vector<std::vector<std::size_t>> batches_of(const std::vector<std::unique_ptr<Job>>& jobs,
                                                 const Family& family, const ExtractOptions& options) {
  std::vector<std::size_t> running;
  std::vector<std::int64_t> tokens;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i]->tokens == 0) continue;
    running.push_back(i);
    tokens.push_back(jobs[i]->tokens);
  }
  BatchLimits limits;
  limits.max_sequences = options.batch_size;
  std::vector<std::vector<std::size_t>> batches =
      family.batches_matter() ? consecutive_batches(running.size(), limits) : plan_batches(tokens, limits);
  for (std::vector<std::size_t>& members : batches) {
    for (std::size_t& member : members) member = running[member];
  }
  return batches;
}

}  // namespace

Engine::Engine(std::unique_ptr<const Family> family) : family_(std::move(family)) {}

std::vector<std::unique_ptr<Job>> Engine::run(const std::vector<std::string>& texts, const Specs& specs,
                                              const ExtractOptions& options, const Extras& extras) const {
  const Prompts prompts(specs, *family_, extras.label_vectors);
  std::vector<std::unique_ptr<Job>> jobs;
  jobs.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<SpanPlace>* allowed = extras.allowed == nullptr ? nullptr : &(*extras.allowed)[i];
    jobs.push_back(make_job(*family_, prompts, i, texts[i], allowed, options));
  }
  for (const std::vector<std::size_t>& members : batches_of(jobs, *family_, options)) {
    std::vector<Job*> batch;
    for (const std::size_t member : members) batch.push_back(jobs[member].get());
    family_->run(batch, options);
  }
  return jobs;
}

std::vector<Result> Engine::extract(const std::vector<std::string>& texts, const Specs& specs,
                                    const ExtractOptions& options, const Extras& extras) const {
  check_options(options);
  std::vector<Result> results;
  results.reserve(texts.size());
  for (const std::unique_ptr<Job>& job : run(texts, specs, options, extras)) {
    finish_offsets(job->result, job->text, options.offset_unit);
    results.push_back(std::move(job->result));
  }
  return results;
}

std::vector<Result> Engine::extract_long(const std::vector<std::string>& texts, const Specs& specs,
                                         const ExtractOptions& options, const LongOptions& windows) const {
  check_options(options);
  if (!options.format_results) throw InputError("the long form has no raw shape: leave format_results on");
  struct Document {
    std::vector<Window> windows;
    std::size_t first = 0;  // of its windows in the list of all
    std::string error;      // not empty: the document cannot be read at all
  };
  std::vector<Document> documents(texts.size());
  std::vector<std::string> window_texts;
  Specs window_specs;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Document& document = documents[i];
    document.first = window_texts.size();
    document.error = utf8_error(texts[i]);
    if (!document.error.empty()) continue;
    document.windows = family_->windows(texts[i], windows, options.corrected);
    for (const Window& window : document.windows) {
      window_texts.push_back(texts[i].substr(static_cast<std::size_t>(window.begin_byte),
                                             static_cast<std::size_t>(window.end_byte - window.begin_byte)));
      window_specs.push_back(specs.size() == 1 ? specs.front() : specs[i]);
    }
  }
  std::vector<std::unique_ptr<Job>> jobs =
      run(window_texts, window_specs, family_->window_options(options, windows), {});

  std::vector<Result> results;
  results.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Document& document = documents[i];
    std::string error = document.error;
    std::vector<std::unique_ptr<Job>> own;
    for (std::size_t w = 0; w < document.windows.size(); ++w) {
      own.push_back(std::move(jobs[document.first + w]));
      if (own.back()->result.error && error.empty()) {
        error = "in one of its windows: " + *own.back()->result.error;
      }
    }
    const SchemaSpec& spec = specs.size() == 1 ? *specs.front() : *specs[i];
    results.push_back(error.empty()
                          ? family_->merge(texts[i], document.windows, std::move(own), spec, options)
                          : failed(std::move(error)));
  }
  return results;
}

}  // namespace gliner
