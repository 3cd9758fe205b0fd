#pragma once

#include <string>
#include <vector>

namespace gliner::cli {

/// About a hundred kinds of lines of which none is a record with a text. None holds a line end.
std::vector<std::string> bad_rows();

}  // namespace gliner::cli
