#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "exit_code.h"
#include "gliner/error.h"
#include "gliner/redact.h"
#include "input/records.h"
#include "interrupt.h"
#include "json_argument.h"
#include "model_source.h"
#include "output/output_file.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RedactCommandOptions {
  InputOptions input;
  std::string output = "-";
  std::string report;
  bool report_text = false;
  bool gate = false;
  std::vector<std::string> labels;
  std::string labels_json;
  std::string mode = "label";
  RedactOptions redact;
  std::string key_file;
  std::string key_variable;
  ExtractOptions extract;
  std::string offset_unit = "code-point";
  bool long_text = false;
  LongOptions windows;
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
  options.redact.offset_unit = options.offset_unit == "byte"    ? OffsetUnit::kByte
                               : options.offset_unit == "utf16" ? OffsetUnit::kUtf16
                                                                : OffsetUnit::kCodePoint;
  options.extract.offset_unit = options.redact.offset_unit;
  // CLI::Range lets a NaN through, and no score reaches one: everything would stay.
  if (std::isnan(options.extract.threshold))
    throw UsageError("--threshold: expected a number in [0, 1], found nan");
  // A text that is read in part would be redacted in part.
  options.extract.truncation_is_error = true;
  if (options.long_text && options.windows.chunk_overlap >= options.windows.chunk_size) {
    throw UsageError("--chunk-overlap must be smaller than --chunk-size");
  }
  if (options.report_text && options.report.empty()) throw UsageError("--report-text needs --report FILE");
  if (options.gate && !options.report.empty())
    throw UsageError("--gate changes no text: there is nothing to report");
  redact("", {}, options.redact);  // refuses a short key or a fill of two signs
  return options;
}

