#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "nn/attention.h"

namespace gliner {

/// Where the tokens of a batch lie in their sequences, in a card's memory: with it an encoder neither uploads
/// anything on its way nor does anything that depends on the sequences' number or lengths, so that a captured
/// graph of its launches serves other sequences too.
struct TokenPlaces {
  at::Tensor positions;      ///< [T] int32, what Encoder::positions says; empty where it says nothing.
  AttentionTiles attention;  ///< Everything defined.
};

/// The token ids of a batch. Holds no copy: the ids must outlive it.
struct TokenIds {
  TokenIds(const std::vector<std::int32_t>& ids, at::Tensor sent = {}, const TokenPlaces* where = nullptr)
      : host(ids), device(std::move(sent)), places(where) {}

  const std::vector<std::int32_t>& host;  ///< May be empty on a card, where `device` is defined.
  at::Tensor device;  ///< The same, int32 on the model's device, where it is there already; else undefined.
  const TokenPlaces* places;  ///< For cards; null: made from the sequences' starts.
};

}  // namespace gliner
