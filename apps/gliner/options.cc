#include "options.h"

#include <limits>

#include "exit_code.h"
#include "gliner/error.h"

namespace gliner::cli {
namespace {

// CLI::Range lets a NaN through; no comparison with it holds.
const CLI::Validator kProbability(
    [](std::string& value) {
      double number = 0;
      if (!CLI::detail::lexical_cast(value, number) || !(number >= 0.0 && number <= 1.0)) {
        return "expected a number in [0, 1], found " + value;
      }
      return std::string();
    },
    "0..1", "probability");

// An unset shell variable must not silently mean "the bundled model".
const CLI::Validator kNotEmpty(
    [](std::string& value) { return std::string(value.empty() ? "must not be empty" : ""); }, "",
    "not_empty");

CLI::Validator at_least(int minimum) {
  return CLI::Validator(
      [minimum](std::string& value) {
        int number = 0;
        if (!CLI::detail::lexical_cast(value, number) || number < minimum) {
          return fmt::format("expected a whole number of at least {}, found {}", minimum, value);
        }
        return std::string();
      },
      "", "at_least");
}

void add_output_options(CLI::App& app, OutputOptions& options) {
  app.add_option("-o,--output", options.path, "File for the rows; - is standard output")
      ->type_name("PATH")
      ->capture_default_str()
      ->group("Output");
  app.add_option("--format", options.format, "json: by label; spans: flat lists by position")
      ->type_name("NAME")
      ->check(CLI::IsMember({"json", "spans"}))
      ->capture_default_str()
      ->group("Output");
  app.add_option("--output-format", options.file_format,
                 "jsonl, csv, parquet, label-studio, spacy, bio or html; auto goes by the end of PATH (.csv, "
                 ".parquet, .bio, .html, "
                 "else jsonl); .gz and .zst behind it compress")
      ->type_name("NAME")
      ->check(CLI::IsMember({"auto", "jsonl", "csv", "parquet", "label-studio", "spacy", "bio", "html"}))
      ->capture_default_str()
      ->group("Output");
  app.add_flag("--pretty", options.pretty, "Indent each row instead of writing one line")->group("Output");
}

void add_inference_options(CLI::App& app, InferenceOptions& options) {
  const std::string group = "Inference";
  app.add_option("--threshold", options.extract.threshold,
                 "Keep spans with a score of at least (GLiNER v1: above) this")
      ->check(kProbability)
      ->type_name("SCORE")
      ->capture_default_str()
      ->group(group);
  app.add_option("--batch-size", options.extract.batch_size,
                 "Texts of one forward pass on a CPU; eight times as many are read ahead and sorted by "
                 "length. On a card --batch-tokens decides")
      ->check(at_least(1))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--include-confidence", options.extract.include_confidence, "Show scores")->group(group);
  app.add_flag("--include-spans", options.extract.include_spans, "Show start and end")->group(group);
  app.add_option("--offset-unit", options.offset_unit, "Unit of start and end")
      ->type_name("UNIT")
      ->check(CLI::IsMember({"code-point", "byte", "utf16"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--raw", options.raw, "The model's own result shapes, not the formatted ones")->group(group);
  app.add_option("--overlap-policy", options.overlap_policy,
                 "Overlapping spans of one label: default, allow, nested, disallow or longest")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--flat", options.flat, "No overlapping spans: --overlap-policy disallow")->group(group);
  app.add_flag("--nested", options.nested, "Spans inside others are kept: --overlap-policy nested")
      ->group(group);
  app.add_flag("--corrected", options.extract.corrected, "Sensible answers where the reference is quirky")
      ->group(group);
}

void add_window_options(CLI::App& app, InferenceOptions& options) {
  const std::string group = "Long texts";
  app.add_option_function<int>(
         "--max-len", [&options](int words) { options.extract.max_len = words; },
         "Words kept of each text (default: all); rows of cut texts say how many were lost")
      ->check(at_least(1))
      ->type_name("N")
      ->group(group);
  app.add_option(
         "--on-truncation", options.on_truncation,
         "What becomes of a text that --max-len or the model's own limits would cut, or that is longer "
         "than --whole-words: an error row; a cut text whose row reports it; or windows, as with --long "
         "(default: " +
             options.default_on_truncation + ")")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"error", "report", "window"}))
      ->group(group);
  app.add_flag("--fail-on-truncation", options.extract.truncation_is_error, "Short for --on-truncation error")
      ->group(group);
  app.add_flag("--long", options.long_text, "Scan long documents in overlapping windows")->group(group);
  app.add_option("--chunk-size", options.windows.chunk_size, "Words of a window of --long")
      ->check(at_least(1))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--chunk-overlap", options.windows.chunk_overlap, "Words that neighbouring windows share")
      ->check(at_least(0))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--window-ends", options.window_ends,
                 "Windows end behind any word (the reference's rule), or at ends of sentences where they can")
      ->type_name("WHERE")
      ->check(CLI::IsMember({"words", "sentences"}))
      ->capture_default_str()
      ->group(group);
  app.add_option(
         "--whole-words", options.windows.whole_words,
         "With --on-truncation window: texts of at most so many words are read whole if the model can")
      ->check(at_least(1))
      ->type_name("N")
      ->default_str("1024")
      ->group(group);
}

void add_model_options(CLI::App& app, ModelOptions& model) {
  const std::string group = "Model (default: the bundled one)";
  app.add_option("--model-dir", model.directory, "Folder of a checkpoint")
      ->type_name("DIR")
      ->check(kNotEmpty)
      ->group(group);
  app.add_option("--model", model.id, "Model in the local Hugging Face cache: org/name or org/name@revision")
      ->type_name("ID")
      ->check(kNotEmpty)
      ->group(group);
  app.add_flag("--download", model.download,
               "Fetch --model from the hub where the cache lacks it: gliner pull")
      ->group(group);
  app.add_option("--config", model.files.config, "config.json; only with the three below")
      ->type_name("FILE")
      ->check(kNotEmpty)
      ->group(group);
  app.add_option("--encoder-config", model.files.encoder_config, "encoder_config/config.json")
      ->type_name("FILE")
      ->check(kNotEmpty)
      ->group(group);
  app.add_option("--tokenizer", model.files.tokenizer, "tokenizer.json")
      ->type_name("FILE")
      ->check(kNotEmpty)
      ->group(group);
  app.add_option("--weights", model.files.weights,
                 "model.safetensors, model.safetensors.index.json or pytorch_model.bin")
      ->type_name("FILE")
      ->check(kNotEmpty)
      ->group(group);
  app.add_option("--tokenizer-config", model.files.tokenizer_config,
                 "tokenizer_config.json of a GLiNER v1 model: its limit in tokens")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--labels-tokenizer", model.files.labels_tokenizer,
                 "tokenizer.json of a bi-encoder's labels")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--decoder-tokenizer", model.files.decoder_tokenizer, "tokenizer.json of a label decoder")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--word-splitter", model.word_splitter, "How texts are cut into words")
      ->type_name("NAME")
      ->check(CLI::IsMember({"whitespace", "char"}))
      ->capture_default_str()
      ->group(group);
}

