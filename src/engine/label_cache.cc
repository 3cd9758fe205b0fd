#include "engine/label_cache.h"

#include "base/check.h"

namespace gliner {

LabelMatrix LabelCache::get(const std::vector<std::string>& labels,
                            const std::function<LabelMatrix(const std::vector<std::string>&)>& encode) {
  std::vector<std::vector<float>> vectors(labels.size());
  std::vector<std::string> missing;
  std::unordered_map<std::string, std::size_t> missing_index;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (find(labels[i], vectors[i])) continue;
      if (missing_index.emplace(labels[i], missing.size()).second) missing.push_back(labels[i]);
    }
  }
  LabelMatrix matrix;
  if (!missing.empty()) {
    const LabelMatrix encoded = encode(missing);
    const auto size = static_cast<std::size_t>(encoded.size);
    GLINER_CHECK(encoded.values.size() == missing.size() * size);
    const auto row = [&](std::size_t index) {
      const auto begin = encoded.values.begin() + static_cast<std::ptrdiff_t>(index * size);
      return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(size));
    };
    const std::lock_guard<std::mutex> lock(mutex_);
    for (std::size_t i = 0; i < missing.size(); ++i) insert(missing[i], row(i));
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto found = missing_index.find(labels[i]);
      if (found != missing_index.end()) vectors[i] = row(found->second);
    }
  }
  for (const std::vector<float>& vector : vectors) {
    matrix.size = static_cast<std::int64_t>(vector.size());
    matrix.values.insert(matrix.values.end(), vector.begin(), vector.end());
  }
  return matrix;
}

bool LabelCache::find(const std::string& label, std::vector<float>& vector) {
  const auto found = index_.find(label);
  if (found == index_.end()) return false;
  entries_.splice(entries_.begin(), entries_, found->second);
  vector = found->second->second;
  return true;
}

void LabelCache::insert(const std::string& label, const std::vector<float>& vector) {
  if (capacity_ == 0 || index_.count(label) != 0) return;
  if (entries_.size() >= capacity_) {
    index_.erase(entries_.back().first);
    entries_.pop_back();
  }
  entries_.emplace_front(label, vector);
  index_.emplace(entries_.front().first, entries_.begin());
}

}  // namespace gliner
