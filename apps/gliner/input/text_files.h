#pragma once

#include <memory>
#include <string>

#include "input/records.h"

namespace gliner::cli {

/// True for a folder, and for a pattern with `*`, `?` or `[` that is not the name of a file.
bool names_many_files(const std::string& path);

/// Every text file of a folder (.txt, .text, .md, at any depth, hidden ones left out, links to folders not
/// followed) or of a pattern is one record: its id is its path, relative to the folder. Sorted by name within
/// each folder, so that the order is always the same. A file that cannot be read is an error of its record.
/// Throws UsageError when there is none.
std::unique_ptr<RecordReader> open_text_files(const InputOptions& options);

}  // namespace gliner::cli
