#include "extraction.h"

#include <unistd.h>

#include "exit_code.h"
#include "gliner/error.h"
#include "gliner/extractor.h"
#include "interrupt.h"
#include "job/answer_writer.h"
#include "job/batch_extractor.h"
#include "job/job_description.h"
#include "job/model_checksum.h"
#include "job/pipeline.h"
#include "job/statistics.h"
#include "log.h"
#include "measurement.h"
#include "model_source.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Eight batches are enough for the library to put texts of one length together, and few enough to be done
/// soon when a signal asks to stop. A card is done with thousands of texts as soon, and stands still between
/// two windows.
WindowLimits window_limits(int batch_size, bool on_cards) {
  constexpr std::size_t kBatches = 8;
  constexpr std::size_t kBytesOfBatch = 8192;
  WindowLimits limits;
  limits.batch_size = static_cast<std::size_t>(batch_size);
  limits.max_rows = limits.batch_size * kBatches;
  limits.max_bytes = limits.batch_size * kBytesOfBatch;
  if (on_cards) {
    constexpr std::size_t kRows = 8192;
    constexpr std::size_t kBytes = std::size_t{16} << 20;
    limits.max_rows = std::max(limits.max_rows, kRows);
    limits.max_bytes = std::max(limits.max_bytes, kBytes);
  }
  return limits;
}

void report_tally(const Tally& tally, double seconds) {
  if (tally.truncated > 0) {
    log_warning("{} of {} texts were cut: see truncated_words and truncated_tokens in their rows",
                tally.truncated, tally.rows);
  }
  if (tally.failed > 0) {
    log_warning("{} of {} records failed: see error in their rows", tally.failed, tally.rows);
  }
  log_info("{} records in {:.2f} s", tally.rows, seconds);
}

/// Graphs that could not be had cost time, not answers.
void report_graphs(const CudaGraphReport& graphs) {
  if (graphs.failures > 0)
    log_warning("--cuda-graphs: {} sizes of forward passes were launched as usual: {}", graphs.failures,
                graphs.failure);
  if (graphs.captured > 0)
    log_info("CUDA graphs: {} captured; {} small forward passes replayed, {} launched", graphs.captured,
             graphs.replayed, graphs.launched);
}

/// How the run ended, as an exit code; says so where it was not the end of the input.
int report_ending(const AnswerWriter& answers, bool can_resume) {
  const Tally& tally = answers.tally();
  const char* const hint = can_resume ? "; the same command with --resume finishes the job" : "";
  if (!answers.has_reader()) {
    log_debug("the reader of standard output went away after {} records", tally.rows);
    return kDone;
  }
  if (answers.has_too_many_errors()) {
    log_error("stopped: {} records failed; {} records were written{}", tally.failed, tally.rows, hint);
    return kRecordsFailed;
  }
  if (const int signal = interrupt_signal(); signal != 0) {
    log_error("stopped by {}: {} records were written{}", interrupt_name(), tally.rows, hint);
    return 128 + signal;
  }
  return tally.failed > 0 ? kRecordsFailed : kDone;
}

/// A job whose model is loaded.
class Job {
 public:
  Job(const ExtractionOptions& options, const JobWork& work, RecordReader& reader, JobOutput& output)
      : options_(options),
        reader_(reader),
        output_(output),
        progress_(Progress::choose(options.output.path == "-" && is_terminal_output()), output.start().tally,
                  {0, reader.size()}),
        answers_(output, work, progress_, options.job.max_errors, reader.size()) {}

  /// Returns an exit code.
  int run(BatchExtractor extractor, bool on_cards, Statistics& statistics) {
    const Clock::time_point begin = Clock::now();
    const Tally& before = output_.start().tally;
    statistics.resumed_rows = before.rows;
    statistics.resumed_tokens = before.tokens;
    try {
      run_stages({reader_, [&](Window& window) { window.results = extractor.extract(window.records); },
                  [&](const Window& window) { return answers_.write(window); }},
                 window_limits(options_.inference.extract.batch_size, on_cards),
                 {before.rows, output_.start().input_digest});
      answers_.finish();
      statistics.complete =
          answers_.has_reader() && !answers_.has_too_many_errors() && interrupt_signal() == 0;
      output_.complete(answers_.tally(), statistics.complete);
    } catch (const IoError& error) {
      set_status_line("");
      throw IoError(fmt::format("{}; {} records were answered{}", error.what(), answers_.tally().rows,
                                output_.has_journal() ? "; the same command with --resume goes on" : ""));
    }
    set_status_line("");
    statistics.tally = answers_.tally();
    statistics.seconds = seconds_since(begin);
    report_tally(answers_.tally(), statistics.seconds);
    statistics.exit_code = report_ending(answers_, output_.has_journal());
    return statistics.exit_code;
  }

  bool has_rows() const { return answers_.tally().rows > 0; }

 private:
  static bool is_terminal_output();

  const ExtractionOptions& options_;
  RecordReader& reader_;
  JobOutput& output_;
  Progress progress_;
  AnswerWriter answers_;
};

bool Job::is_terminal_output() { return isatty(STDOUT_FILENO) != 0; }

}  // namespace

int run_job(const GlobalOptions& global, const ExtractionOptions& options, const JobWork& work) {
  // Whatever is wrong with the command line or the input shows before the seconds that a model takes to load.
  ExtractOptions extract = options.inference.extract_options();
  if (const std::optional<OffsetUnit> unit = work.rows->offset_unit()) extract.offset_unit = *unit;
  const bool wants_journal = JobOutput::wants_journal(options);
  global.model.check();
  const std::unique_ptr<RecordReader> reader = open_records(options.input);

  const Clock::time_point begin = Clock::now();
  const Extractor model = load_model(global.model);
  std::optional<ModelChecksum> checksum;
  if (wants_journal) checksum.emplace(global.model);
  JobOutput output(options, *work.rows, wants_journal ? describe_job(global, options, work) : Json(),
                   checksum ? &*checksum : nullptr);
  Statistics statistics;
  statistics.load_seconds = seconds_since(begin);
  catch_interrupts();

  int exit_code = kDone;
  if (output.is_complete()) {
    log_warning("{} is complete already: {} records", options.output.path, output.start().tally.rows);
    statistics.tally = output.start().tally;
    statistics.resumed_rows = statistics.tally.rows;
    statistics.resumed_tokens = statistics.tally.tokens;
    statistics.complete = true;
    exit_code = statistics.exit_code = statistics.tally.failed > 0 ? kRecordsFailed : kDone;
  } else {
    Job running(options, work, *reader, output);
    try {
      const bool on_cards = model.report().devices != std::vector<std::string>{"cpu"};
      exit_code = running.run(BatchExtractor(model, extract, options.inference.long_options(), work.schemas,
                                             options.input.may_quote),
                              on_cards, statistics);
    } catch (...) {
      if (!running.has_rows()) output.abandon();
      throw;
    }
  }
  report_graphs(model.cuda_graph_report());
  if (!options.job.stats_path.empty()) write_json_file(options.job.stats_path, to_json(statistics));
  return exit_code;
}

int run_extraction(const GlobalOptions& global, const ExtractionOptions& options,
                   const SchemaSource& schemas) {
  return run_job(global, options, {schemas, make_row_format(options.output), nullptr, {}});
}

}  // namespace gliner::cli
