#include "nn/kv_cache.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"

namespace gliner {
namespace {

// The first `length` of `rows`, with room for `capacity`.
at::Tensor with_room(const at::Tensor& rows, std::int64_t length, std::int64_t capacity) {
  at::Tensor larger = at::empty({capacity, rows.size(1)}, rows.options());
  if (length > 0) larger.narrow(0, 0, length).copy_(rows.narrow(0, 0, length));
  return larger;
}

}  // namespace

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
  // More tokens follow as a rule; without room for them every row would be copied twice.
  for (const Rows& rows : layers_)
    copy.layers_.push_back(
        {with_room(rows.keys, length, 2 * length), with_room(rows.values, length, 2 * length)});
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
      all = with_room(capacity > 0 ? all : added, length_, wanted);
    }
    all.narrow(0, length_, added.size(0)).copy_(added);
    return all.narrow(0, 0, total);
  };
  Rows& rows = layers_[layer];
  return {store(rows.keys, keys), store(rows.values, values)};
}

}  // namespace gliner