void add_device_options(CLI::App& app, ModelOptions& model) {
  const std::string group = "Device";
  app.add_option(
         "--device", model.device,
         "cpu; cuda or cuda:N; several cards as cuda:0,cuda:1, with a copy of the model on each; auto: "
         "the first card if there is one")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  app.add_option(
         "--dtype", model.dtype,
         "Arithmetic of the encoder: float32 (exact), bfloat16, int8 (CPUs) or float16 (cards), which are "
         "faster and give nearly the same answers")
      ->type_name("NAME")
      ->check(CLI::IsMember({"float32", "bfloat16", "float16", "int8"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--tf32", model.tf32, "On a card: float32 products in TF32, faster and less exact")
      ->group(group);
  app.add_option("--batch-tokens", model.batch_tokens,
                 "On a card: tokens of one forward pass; 0: found by a trial at load")
      ->check(at_least(0))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--memory-fraction", model.memory_fraction,
                 "On a card: share of its memory that may be held, above 0 to 1; 0: no limit")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("X")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--cuda-graphs", model.cuda_graphs,
               "On a card: small passes of GLiNER2 models are captured once and replayed, one launch each")
      ->group(group);
  app.add_option("--threads", model.threads, "Threads of one forward pass; 0: all cores")
      ->check(at_least(0))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
}

void add_log_options(CLI::App& app, LogOptions& log) {
  app.add_flag("-q,--quiet", log.quiet, "Errors only")->group("Messages");
  app.add_flag("-v,--verbose", log.verbose, "More messages; twice: even more")->group("Messages");
  app.add_option_function<std::string>(
         "--log-level",
         [&log](const std::string& level) {
           log.level = level;
           log.level_given = true;
         },
         "Messages on standard error (default: warning)")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"error", "warning", "info", "debug"}))
      ->group("Messages");
}

