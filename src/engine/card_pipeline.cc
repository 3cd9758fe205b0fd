#include "engine/card_pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/batch_planner.h"

namespace gliner {
namespace {

/// Batches that are on a card at once: while the results of one come back, the other computes.
constexpr std::size_t kRunsPerCard = 2;

/// Texts that are planned together. The first windows are smaller, so that the cards begin soon.
constexpr std::size_t kFirstWindow = 128;
constexpr std::size_t kLargestWindow = 2048;

/// Windows that may be prepared and not run to their end.
constexpr std::size_t kWindowsAhead = 3;

/// Texts that a thread takes at a time.
constexpr std::size_t kGrain = 8;

/// Below so many texts threads cost more than they bring.
constexpr std::size_t kTextsWithoutThreads = 16;

struct PlannedTexts {
  std::size_t begin = 0, end = 0;
  std::size_t unprepared = 0;
  std::size_t unfinished = 0;
};

/// A card takes as many tokens at once as its memory holds.
BatchLimits limits_of(const Family& family, const Cards& cards, const ExtractOptions& options) {
  BatchLimits limits;
  limits.max_sequences =
      family.batches_matter() ? options.batch_size : std::numeric_limits<std::int64_t>::max();
  limits.max_tokens = cards.batch_tokens();
  return limits;
}

class Pipeline {
 public:
  Pipeline(const Family& family, Cards& cards, std::size_t count, const PrepareJob& prepare,
           const ExtractOptions& options)
      : family_(family),
        cards_(cards),
        prepare_(prepare),
        options_(options),
        jobs_(count),
        unfinished_(count) {
    std::size_t size = family.batches_matter() ? std::max<std::size_t>(count, 1) : kFirstWindow;
    for (std::size_t begin = 0; begin < count; begin += size, size = std::min(2 * size, kLargestWindow)) {
      const std::size_t end = std::min(begin + size, count);
      windows_.push_back({begin, end, end - begin, end - begin});
    }
  }

  std::vector<std::unique_ptr<Job>> run() {
    std::vector<std::thread> threads;
    try {
      const int host_threads = std::max(1, family_.placement().host_threads);
      for (int i = 0; i < host_threads; ++i)
        threads.emplace_back([this] { guarded([this] { serve_host(); }); });
      for (std::size_t i = 0; i < cards_.size() * kRunsPerCard; ++i)
        threads.emplace_back([this, i] { guarded([this, i] { serve_card(i % cards_.size()); }); });
    } catch (...) {
      stop(std::current_exception());  // No thread left to be had.
    }
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
    return std::move(jobs_);
  }

 private:
  void guarded(const std::function<void()>& serve) {
    try {
      serve();
    } catch (...) {
      stop(std::current_exception());
    }
  }

  void stop(std::exception_ptr failure) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    changed_.notify_all();
  }

  bool is_over() const { return failure_ || unfinished_ == 0; }

  bool may_prepare() const {
    return preparing_ < windows_.size() && preparing_ < first_unfinished_ + kWindowsAhead;
  }

  /// Finishes what the cards are done with; where there is nothing, prepares more for them.
  void serve_host() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return is_over() || !ran_.empty() || may_prepare(); });
      if (is_over()) return;
      if (ran_.empty())
        prepare_some(lock);
      else
        finish_one(lock);
    }
  }

  void finish_one(std::unique_lock<std::mutex>& lock) {
    const std::size_t index = ran_.front();
    ran_.pop_front();
    lock.unlock();
    if (jobs_[index]->ran) family_.finish(*jobs_[index], options_);
    lock.lock();
    count_finished(window_of(index), 1);
  }

  void prepare_some(std::unique_lock<std::mutex>& lock) {
    const std::size_t number = preparing_;
    PlannedTexts& window = windows_[number];
    const std::size_t begin = next_text_;
    const std::size_t end = std::min(begin + kGrain, window.end);
    next_text_ = end;
    if (end == window.end) ++preparing_;
    lock.unlock();
    std::size_t without_run = 0;
    for (std::size_t i = begin; i < end; ++i) {
      jobs_[i] = prepare_(i);
      without_run += jobs_[i]->tokens == 0;
    }
    lock.lock();
    window.unprepared -= end - begin;
    if (window.unprepared == 0) {
      lock.unlock();  // All of the window's jobs are there, and nobody else touches them yet.
      std::vector<Batch> batches =
          batches_of(jobs_, window.begin, window.end, family_, limits_of(family_, cards_, options_));
      lock.lock();
      for (Batch& batch : batches) batches_.push_back(std::move(batch));
      changed_.notify_all();
    }
    count_finished(number, without_run);
  }

  void serve_card(std::size_t card) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return is_over() || !batches_.empty(); });
      if (is_over()) return;
      const Batch batch = std::move(batches_.front());
      batches_.pop_front();
      lock.unlock();
      std::vector<Job*> members;
      for (const std::size_t index : batch) members.push_back(jobs_[index].get());
      cards_.run(members, options_, card);
      lock.lock();
      ran_.insert(ran_.end(), batch.begin(), batch.end());
      changed_.notify_all();
    }
  }

  std::size_t window_of(std::size_t index) const {
    const auto behind =
        std::upper_bound(windows_.begin(), windows_.end(), index,
                         [](std::size_t text, const PlannedTexts& window) { return text < window.end; });
    return static_cast<std::size_t>(behind - windows_.begin());
  }

  void count_finished(std::size_t number, std::size_t count) {
    windows_[number].unfinished -= count;
    unfinished_ -= count;
    const std::size_t before = first_unfinished_;
    while (first_unfinished_ < windows_.size() && windows_[first_unfinished_].unfinished == 0)
      ++first_unfinished_;
    if (unfinished_ == 0 || first_unfinished_ != before) changed_.notify_all();
  }

  const Family& family_;
  Cards& cards_;
  const PrepareJob& prepare_;
  const ExtractOptions& options_;
  std::vector<std::unique_ptr<Job>> jobs_;  // A slot belongs to the thread that has its index in hand.

  std::mutex mutex_;  // Of all that follows.
  std::condition_variable changed_;
  std::vector<PlannedTexts> windows_;
  std::size_t preparing_ = 0;         // PlannedTexts that texts are taken from
  std::size_t next_text_ = 0;         // Next of them
  std::size_t first_unfinished_ = 0;  // Windows before it are done.
  std::deque<Batch> batches_;         // Planned
  std::deque<std::size_t> ran_;       // Jobs that the cards are done with
  std::size_t unfinished_;            // Texts
  std::exception_ptr failure_;
};

}  // namespace

std::vector<std::unique_ptr<Job>> run_on_cards(const Family& family, Cards& cards, std::size_t count,
                                               const PrepareJob& prepare, const ExtractOptions& options) {
  if (count > kTextsWithoutThreads) return Pipeline(family, cards, count, prepare, options).run();
  std::vector<std::unique_ptr<Job>> jobs;
  for (std::size_t i = 0; i < count; ++i) jobs.push_back(prepare(i));
  for (const Batch& batch : batches_of(jobs, 0, count, family, limits_of(family, cards, options))) {
    std::vector<Job*> members;
    for (const std::size_t index : batch) members.push_back(jobs[index].get());
    cards.run(members, options, cards.next());
  }
  for (const std::unique_ptr<Job>& job : jobs)
    if (job->ran) family.finish(*job, options);
  return jobs;
}

}  // namespace gliner
