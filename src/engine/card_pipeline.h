#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/cards.h"
#include "engine/family.h"

namespace gliner {

/// Brings `count` texts through a family whose model lies on cards: threads of the CPU prepare and finish
/// jobs while the cards run batches of others, so that no card waits for the CPU as long as that keeps up.
/// Batches are planned over some thousand neighbouring texts at a time, longest first; how far preparing may
/// be ahead of the cards is bounded. One job per text comes back, in the order of the texts and with its
/// result.
///
/// The first exception of any thread is rethrown once all have stopped.
std::vector<std::unique_ptr<Job>> run_on_cards(const Family& family, Cards& cards, std::size_t count,
                                               const PrepareJob& prepare, const ExtractOptions& options);

}  // namespace gliner
