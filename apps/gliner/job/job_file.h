#pragma once

#include <string>
#include <vector>

namespace gliner::cli {

/// An option as a job file gives it: words of a command line.
struct JobOption {
  std::string name;                ///< "--threshold"; "INPUT" for the input.
  std::vector<std::string> words;  ///< "--threshold=0.4"
};

/// True if `path` is a .json file whose content is an object with the key "input": a job, not a record.
bool is_job_file(const std::string& path);

/// Reads a job: {"model", "model_dir", "schema", "schema_field", "input", "output", "device", "dtype",
/// "threads", "options": {...}}. `schema` is the schema itself or the path of a file with it; the keys of
/// `options` are names of options of `gliner run` without the dashes (`_` may stand for `-`), their values
/// numbers, strings, true (a flag) or lists of them. Paths are relative to the folder of the job file. Throws
/// UsageError that names the key.
std::vector<JobOption> read_job_file(const std::string& path);

}  // namespace gliner::cli
