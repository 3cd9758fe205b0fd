#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/out_of_memory.h"
#include "engine/family.h"
#include "gliner/error.h"

namespace gliner {

/// A family on cards that are not there: a text of N bytes is N tokens, and its result holds the text's
/// length in `words`. Memory runs out above `memory_tokens` at once on a card.
class FakeFamily : public Family {
 public:
  struct FakeJob : Job {};
  struct FakePrompt : FamilyPrompt {};

  explicit FakeFamily(Placement placement) : placement_(placement), on_card_(placement.replicas) {
    placement_.on_cards = true;
  }

  std::int64_t memory_tokens = 1'000'000;
  bool batches_matter_ = false;
  std::function<void(const std::vector<Job*>&)> on_run;

  const ModelReport& report() const override { return report_; }
  Placement placement() const override { return placement_; }
  std::int64_t max_sequence_tokens() const override { return 0; }
  bool batches_matter() const override { return batches_matter_; }
  std::unique_ptr<const FamilyPrompt> compile(std::shared_ptr<const SchemaSpec>,
                                              const LabelVectors*) const override {
    return std::make_unique<FakePrompt>();
  }
  std::unique_ptr<Job> prepare(const FamilyPrompt&, const std::string& text, const std::vector<SpanPlace>*,
                               const ExtractOptions&) const override {
    auto job = std::make_unique<FakeJob>();
    job->text = text;
    job->tokens = static_cast<std::int64_t>(text.size());
    return job;
  }
  void run(const std::vector<Job*>& batch, const ExtractOptions&, std::size_t replica) const override {
    std::int64_t tokens = 0;
    for (const Job* job : batch) tokens += job->tokens;
    if (on_run) on_run(batch);
    const std::int64_t together = on_card_.at(replica) += tokens;
    const bool fits = together <= memory_tokens;
    if (fits) std::this_thread::yield();
    on_card_[replica] -= tokens;
    if (!fits) throw OutOfMemory("a fake card is full");
    const std::lock_guard<std::mutex> lock(mutex_);
    batches_.push_back({});
    for (Job* job : batch) {
      job->ran = true;
      batches_.back().push_back(job->text);
    }
    largest_ = std::max(largest_, tokens);
    cards_.insert(replica);
  }
  void finish(Job& job, const ExtractOptions&) const override {
    job.result.words = static_cast<std::int64_t>(job.text.size());
  }
  std::vector<Window> windows(const std::string& text, const LongOptions&, bool) const override {
    return {{0, static_cast<std::int64_t>(text.size())}};
  }
  ExtractOptions window_options(const ExtractOptions& options, const LongOptions&) const override {
    return options;
  }
  Result merge(const std::string&, const std::vector<Window>&, std::vector<std::unique_ptr<Job>> jobs,
               const SchemaSpec&, const ExtractOptions&) const override {
    return std::move(jobs.front()->result);
  }
  std::unique_ptr<FamilySession> open_session(std::shared_ptr<const SchemaSpec>) const override {
    throw InputError("none");
  }
  LabelVectors encode_labels(const std::vector<std::string>&) const override { throw InputError("none"); }

  std::vector<std::vector<std::string>> batches() const { return batches_; }
  std::int64_t largest_batch() const { return largest_; }
  std::set<std::size_t> cards() const { return cards_; }

 private:
  Placement placement_;
  ModelReport report_;
  mutable std::vector<std::atomic<std::int64_t>> on_card_;
  mutable std::mutex mutex_;
  mutable std::vector<std::vector<std::string>> batches_;
  mutable std::int64_t largest_ = 0;
  mutable std::set<std::size_t> cards_;
};

}  // namespace gliner
