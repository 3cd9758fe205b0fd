#pragma once

#include <string>
#include <vector>

#include "chunking/windows.h"
#include "gliner/options.h"
#include "gliner/result.h"
#include "schema/schema_spec.h"

namespace gliner {

/// Merges the windows of one document into what the short form would have said of it, had it been short: the
/// same shapes, entities by confidence, single values by confidence, one entry per distinct pair or record,
/// labels of a multi-label task that reach the threshold in some window, top_k applied to the whole.
/// `results` are decoded windows with offsets in bytes of their window; the merged offsets are bytes of the
/// document.
Result merge_windows_corrected(const std::string& document, const std::vector<Window>& windows,
                               std::vector<Result> results, const SchemaSpec& spec,
                               const ExtractOptions& options);

}  // namespace gliner
