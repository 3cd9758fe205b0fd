#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "exit_code.h"
#include "extraction.h"
#include "gliner/redact.h"
#include "json_argument.h"
#include "output/redacted_rows.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RedactCommandOptions {
  ExtractionOptions extraction;
  bool report_text = false;
  bool gate = false;
  std::vector<std::string> labels;
  std::string labels_json;
  std::string mode = "label";
  RedactOptions redact;
  std::string key_file;
  std::string key_variable;
};

Schema make_schema(const RedactCommandOptions& options) {
  if (!options.labels.empty() && !options.labels_json.empty()) {
    throw UsageError("name what is personal once: --label (repeatable) or --labels-json");
  }
  if (!options.labels.empty()) return Schema().entities(options.labels);
  if (options.labels_json.empty()) return Schema().entities(personal_data_labels());
  return Schema::from_entities_json(read_json_argument(options.labels_json, "--labels-json"));
}

/// The secret of pseudonyms. It is in no message.
std::string read_key(const RedactCommandOptions& options) {
  if (options.redact.mode != RedactionMode::kPseudonym) {
    if (!options.key_file.empty() || !options.key_variable.empty()) {
      throw UsageError("a key is for --mode pseudonym only");
    }
    return {};
  }
  if (options.key_file.empty() == options.key_variable.empty()) {
    throw UsageError(
        "--mode pseudonym needs one secret key: --key-file FILE or --key-env NAME; "
        "`head -c 32 /dev/urandom | base64 > FILE` makes one");
  }
  std::string key;
  if (options.key_file.empty()) {
    const char* value = std::getenv(options.key_variable.c_str());
    if (value != nullptr) key = value;
  } else {
    key = read_file_argument(options.key_file, "--key-file");
  }
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  return key;
}

/// Everything that is to be known before a model is loaded.
RedactCommandOptions checked(RedactCommandOptions options) {
  options.redact.mode = parse_redaction_mode(options.mode);
  options.redact.key = read_key(options);
  InferenceOptions& inference = options.extraction.inference;
  // CLI::Range lets a NaN through, and no score reaches one: everything would stay.
  if (std::isnan(inference.extract.threshold))
    throw UsageError("--threshold: expected a number in [0, 1], found nan");
  // A text that is read in part would be redacted in part.
  inference.extract.truncation_is_error = true;
  options.redact.offset_unit = inference.extract_options().offset_unit;
  options.extraction.input.may_quote = false;
  const std::string& report = options.extraction.output.report;
  if (options.report_text && report.empty()) throw UsageError("--report-text needs --report FILE");
  if (options.gate && !report.empty()) throw UsageError("--gate changes no text: there is nothing to report");
  redact("", {}, options.redact);  // refuses a short key or a fill of two signs
  return options;
}

/// What the rows depend on. The key is told by the pseudonym that it gives, from which nobody finds the key.
Json describe(const RedactCommandOptions& options) {
  const RedactOptions& redaction = options.redact;
  Json details = {{"mode", options.mode},   {"mask", redaction.mask},
                  {"fill", redaction.fill}, {"every_mention", redaction.every_mention},
                  {"gate", options.gate},   {"report_text", options.report_text}};
  if (redaction.mode == RedactionMode::kPseudonym) {
    const std::string word = "gliner";
    SensitiveSpan whole;
    whole.end = static_cast<std::int64_t>(word.size());
    whole.label = "key";
    details["key"] = redact(word, {whole}, redaction).text;
  }
  return details;
}

int run_redact(const GlobalOptions& global, const RedactCommandOptions& given) {
  const RedactCommandOptions options = checked(given);
  JobWork work;
  work.schemas.shared = make_schema(options);
  work.rows = options.gate ? make_gate_rows(options.redact) : make_redacted_rows(options.redact);
  if (!options.extraction.output.report.empty()) {
    work.report = make_redaction_report(options.redact, options.report_text);
  }
  work.details = describe(options);
  return run_job(global, options.extraction, work);
}

