#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <vector>

#include "models/gliner1_modules.h"

namespace gliner {

/// What the second stage of a relation model starts with.
struct FoundEntities {
  std::vector<std::vector<SpanCandidate>> of_text;  ///< Per text
  at::Tensor vectors;                               ///< [E, H], those of all texts one after the other
  at::Tensor relations;                             ///< [R, H], the relation vectors of all texts likewise
};

/// Fills the relations of `outputs` as Gliner1Run does, on a device that is waited for twice in a batch:
/// which pairs are likely is decided on the host, and so are the relations. Once where every pair is scored.
void relate_on_card(const Gliner1Modules& modules, const SpanBatch& batch, const FoundEntities& found,
                    c10::Device device, std::vector<SpanOutput>& outputs);

}  // namespace gliner
