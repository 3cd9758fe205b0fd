#pragma once

#include <functional>

#include "engine/family.h"
#include "gliner/options.h"

namespace gliner {

/// Loads a copy of a model on every device that LoadOptions::device names: `load` gets the options with one
/// device each. Throws InputError on devices that are not there.
Placement place(const LoadOptions& options, const std::function<void(const LoadOptions&)>& load);

/// Tokens that one forward pass of copy `replica` has room for beside another one: the most for which a batch
/// of made-up texts of twice that size runs. Does not go below a size at which every card must do.
std::int64_t find_batch_tokens(const Family& family, std::size_t replica);

}  // namespace gliner
