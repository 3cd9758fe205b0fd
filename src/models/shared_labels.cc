#include "models/shared_labels.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace gliner {
namespace {

constexpr std::size_t kMostSets = 8;
// Of all sets but the last used one: 64 MiB of vectors, several times that of what is made of them.
constexpr std::size_t kMostFloats = std::size_t{16} << 20;

}  // namespace

at::Tensor label_vectors(const LabelMatrix& labels, c10::Device device) {
  const auto options = at::TensorOptions().dtype(at::kFloat).pinned_memory(device.is_cuda());
  const at::Tensor host = at::empty({labels.rows(), labels.size}, options);
  std::copy(labels.values.begin(), labels.values.end(), host.data_ptr<float>());
  return host.to(device, /*non_blocking=*/true);
}

std::shared_ptr<const SpanQueries> SharedLabels::get(std::shared_ptr<const LabelMatrix> labels,
                                                     const Prepare& prepare) {
  if (std::shared_ptr<const SpanQueries> known = find(*labels)) return known;
  auto queries = std::make_shared<const SpanQueries>(prepare(*labels));
  const std::lock_guard<std::mutex> lock(mutex_);
  entries_.push_front({std::move(labels), queries});
  drop_oldest();
  return queries;
}

std::shared_ptr<const SpanQueries> SharedLabels::find(const LabelMatrix& labels) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.labels.get() == &labels || (e.labels->size == labels.size && e.labels->values == labels.values);
  });
  if (entry == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->queries;
}

void SharedLabels::drop_oldest() {
  std::size_t sets = 0, floats = 0;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry, ++sets) {
    if (sets > 0) floats += entry->labels->values.size();
    if (sets < kMostSets && floats <= kMostFloats) continue;
    entries_.erase(entry, entries_.end());
    return;
  }
}

std::size_t SharedLabels::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entries_.size();
}

}  // namespace gliner
