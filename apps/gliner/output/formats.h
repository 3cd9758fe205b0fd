#pragma once

#include <memory>

#include "output/row_format.h"

namespace gliner::cli {

/// {"id", "result", ...}, one a line or indented. `as_spans`: flat lists by position.
std::unique_ptr<RowFormat> make_json_lines(bool as_spans, bool pretty);

/// One line for each thing found (RFC 4180): id, kind (entity, relation, class, field; none, error), label,
/// text, start, end, score, and of relations the tail's text, start and end.
std::unique_ptr<RowFormat> make_csv();

/// Rows of which a Parquet file is assembled: id, text, entities as a list of structs, the whole result as
/// JSON.
std::unique_ptr<RowFormat> make_parquet();

/// A JSON array of tasks with predictions, as the annotation tool Label Studio imports them: spans as
/// "labels", relations between them, classes as "choices". Offsets in UTF-16 units, as browsers count.
std::unique_ptr<RowFormat> make_label_studio();

/// JSON lines of spaCy's Doc.to_json: text, tokens, ents (the best that do not overlap), spans.sc (all) and
/// cats. Offsets in code points.
std::unique_ptr<RowFormat> make_spacy();

/// CoNLL: "token TAB tag" lines with B-, I- and O tags, a "# id" line in front and a blank line behind each
/// record. Of spans that overlap the best are shown.
std::unique_ptr<RowFormat> make_bio();

/// One page that opens in a browser without a network: texts with highlighted entities, relations, classes
/// and records.
std::unique_ptr<RowFormat> make_html();

}  // namespace gliner::cli
