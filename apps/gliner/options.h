#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gliner/options.h"
#include "log.h"

namespace gliner::cli {

/// Which model to use and where to run it. At most one of the three sources may be given; none: the bundled
/// one.
struct ModelOptions {
  std::string directory;  ///< --model-dir
  std::string id;         ///< --model
  bool download = false;  ///< --download
  ModelFiles files;       ///< --config, --encoder-config, --tokenizer, --weights: all or none
  std::string device = "cpu";
  int threads = 0;
  std::string word_splitter = "whitespace";
  std::string dtype = "float32";
  bool tf32 = false;
  std::int64_t batch_tokens = 0;
  double memory_fraction = 0;
  bool cuda_graphs = false;

  /// Throws UsageError when sources are mixed or files are missing.
  void check() const;
  LoadOptions load_options() const;
};

/// How much is said on standard error.
struct LogOptions {
  bool quiet = false;
  int verbose = 0;
  std::string level = "warning";
  bool level_given = false;

  /// Sets the level of the process. Throws UsageError when the options contradict each other.
  void apply() const;
};

/// Options that may stand before or behind the name of the subcommand.
struct GlobalOptions {
  ModelOptions model;
  LogOptions log;
};

/// Nothing larger is read as one record, nor as the JSON of an option.
constexpr std::size_t kMaxRecordBytes = std::size_t{1} << 30;

/// What to read.
struct InputOptions {
  std::string path;                ///< INPUT; "-": standard input
  std::vector<std::string> texts;  ///< --text
  std::string text_field = "text";
  std::string id_field = "id";
  std::string text_split = "full";  ///< "full" or "line"
  std::string schema_field;         ///< Field with a schema of the record's own; empty: none.
  /// "jsonl", "json", "csv", "tsv", "parquet", "lines", "text", "files"; "auto": by name
  std::string format = "auto";
  /// A longer record is an error row: one bad line must not take all memory.
  std::size_t max_record_bytes = std::size_t{32} << 20;
  bool may_quote = true;  ///< False: no message may hold a word of the input.
};

/// Where and how to write.
struct OutputOptions {
  std::string path = "-";
  bool pretty = false;
  std::string format = "json";  ///< "json": by label; "spans": flat, as GLiNER v1 shows it
  /// "jsonl", "csv", "parquet", "label-studio", "spacy", "bio", "html"; "auto": by the name of the file
  std::string file_format = "auto";
  std::string report;  ///< A second file with a row for each record; empty: none.
};

/// How a job over many records is run.
struct JobOptions {
  bool resume = false;
  bool journal = true;                    ///< Keep OUTPUT.journal, leave OUTPUT.manifest.json.
  std::optional<std::size_t> max_errors;  ///< Stop when more rows than that have failed; absent: never.
  std::string stats_path;                 ///< Empty: no summary.
  double checkpoint_seconds = 5;          ///< At least so long between two checkpoints.
};

/// How to extract.
struct InferenceOptions {
  ExtractOptions extract;
  std::string overlap_policy = "default";
  std::string offset_unit = "code-point";
  bool flat = false;    ///< --flat
  bool nested = false;  ///< --nested
  bool raw = false;
  bool long_text = false;
  LongOptions windows;
  std::string window_ends = "words";
  std::string on_truncation;  ///< "error", "report", "window"; empty: default_on_truncation, where it can be
  std::string default_on_truncation = "report";

  /// The library's options. Throws UsageError when options exclude each other.
  ExtractOptions extract_options() const;
  /// The windows of long texts; absent: texts are not cut into windows.
  std::optional<LongOptions> long_options() const;

 private:
  bool may_window() const;
};

/// Everything that entities, classify, relations, json and run have in common.
struct ExtractionOptions {
  InputOptions input;
  OutputOptions output;
  InferenceOptions inference;
  JobOptions job;
};

void add_global_options(CLI::App& app, GlobalOptions& options);
void add_input_options(CLI::App& app, InputOptions& options);
void add_job_options(CLI::App& app, JobOptions& options);
/// All of the above that ExtractionOptions holds.
void add_extraction_options(CLI::App& app, ExtractionOptions& options);
/// What GLiNER v1 models understand besides; for the commands that those can answer.
void add_gliner1_options(CLI::App& app, ExtractionOptions& options);

/// An option that takes one value each time it is given. Unlike CLI11's own vectors it never swallows the
/// positional argument behind it and leaves brackets in a value alone.
CLI::Option* add_repeatable(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                            const std::string& description);

/// The exit codes as `--help` shows them.
extern const char* const kExitCodesHelp;

}  // namespace gliner::cli