std::string line_of(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

Json counts_of(const RedactedText& redacted) {
  std::map<std::string, std::size_t> counts;
  for (const Redaction& redaction : redacted.redactions) ++counts[redaction.label];
  Json json = Json::object();
  for (const auto& [label, count] : counts) json[label] = count;
  return json;
}

/// One row of the report. The removed text itself only where it was asked for.
Json report_row(const InputRecord& record, const RedactedText& redacted, bool with_text) {
  Json spans = Json::array();
  for (const Redaction& each : redacted.redactions) {
    Json span = {{"start", each.begin},
                 {"end", each.end},
                 {"labels", each.labels},
                 {"new_start", each.new_begin},
                 {"new_end", each.new_end}};
    if (with_text) span["text"] = record.text.substr(each.begin_byte, each.end_byte - each.begin_byte);
    spans.push_back(std::move(span));
  }
  return {{"id", record.id}, {"counts", counts_of(redacted)}, {"spans", std::move(spans)}};
}

struct RedactTally {
  std::size_t records = 0;
  std::size_t failed = 0;
  std::size_t changed = 0;
  std::map<std::string, std::size_t> removed;
};

/// Redacts batch by batch. What goes wrong with a record is told without a word of its text: messages of
/// parsers quote what they stumble over.
class Redactor {
 public:
  Redactor(const Extractor& model, const RedactCommandOptions& options, Schema schema)
      : model_(model), options_(options), schema_(std::move(schema)) {}

  void run(const std::vector<InputRecord>& records, OutputFile& rows, OutputFile* report);
  const RedactTally& tally() const { return tally_; }

 private:
  std::vector<Result> extract(const std::vector<std::string>& texts) const;
  std::vector<Result> find(const std::vector<InputRecord>& records) const;
  void write(const InputRecord& record, const Result& result, OutputFile& rows, OutputFile* report);
  void write_failure(const InputRecord& record, const char* what, OutputFile& rows, OutputFile* report);

  const Extractor& model_;
  const RedactCommandOptions& options_;
  Schema schema_;
  RedactTally tally_;
};

std::vector<Result> Redactor::extract(const std::vector<std::string>& texts) const {
  return options_.long_text ? model_.batch_extract_long(texts, schema_, options_.extract, options_.windows)
                            : model_.batch_extract(texts, schema_, options_.extract);
}

/// A result for each record that has a text.
std::vector<Result> Redactor::find(const std::vector<InputRecord>& records) const {
  std::vector<std::string> texts;
  for (const InputRecord& record : records) {
    if (!record.error) texts.push_back(record.text);
  }
  if (texts.empty()) return {};
  try {
    return extract(texts);
  } catch (const InputError&) {
    throw;  // labels or an option that cannot be used: no record will ever succeed
  } catch (const std::exception&) {
    log_warning("a batch of {} failed and is tried again one by one", texts.size());
  }
  std::vector<Result> results;
  for (const std::string& text : texts) {
    try {
      results.push_back(extract({text}).front());
    } catch (const std::exception& error) {
      results.emplace_back();
      results.back().error = error.what();
    }
  }
  return results;
}

void Redactor::write_failure(const InputRecord& record, const char* what, OutputFile& rows,
                             OutputFile* report) {
  ++tally_.failed;
  const std::string where = record.place.empty() ? what : record.place + ": " + what;
  const std::string row = line_of({{"id", record.id}, {"error", where}});
  rows.append(row);
  if (report != nullptr) report->append(row);
}

void Redactor::write(const InputRecord& record, const Result& result, OutputFile& rows, OutputFile* report) {
  if (result.error) {
    write_failure(record, "the text cannot be read to its end: not UTF-8, or too long; see --long", rows,
                  report);
    return;
  }
  const RedactedText redacted = redact(record.text, sensitive_spans(result), options_.redact);
  if (!redacted.redactions.empty()) ++tally_.changed;
  for (const Redaction& each : redacted.redactions) ++tally_.removed[each.label];
  if (options_.gate) {
    rows.append(line_of({{"id", record.id},
                         {"needs_anonymization", !redacted.redactions.empty()},
                         {"found", counts_of(redacted)}}));
    return;
  }
  rows.append(line_of({{"id", record.id}, {"text", redacted.text}, {"removed", counts_of(redacted)}}));
  if (report != nullptr) report->append(line_of(report_row(record, redacted, options_.report_text)));
}

void Redactor::run(const std::vector<InputRecord>& records, OutputFile& rows, OutputFile* report) {
  const std::vector<Result> results = find(records);
  std::size_t next = 0;
  for (const InputRecord& record : records) {
    ++tally_.records;
    if (record.error) {
      write_failure(record, "not a record with a text; `gliner entities` says what is wrong with it", rows,
                    report);
    } else {
      write(record, results[next++], rows, report);
    }
  }
}

int finish(const RedactTally& tally, bool gate) {
  std::string removed;
  for (const auto& [label, count] : tally.removed) {
    removed += fmt::format("{}{} {}", removed.empty() ? "" : ", ", label, count);
  }
  log_info("{} of {} records {}: {}", tally.changed, tally.records,
           gate ? "need to be anonymized" : "were changed", removed.empty() ? "nothing found" : removed);
  if (tally.failed > 0)
    log_warning("{} of {} records failed: see error in their rows", tally.failed, tally.records);
  if (const int signal = interrupt_signal(); signal != 0) {
    log_error("stopped by {}: {} records were written", interrupt_name(), tally.records);
    return 128 + signal;
  }
  return tally.failed > 0 ? kRecordsFailed : kDone;
}

std::vector<InputRecord> read_batch(RecordReader& reader, std::size_t size) {
  std::vector<InputRecord> records;
  InputRecord record;
  while (records.size() < size && reader.next(record)) records.push_back(std::move(record));
  return records;
}

int run_redact(const GlobalOptions& global, const RedactCommandOptions& given) {
  const RedactCommandOptions options = checked(given);
  Schema schema = make_schema(options);
  global.model.check();
  const std::unique_ptr<RecordReader> reader = open_records(options.input);
  const Extractor model = load_model(global.model);
  OutputFile rows(options.output, options.input.path);
  std::optional<OutputFile> report;
  if (!options.report.empty()) report.emplace(options.report, options.input.path);
  if (rows.is_regular()) rows.truncate(0);
  if (report && report->is_regular()) report->truncate(0);
  catch_interrupts();

  Redactor redactor(model, options, std::move(schema));
  while (interrupt_signal() == 0) {
    const auto batch = read_batch(*reader, static_cast<std::size_t>(options.extract.batch_size));
    if (batch.empty()) break;
    redactor.run(batch, rows, report ? &*report : nullptr);
    if (report) report->flush();
    if (!rows.flush()) break;  // the reader of standard output went away
  }
  if (report) report->finish();
  rows.finish();
  return finish(redactor.tally(), options.gate);
}

void add_what_options(CLI::App& command, RedactCommandOptions& options) {
  const std::string group = "What is personal (default: a list of 17 kinds, see below)";
  add_repeatable(command, "--label", options.labels, "Kind of entity; may be repeated")->group(group);
  command
      .add_option("--labels-json", options.labels_json,
                  R"(["kind", ...] or {"kind": "description" | {"description", "threshold"}})")
      ->type_name("JSON|FILE")
      ->group(group);
  command.add_option("--threshold", options.extract.threshold, "Remove spans with a score of at least this")
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
  command.add_option("-o,--output", options.output, "File for the rows; - is standard output")
      ->type_name("PATH")
      ->capture_default_str()
      ->group("Output");
  command
      .add_flag("--gate", options.gate, "Say of each text whether it needs to be anonymized, and change none")
      ->group("Output");
  command
      .add_option("--report", options.report, "File for one row a record: how many of each kind, and where")
      ->type_name("PATH")
      ->group("Output");
  command.add_flag("--report-text", options.report_text, "Write the removed text into the report")
      ->group("Output");
  command.add_option("--offset-unit", options.offset_unit, "Unit of the report's start and end")
      ->type_name("UNIT")
      ->check(CLI::IsMember({"code-point", "byte", "utf16"}))
      ->capture_default_str()
      ->group("Output");
  command.add_option("--batch-size", options.extract.batch_size, "Texts of one forward pass")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group("Long texts");
  command.add_flag("--long", options.long_text, "Scan long texts in overlapping windows")
      ->group("Long texts");
  command.add_option("--chunk-size", options.windows.chunk_size, "Words of a window")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group("Long texts");
  command
      .add_option("--chunk-overlap", options.windows.chunk_overlap, "Words that neighbouring windows share")
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
  add_input_options(*command, options->input);
  add_result_options(*command, *options);
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
