#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "gliner/options.h"
#include "gliner/result.h"

namespace gliner {

/// The result of one window in the reference's formatted shape, with confidences and places, offsets in code
/// points of the window.
struct WindowResult {
  Json json;
  std::int64_t begin_char;  ///< Code points of the document before the window.
};

/// Merges the windows of one document as the reference does (gliner2/inference/chunking.py,
/// merge_chunk_results), quirks included: it works on the formatted JSON. Confidences and document offsets
/// are still in; strip_metadata takes them out. `policy` kDefault means kDisallow.
Json merge_windows(const std::string& document, const std::vector<WindowResult>& windows,
                   const std::set<std::string>& single_entities, OverlapPolicy policy);

/// Removes what the caller did not ask for (chunking.py, _strip_span_metadata). Attributes stay.
Json strip_metadata(const Json& value, bool include_confidence, bool include_spans);

/// True for {"text", "start", "end", ...} with integer places (chunking.py, _is_span_dict).
bool is_span_object(const Json& value);

}  // namespace gliner