OffsetUnit parse_offset_unit(const std::string& name) {
  if (name == "byte") return OffsetUnit::kByte;
  if (name == "utf16") return OffsetUnit::kUtf16;
  return OffsetUnit::kCodePoint;
}

}  // namespace

const char* const kExitCodesHelp =
    "Exit codes: 0 every record has a result; 1 some records failed and have an error row;\n"
    "2 wrong options, schema or input file; 3 the model cannot be fetched or loaded; 130 or 143 stopped by a "
    "signal.";

namespace {

/// A GLiNER v1 model's encoder is described in gliner_config.json as a rule.
bool is_gliner1(const ModelFiles& files) {
  const std::string name = "gliner_config.json";
  return files.config.size() >= name.size() &&
         files.config.compare(files.config.size() - name.size(), name.size(), name) == 0;
}

}  // namespace

void ModelOptions::check() const {
  const bool any_file = !files.config.empty() || !files.encoder_config.empty() || !files.tokenizer.empty() ||
                        !files.weights.empty();
  if (int{!directory.empty()} + int{!id.empty()} + int{any_file} > 1) {
    throw UsageError(
        "give one model only: --model-dir, or --model, or the four files --config, --encoder-config, "
        "--tokenizer "
        "and --weights");
  }
  if (download && id.empty()) throw UsageError("--download needs --model ID");
  if (!any_file) return;
  std::string missing;
  const auto require = [&missing](const std::string& path, const char* option) {
    if (path.empty()) missing += (missing.empty() ? "" : ", ") + std::string(option);
  };
  require(files.config, "--config");
  if (!is_gliner1(files)) require(files.encoder_config, "--encoder-config");
  require(files.tokenizer, "--tokenizer");
  require(files.weights, "--weights");
  if (!missing.empty()) throw UsageError("a model of single files needs all of them; missing: " + missing);
}

LoadOptions ModelOptions::load_options() const {
  LoadOptions load;
  load.device = device;
  load.threads = threads;
  load.word_splitter = parse_word_splitter(word_splitter);
  load.dtype = parse_compute_dtype(dtype);
  load.tf32 = tf32;
  load.batch_tokens = batch_tokens;
  load.memory_fraction = memory_fraction;
  load.cuda_graphs = cuda_graphs;
  return load;
}

void LogOptions::apply() const {
  if (int{quiet} + int{verbose > 0} + int{level_given} > 1) {
    throw UsageError("give one of -q, -v and --log-level only");
  }
  LogLevel chosen = parse_log_level(level);
  if (quiet) chosen = LogLevel::kError;
  if (verbose == 1) chosen = LogLevel::kInfo;
  if (verbose > 1) chosen = LogLevel::kDebug;
  set_log_level(chosen);
}

