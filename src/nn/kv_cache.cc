#include "nn/kv_cache.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"

namespace gliner {

KvCache::KvCache(const KvCache& other) : length_(other.length_), layers_(other.layers_) {
  for (Rows& rows : layers_) {
    rows.keys = rows.keys.clone();
    rows.values = rows.values.clone();
  }
}

KvCache& KvCache::operator=(const KvCache& other) {
  KvCache copy(other);
  *this = std::move(copy);
  return *this;
}

void KvCache::crop(std::int64_t length) {
  GLINER_CHECK(length >= 0 && length <= length_);
  length_ = length;
}

KvCache KvCache::first(std::int64_t length) const {
  GLINER_CHECK(length >= 0 && length <= length_);
  KvCache copy;
  if (length == 0) return copy;
  copy.length_ = length;
  for (const Rows& rows : layers_)
    copy.layers_.push_back(
        {rows.keys.narrow(0, 0, length).clone(), rows.values.narrow(0, 0, length).clone()});
  return copy;
}

KvCache::Rows KvCache::append(std::size_t layer, const at::Tensor& keys, const at::Tensor& values) {
  if (layer >= layers_.size()) layers_.resize(layer + 1);
  const std::int64_t total = length_ + keys.size(0);
  const auto store = [&](at::Tensor& all, const at::Tensor& added) {
    const std::int64_t capacity = all.defined() ? all.size(0) : 0;
    if (capacity < total) {
      constexpr std::int64_t kFirstCapacity = 32;
      const std::int64_t wanted = std::max({total, 2 * capacity, kFirstCapacity});
      const at::Tensor larger = at::empty({wanted, added.size(1)}, added.options());
      if (length_ > 0) larger.narrow(0, 0, length_).copy_(all.narrow(0, 0, length_));
      all = larger;
    }
    all.narrow(0, length_, added.size(0)).copy_(added);
    return all.narrow(0, 0, total);
  };
  Rows& rows = layers_[layer];
  return {store(rows.keys, keys), store(rows.values, values)};
}

}  // namespace gliner