void add_what_options(CLI::App& command, RedactCommandOptions& options) {
  const std::string group = "What is personal (default: a list of 17 kinds, see below)";
  add_repeatable(command, "--label", options.labels, "Kind of entity; may be repeated")->group(group);
  command
      .add_option("--labels-json", options.labels_json,
                  R"(["kind", ...] or {"kind": "description" | {"description", "threshold"}})")
      ->type_name("JSON|FILE")
      ->group(group);
  command
      .add_option("--threshold", options.extraction.inference.extract.threshold,
                  "Remove spans with a score of at least this")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->type_name("SCORE")
      ->capture_default_str()
      ->group(group);
  command
      .add_flag("--every-mention", options.redact.every_mention,
                "Remove also every further place where removed text stands as a word")
      ->group(group);
}

void add_how_options(CLI::App& command, RedactCommandOptions& options) {
  const std::string group = "What stands in its place";
  command
      .add_option("--mode", options.mode,
                  "mask: ***; label: [PERSON]; same-length: ********; pseudonym: [PERSON_3f9a2c1b7d0e]")
      ->check(CLI::IsMember({"mask", "label", "same-length", "pseudonym"}))
      ->type_name("NAME")
      ->capture_default_str()
      ->group(group);
  command.add_option("--mask", options.redact.mask, "Of --mode mask")
      ->type_name("TEXT")
      ->capture_default_str()
      ->group(group);
  command.add_option("--fill", options.redact.fill, "Sign of --mode same-length")
      ->type_name("SIGN")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--key-file", options.key_file,
                  "File with the secret of --mode pseudonym, 16 bytes or more")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--key-env", options.key_variable, "Environment variable with that secret")
      ->type_name("NAME")
      ->group(group);
}

void add_result_options(CLI::App& command, RedactCommandOptions& options) {
  InferenceOptions& inference = options.extraction.inference;
  command
      .add_option("-o,--output", options.extraction.output.path, "File for the rows; - is standard output")
      ->type_name("PATH")
      ->capture_default_str()
      ->group("Output");
  command
      .add_flag("--gate", options.gate, "Say of each text whether it needs to be anonymized, and change none")
      ->group("Output");
  command
      .add_option("--report", options.extraction.output.report,
                  "File for one row a record: how many of each kind, and where")
      ->type_name("PATH")
      ->group("Output");
  command.add_flag("--report-text", options.report_text, "Write the removed text into the report")
      ->group("Output");
  command.add_option("--offset-unit", inference.offset_unit, "Unit of the report's start and end")
      ->type_name("UNIT")
      ->check(CLI::IsMember({"code-point", "byte", "utf16"}))
      ->capture_default_str()
      ->group("Output");
  command.add_option("--batch-size", inference.extract.batch_size, "Texts of one forward pass")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group("Long texts");
  command.add_flag("--long", inference.long_text, "Scan long texts in overlapping windows")
      ->group("Long texts");
  command.add_option("--chunk-size", inference.windows.chunk_size, "Words of a window")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group("Long texts");
  command
      .add_option("--chunk-overlap", inference.windows.chunk_overlap, "Words that neighbouring windows share")
      ->check(CLI::Range(0, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group("Long texts");
}

}  // namespace

void add_redact_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<RedactCommandOptions>();
  CLI::App* command = add_command(app, "redact", "Take personal data out of texts");
  add_what_options(*command, *options);
  add_how_options(*command, *options);
  add_input_options(*command, options->extraction.input);
  add_result_options(*command, *options);
  add_job_options(*command, options->extraction.job);
  command->footer(fmt::format(
      "Without --label: {}.\n\n"
      "A row is {{\"id\", \"text\", \"removed\": {{\"person\": 2}}}}. What was removed is printed nowhere, "
      "errors and "
      "messages\nincluded, unless --report-text asks for it. A text that the model would cut is an error "
      "row, not a "
      "text\nredacted in part. A model finds much, not all: look at a sample before you rely on it.\n\n"
      "Example:\n  gliner redact --mode pseudonym --key-file key.txt mails.jsonl -o clean.jsonl --report "
      "report.jsonl"
      "\n\n{}",
      fmt::join(personal_data_labels(), ", "), kExitCodesHelp));
  command->callback(
      [options, &global, &action] { action = [options, &global] { return run_redact(global, *options); }; });
}

}  // namespace gliner::cli