ExtractOptions InferenceOptions::extract_options() const {
  ExtractOptions result = extract;
  result.format_results = !raw;
  result.offset_unit = parse_offset_unit(offset_unit);
  if (int{flat} + int{nested} + int{overlap_policy != "default"} > 1) {
    throw UsageError("give one of --flat, --nested and --overlap-policy only");
  }
  if (overlap_policy != "default") result.overlap_policy = parse_overlap_policy(overlap_policy);
  if (flat) result.overlap_policy = OverlapPolicy::kDisallow;
  if (nested) result.overlap_policy = OverlapPolicy::kNested;
  if (result.truncation_is_error && !on_truncation.empty() && on_truncation != "error") {
    throw UsageError("--fail-on-truncation contradicts --on-truncation " + on_truncation);
  }
  if (long_text && !on_truncation.empty()) {
    throw UsageError("--on-truncation cannot be combined with --long, which cuts nothing off");
  }
  if (on_truncation == "error") result.truncation_is_error = true;
  const char* const windowing = long_text ? "--long" : "--on-truncation window";
  if (long_text || on_truncation == "window") {
    if (raw) {
      throw UsageError(fmt::format(
          "--raw cannot be combined with {}: windows are merged in the formatted shapes", windowing));
    }
    if (extract.max_len) {
      throw UsageError(
          fmt::format("--max-len cannot be combined with {}: the window is the limit", windowing));
    }
  }
  if (const std::optional<LongOptions> chosen = long_options();
      chosen && chosen->chunk_overlap >= chosen->chunk_size) {
    throw UsageError(fmt::format("--chunk-overlap {} must be smaller than --chunk-size {}",
                                 chosen->chunk_overlap, chosen->chunk_size));
  }
  return result;
}

/// Whoever asks for raw shapes or for a cut does not want windows by default.
bool InferenceOptions::may_window() const {
  return !raw && !extract.max_len && !extract.max_tokens && !extract.truncation_is_error;
}

std::optional<LongOptions> InferenceOptions::long_options() const {
  constexpr int kDefaultWholeWords = 1024;
  LongOptions chosen = windows;
  if (window_ends == "sentences") chosen.ends = WindowEnds::kSentences;
  if (long_text) {
    chosen.whole_words = 0;
    return chosen;
  }
  const bool by_default = on_truncation.empty() && default_on_truncation == "window" && may_window();
  if (on_truncation != "window" && !by_default) return {};
  if (chosen.whole_words == 0) chosen.whole_words = kDefaultWholeWords;
  return chosen;
}

void add_global_options(CLI::App& app, GlobalOptions& options) {
  add_model_options(app, options.model);
  add_device_options(app, options.model);
  add_log_options(app, options.log);
}

