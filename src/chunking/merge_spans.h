#pragma once

#include <vector>

#include "chunking/windows.h"
#include "gliner/options.h"
#include "gliner/result.h"

namespace gliner {

/// Merges the flat lists of a document's windows: what two windows found of the same place counts once, and
/// what conflicts across windows is decided as within one (select_across_labels). A relation stays if both
/// its ends do. `results`: offsets in bytes of their window; the merged ones are bytes of the document.
/// Fills `spans`, `span_relations` and the counts.
Result merge_spans(const std::vector<Window>& windows, std::vector<Result> results,
                   const ExtractOptions& options);

}  // namespace gliner
