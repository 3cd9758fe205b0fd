#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "heads/span_layer.h"
#include "prompt/span_batch.h"

namespace gliner {

/// A copy of the labels' vectors on `device`, [labels, H]; to a card it goes asynchronously on the current
/// stream.
at::Tensor label_vectors(const LabelMatrix& labels, c10::Device device);

/// What a bi-encoder's layers made of sets of labels, kept from call to call: a set of hundreds costs more to
/// project than a sentence to read. Thread-safe.
class SharedLabels {
 public:
  using Prepare = std::function<SpanQueries(const LabelMatrix&)>;

  /// What `prepare` makes of `labels`; made anew where no set with the same vectors was asked for lately. Two
  /// threads may both make it.
  std::shared_ptr<const SpanQueries> get(std::shared_ptr<const LabelMatrix> labels, const Prepare& prepare);

  std::size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<const LabelMatrix> labels;
    std::shared_ptr<const SpanQueries> queries;
  };
  std::shared_ptr<const SpanQueries> find(const LabelMatrix& labels);
  void drop_oldest();

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // The last used one first
};

}  // namespace gliner
