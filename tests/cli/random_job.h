#pragma once

#include <string>
#include <vector>

namespace gliner::cli {

/// About `count` JSON lines, a few of them broken. The same seed gives the same.
std::string random_rows(int count, unsigned seed);

/// A command line that extracts from `input` to `output` with a tiny model (of some hundred kilobytes, and of
/// a kind whose answers depend on the other texts of a batch) and checkpoints as often as possible.
std::vector<std::string> random_job(const std::string& input, const std::string& output,
                                    const std::vector<std::string>& more = {});

/// Resumes such a job and expects it to come to its end.
void resume_to_the_end(const std::string& input, const std::string& output);

}  // namespace gliner::cli