void add_input_options(CLI::App& app, InputOptions& options) {
  const std::string group = "Input";
  app.add_option("INPUT", options.path,
                 "- (JSONL on standard input), a .jsonl, .json, .csv, .tsv, .parquet or any text file, a "
                 "folder of .txt and "
                 ".md files or a quoted pattern like 'notes/*.rst'; gzip and zstd are unpacked")
      ->group(group);
  app.add_option("--input-format", options.format,
                 "jsonl, json, csv, tsv, parquet, lines (one text a line), text (one file, one text) or "
                 "files; auto goes by "
                 "the end of INPUT")
      ->type_name("NAME")
      ->check(CLI::IsMember({"auto", "jsonl", "json", "csv", "tsv", "parquet", "lines", "text", "files"}))
      ->capture_default_str()
      ->group(group);
  add_repeatable(app, "--text", options.texts, "A text itself instead of INPUT; may be repeated")
      ->group(group);
  app.add_option("--text-field", options.text_field, "Field, or column, that holds the text of a record")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--id-field", options.id_field, "Field copied to id; records without it are numbered from 0")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  app.add_option("--text-split", options.text_split, "A text file is one record, or one a line")
      ->type_name("HOW")
      ->check(CLI::IsMember({"full", "line"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-record-bytes", options.max_record_bytes, "A longer record is an error row")
      ->check(CLI::Range(std::size_t{1}, kMaxRecordBytes))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
}

void add_job_options(CLI::App& app, JobOptions& options) {
  const std::string group = "Job";
  app.add_flag(
         "--resume", options.resume,
         "Go on where an earlier run with the same options and -o FILE was stopped, by whatever it was; the "
         "file becomes the same, byte for byte, as without the stop")
      ->group(group);
  app.add_flag_callback(
         "--fail-fast", [&options] { options.max_errors = 0; },
         "Stop at the first row that fails: --max-errors 0")
      ->group(group);
  app.add_option_function<std::size_t>(
         "--max-errors", [&options](std::size_t most) { options.max_errors = most; },
         "Stop when more rows than this have failed (default: never)")
      ->type_name("N")
      ->group(group);
  app.add_option("--stats", options.stats_path, "File for a summary of the run as JSON")
      ->type_name("FILE")
      ->check(kNotEmpty)
      ->group(group);
  app.add_option(
         "--checkpoint-seconds", options.checkpoint_seconds,
         "Time between two entries of the journal, from which --resume goes on; 0: as often as possible")
      ->check(CLI::NonNegativeNumber)
      ->type_name("S")
      ->capture_default_str()
      ->group(group);
  app.add_flag("!--no-journal", options.journal,
               "Leave no FILE.journal and FILE.manifest.json beside -o FILE; --resume is then impossible")
      ->group(group);
}

void add_gliner1_options(CLI::App& app, ExtractionOptions& all) {
  ExtractOptions& options = all.inference.extract;
  const std::string group = "GLiNER v1 models";
  const auto probability = [&](const std::string& name, std::optional<double>& value,
                               const std::string& description) {
    app.add_option_function<double>(
           name, [&value](double given) { value = given; }, description + " (default: --threshold)")
        ->check(kProbability)
        ->type_name("SCORE")
        ->group(group);
  };
  app.add_option_function<int>(
         "--max-tokens", [&options](int tokens) { options.max_tokens = tokens; },
         "Sub-word tokens that are read of each text with its labels (default: all)")
      ->check(at_least(1))
      ->type_name("N")
      ->group(group);
  app.add_flag("--multi-label", options.multi_label, "One span may have several labels")->group(group);
  app.add_flag("--class-scores", options.class_scores, "Show the five best labels; with --format spans")
      ->group(group);
  probability("--adjacency-threshold", options.adjacency_threshold,
              "Pairs of entities above it are looked at for relations");
  probability("--relation-threshold", options.relation_threshold, "Keep relations above it");
  LabelGeneration& generation = options.generation;
  add_repeatable(app, "--generate-only", generation.constraints,
                 "Generated labels are one of these; may be repeated")
      ->group(group);
  app.add_option("--generated-labels", generation.sequences, "Labels generated for a span, by beam search")
      ->check(at_least(1))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-new-tokens", generation.max_new_tokens, "Tokens of a generated label")
      ->check(at_least(1))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--sample", generation.sample, "Draw generated labels at --temperature")->group(group);
  app.add_option("--temperature", generation.temperature, "Of --sample")
      ->check(CLI::PositiveNumber)
      ->type_name("T")
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", generation.seed, "Of --sample")
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
}

void add_extraction_options(CLI::App& app, ExtractionOptions& options) {
  add_input_options(app, options.input);
  add_output_options(app, options.output);
  add_inference_options(app, options.inference);
  add_window_options(app, options.inference);
  add_job_options(app, options.job);
}

CLI::Option* add_repeatable(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                            const std::string& description) {
  return app
      .add_option(name, CLI::callback_t([&values](const CLI::results_t& given) {
                    values = given;
                    return true;
                  }),
                  description)
      ->type_name("TEXT")
      ->type_size(1)
      ->expected(1, std::numeric_limits<int>::max())
      ->allow_extra_args(false);
}

}  // namespace gliner::cli
