#include "engine/engine.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

#include "base/stage_timer.h"
#include "decoding/decoder.h"
#include "engine/batch_planner.h"
#include "engine/card_pipeline.h"
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

/// Schemas of which the prompts are kept from one call to the next.
constexpr std::size_t kCachedPrompts = 64;

/// Every text's prompt, compiled once per distinct schema; a schema that cannot be compiled is an error of
/// its texts only.
class Prompts {
 public:
  Prompts(const Engine::Specs& specs, const Family& family, PromptCache& cache, const LabelVectors* vectors)
      : specs_(specs) {
    const StageTimer timer(Stage::kPrompt);
    for (const std::shared_ptr<const SchemaSpec>& spec : specs) {
      const auto [entry, inserted] = compiled_.try_emplace(spec.get());
      if (!inserted) continue;
      try {
        const auto compile = [&] { return family.compile(spec, vectors); };
        // The caller's vectors belong to this call.
        entry->second.prompt = vectors == nullptr ? cache.get(spec, compile) : compile();
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
    std::shared_ptr<const FamilyPrompt> prompt;
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

bool is_too_long(const Family& family, const Job& job) {
  const std::int64_t limit = family.max_sequence_tokens();
  return limit > 0 && job.tokens > limit;
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
  if (is_too_long(family, *job)) {
    return failed_job(text, fmt::format("the text and its schema are {} tokens, this model takes at most {}; "
                                        "set max_len or use the long form",
                                        job->tokens, family.max_sequence_tokens()));
  }
  return job;
}

Result finished(Job& job, const ExtractOptions& options) {
  finish_offsets(job.result, job.text, options.offset_unit);
  job.result.tokens = job.tokens;
  return std::move(job.result);
}

/// The job of a text that need not be cut into windows: its words are few and the model reads them all. Null:
/// it must be.
std::unique_ptr<Job> whole_job(const Family& family, const Prompts& prompts, std::size_t index,
                               const std::string& text, const ExtractOptions& options,
                               const LongOptions& windows) {
  if (windows.whole_words == 0) return nullptr;
  LongOptions all_words;
  all_words.chunk_size = windows.whole_words;
  all_words.chunk_overlap = 0;
  if (family.windows(text, all_words, /*corrected=*/false).size() > 1) return nullptr;
  const StageTimer timer(Stage::kTokenize);
  try {
    std::unique_ptr<Job> job = family.prepare(prompts.of(index), text, nullptr, options);
    const bool fits = !job->cut && !is_too_long(family, *job);
    return fits ? std::move(job) : nullptr;
  } catch (const InputError& e) {
    return failed_job(text, e.what());
  }
}

/// A window of a document.
struct Part {
  std::size_t document = 0;
  std::string text;
};

}  // namespace

Engine::Engine(std::unique_ptr<const Family> family) : family_(std::move(family)), prompts_(kCachedPrompts) {
  if (family_->placement().on_cards) cards_ = std::make_unique<Cards>(*family_);
}

std::vector<std::unique_ptr<Job>> Engine::run_jobs(std::size_t count, const PrepareJob& prepare,
                                                   const ExtractOptions& options) const {
  if (cards_) return run_on_cards(*family_, *cards_, count, prepare, options);
  std::vector<std::unique_ptr<Job>> jobs;
  jobs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) jobs.push_back(prepare(i));
  BatchLimits limits;
  limits.max_sequences = options.batch_size;
  for (const Batch& batch : batches_of(jobs, 0, count, *family_, limits)) {
    std::vector<Job*> members;
    for (const std::size_t index : batch) members.push_back(jobs[index].get());
    family_->run(members, options, /*replica=*/0);
    for (Job* job : members)
      if (job->ran) family_->finish(*job, options);
  }
  return jobs;
}

std::vector<Result> Engine::extract(const std::vector<std::string>& texts, const Specs& specs,
                                    const ExtractOptions& options, const Extras& extras) const {
  check_options(options);
  const Prompts prompts(specs, *family_, prompts_, extras.label_vectors);
  const auto prepare = [&](std::size_t i) {
    const std::vector<SpanPlace>* allowed = extras.allowed == nullptr ? nullptr : &(*extras.allowed)[i];
    return make_job(*family_, prompts, i, texts[i], allowed, options);
  };
  const std::vector<std::unique_ptr<Job>> jobs = run_jobs(texts.size(), prepare, options);
  std::vector<Result> results;
  results.reserve(texts.size());
  for (const std::unique_ptr<Job>& job : jobs) results.push_back(finished(*job, options));
  return results;
}

std::vector<Result> Engine::extract_long(const std::vector<std::string>& texts, const Specs& specs,
                                         const ExtractOptions& options, const LongOptions& windows) const {
  check_options(options);
  if (!options.format_results) throw InputError("the long form has no raw shape: leave format_results on");
  if (windows.whole_words < 0) {
    throw InputError(fmt::format("whole_words must not be negative, got {}", windows.whole_words));
  }
  struct Document {
    std::string error;            // not empty: the document cannot be read at all
    bool whole = false;           // one job, as a short text has it
    std::vector<Window> windows;  // else one job each
    std::size_t first = 0;        // of its jobs in the list of all of that kind
  };
  // Batches are filled from all documents that are read whole, and from the windows of all others.
  const Prompts prompts(specs, *family_, prompts_, nullptr);
  ExtractOptions whole_options = options;
  whole_options.max_len.reset();  // the window is the limit
  whole_options.truncation_is_error = false;
  const ExtractOptions part_options = family_->window_options(options, windows);
  std::vector<std::unique_ptr<Job>> whole;
  std::vector<Part> parts;
  std::vector<Document> documents(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Document& document = documents[i];
    document.error = utf8_error(texts[i]);
    if (!document.error.empty()) continue;
    if (auto job = whole_job(*family_, prompts, i, texts[i], whole_options, windows)) {
      document.whole = true;
      document.first = whole.size();
      whole.push_back(std::move(job));
      continue;
    }
    document.first = parts.size();
    document.windows = family_->windows(texts[i], windows, options.corrected);
    for (const Window& window : document.windows) {
      parts.push_back({i, texts[i].substr(static_cast<std::size_t>(window.begin_byte),
                                          static_cast<std::size_t>(window.end_byte - window.begin_byte))});
    }
  }
  whole = run_jobs(
      whole.size(), [&whole](std::size_t i) { return std::move(whole[i]); }, whole_options);
  std::vector<std::unique_ptr<Job>> cut = run_jobs(
      parts.size(),
      [&](std::size_t i) {
        return make_job(*family_, prompts, parts[i].document, parts[i].text, nullptr, part_options);
      },
      part_options);

  std::vector<Result> results;
  results.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Document& document = documents[i];
    if (document.whole) {
      results.push_back(finished(*whole[document.first], whole_options));
      continue;
    }
    std::string error = document.error;
    std::int64_t tokens = 0;
    std::vector<std::unique_ptr<Job>> own;
    for (std::size_t w = 0; w < document.windows.size(); ++w) {
      own.push_back(std::move(cut[document.first + w]));
      tokens += own.back()->tokens;
      if (own.back()->result.error && error.empty()) {
        error = "in one of its windows: " + *own.back()->result.error;
      }
    }
    const SchemaSpec& spec = specs.size() == 1 ? *specs.front() : *specs[i];
    results.push_back(error.empty()
                          ? family_->merge(texts[i], document.windows, std::move(own), spec, options)
                          : failed(std::move(error)));
    results.back().tokens = tokens;
  }
  return results;
}

}  // namespace gliner
