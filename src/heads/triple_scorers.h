#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "heads/relation_scorer.h"

namespace gliner {

/// Builds the scorer of one interaction (the config's triples_layer) from the tensors below `w`. See
/// make_relation_scorer.
std::shared_ptr<RelationScorer> make_triple_scorer(const WeightScope& w, const std::string& name,
                                                   std::int64_t hidden);

}  // namespace gliner
