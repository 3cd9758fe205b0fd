#include "extraction.h"

#include <chrono>
#include <csignal>
#include <vector>

#include "exit_code.h"
#include "gliner/error.h"
#include "gliner/extractor.h"
#include "interrupt.h"
#include "log.h"
#include "model_source.h"
#include "records.h"
#include "row_writer.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Messages can quote bytes of a broken input, which JSON cannot hold.
std::string dump(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string result_row(const InputRecord& record, const Result& result, bool as_spans) {
  const std::string found = as_spans ? to_spans_json(result) : to_json(result);
  std::string row = fmt::format(R"({{"id":{},"result":{})", dump(record.id), found);
  if (result.truncated_words > 0) row += fmt::format(R"(,"truncated_words":{})", result.truncated_words);
  if (result.truncated_tokens > 0) row += fmt::format(R"(,"truncated_tokens":{})", result.truncated_tokens);
  return row + "}";
}

std::string error_row(const InputRecord& record, const std::string& message) {
  const std::string where = record.place.empty() ? message : record.place + ": " + message;
  return fmt::format(R"({{"id":{},"error":{}}})", dump(record.id), dump(where));
}

struct Tally {
  std::size_t records = 0;
  std::size_t failed = 0;
  std::size_t truncated = 0;
};

class BatchExtractor {
 public:
  BatchExtractor(const Extractor& model, const InferenceOptions& inference, const SchemaSource& schemas)
      : model_(model), options_(inference.extract_options()), inference_(inference), schemas_(schemas) {}

  /// Gives each record its result or its error.
  std::vector<Result> extract(std::vector<InputRecord>& records) const;

 private:
  /// `schemas`: one for all texts, or one per text.
  std::vector<Result> run(const std::vector<std::string>& texts, const std::vector<Schema>& schemas) const;
  Result run_one(const std::string& text, const Schema& schema) const;
  Schema schema_of(const InputRecord& record) const;

  const Extractor& model_;
  ExtractOptions options_;
  const InferenceOptions& inference_;
  const SchemaSource& schemas_;
};

std::vector<Result> BatchExtractor::run(const std::vector<std::string>& texts,
                                        const std::vector<Schema>& schemas) const {
  if (inference_.long_text) {
    return schemas.size() == 1
               ? model_.batch_extract_long(texts, schemas.front(), options_, inference_.windows)
               : model_.batch_extract_long(texts, schemas, options_, inference_.windows);
  }
  return schemas.size() == 1 ? model_.batch_extract(texts, schemas.front(), options_)
                             : model_.batch_extract(texts, schemas, options_);
}

Result BatchExtractor::run_one(const std::string& text, const Schema& schema) const {
  try {
    return run({text}, {schema}).front();
  } catch (const std::exception& error) {
    Result failed;
    failed.error = error.what();
    return failed;
  }
}

Schema BatchExtractor::schema_of(const InputRecord& record) const {
  if (record.schema) return schemas_.parse_own(*record.schema);
  if (schemas_.shared) return *schemas_.shared;
  throw InputError("the record has no schema of its own and --schema-file is not given");
}

std::vector<Result> BatchExtractor::extract(std::vector<InputRecord>& records) const {
  std::vector<Result> results(records.size());
  std::vector<std::size_t> usable;  // index in `records` of each text
  std::vector<std::string> texts;
  std::vector<Schema> schemas;
  bool own_schemas = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    InputRecord& record = records[i];
    if (record.error) {
      results[i].error = record.error;
      continue;
    }
    try {
      schemas.push_back(schema_of(record));
    } catch (const InputError& error) {
      results[i].error = error.what();
      continue;
    }
    own_schemas = own_schemas || record.schema.has_value();
    usable.push_back(i);
    texts.push_back(std::move(record.text));
  }
  if (texts.empty()) return results;

  std::vector<Result> found;
  try {
    found = own_schemas ? run(texts, schemas) : run(texts, {*schemas_.shared});
  } catch (const InputError&) {
    // The shared schema or an option cannot be used: no record will ever succeed.
    if (!own_schemas) throw;
  } catch (const std::exception& error) {
    log_warning("a batch of {} failed and is tried again one by one: {}", texts.size(), error.what());
  }
  for (std::size_t k = 0; k < usable.size(); ++k) {
    results[usable[k]] = found.empty() ? run_one(texts[k], schemas[k]) : std::move(found[k]);
  }
  return results;
}

std::vector<InputRecord> read_batch(RecordReader& reader, std::size_t size) {
  std::vector<InputRecord> records;
  InputRecord record;
  while (records.size() < size && reader.next(record)) records.push_back(std::move(record));
  return records;
}

void write_rows(const std::vector<InputRecord>& records, const std::vector<Result>& results, bool as_spans,
                RowWriter& writer, Tally& tally) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    ++tally.records;
    std::optional<std::string> error = results[i].error;
    if (!error) {
      try {
        writer.write(result_row(records[i], results[i], as_spans));
        if (results[i].truncated_words > 0 || results[i].truncated_tokens > 0) ++tally.truncated;
        continue;
      } catch (const Error& failure) {  // a result that has no JSON form
        error = failure.what();
      }
    }
    ++tally.failed;
    writer.write(error_row(records[i], *error));
  }
}

int report(const Tally& tally, double seconds) {
  if (tally.truncated > 0) {
    log_warning("{} of {} texts were cut: see truncated_words and truncated_tokens in their rows",
                tally.truncated, tally.records);
  }
  if (tally.failed > 0) {
    log_warning("{} of {} records failed: see error in their rows", tally.failed, tally.records);
  }
  log_info("{} records in {:.2f} s", tally.records, seconds);
  if (const int signal = interrupt_signal(); signal != 0) {
    log_error("stopped by {}: {} records were written", signal == SIGINT ? "SIGINT" : "SIGTERM",
              tally.records);
    return 128 + signal;
  }
  return tally.failed > 0 ? kRecordsFailed : kDone;
}

}  // namespace

int run_extraction(const GlobalOptions& global, const ExtractionOptions& options,
                   const SchemaSource& schemas) {
  // Whatever is wrong with the command line or the input shows before the seconds that a model takes to load.
  const ExtractOptions checked = options.inference.extract_options();
  global.model.check();
  const std::unique_ptr<RecordReader> reader = open_records(options.input);

  const Extractor model = load_model(global.model);
  const BatchExtractor extractor(model, options.inference, schemas);
  RowWriter writer(options.output.path, options.input.path, options.output.pretty);
  catch_interrupts();

  Tally tally;
  const auto begin = std::chrono::steady_clock::now();
  while (interrupt_signal() == 0) {
    std::vector<InputRecord> records = read_batch(*reader, static_cast<std::size_t>(checked.batch_size));
    if (records.empty()) break;
    const std::vector<Result> results = extractor.extract(records);
    write_rows(records, results, options.output.format == "spans", writer, tally);
    if (!writer.flush()) {
      log_debug("the reader of standard output went away after {} records", tally.records);
      return kDone;
    }
    log_debug("{} records", tally.records);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return report(tally, seconds.count());
}

}  // namespace gliner::cli
