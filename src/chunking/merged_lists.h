#pragma once

#include "base/json.h"
#include "gliner/options.h"
#include "gliner/result.h"
#include "schema/schema_spec.h"
#include "text/utf8.h"

namespace gliner {

/// Translates every "start" and "end" of span objects from code points into `unit`.
void convert_places(Json& merged, const OffsetMap& map, OffsetUnit unit);

/// Fills the lists of `result` from merged JSON that still has confidences and places.
void read_merged_lists(Result& result, const Json& merged, const SchemaSpec& spec);

}  // namespace gliner
