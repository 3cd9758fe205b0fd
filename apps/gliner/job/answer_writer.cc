#include "job/answer_writer.h"

#include "gliner/error.h"
#include "log.h"

namespace gliner::cli {

AnswerWriter::AnswerWriter(JobOutput& output, const RowFormat& format, Progress& progress,
                           std::optional<std::size_t> max_errors, std::optional<std::uint64_t> input_bytes)
    : output_(output),
      format_(format),
      progress_(progress),
      max_errors_(max_errors),
      input_bytes_(input_bytes),
      tally_(output.start().tally) {}

void AnswerWriter::begin() {
  if (begun_) return;
  begun_ = true;
  output_.go_on();
  if (tally_.rows == 0) output_.file().append(format_.head());
}

bool AnswerWriter::append(const Row& row) {
  const Result& result = row.result;
  std::optional<std::string> error = result.error;
  ++tally_.rows;
  if (!error) {
    try {
      output_.file().append(format_.result_row(row));
    } catch (const Error& failure) {  // a result that has no such form
      error = failure.what();
    }
  }
  if (!error) {
    if (result.truncated_words > 0 || result.truncated_tokens > 0) ++tally_.truncated;
    tally_.truncated_words += static_cast<std::uint64_t>(result.truncated_words);
    tally_.truncated_tokens += static_cast<std::uint64_t>(result.truncated_tokens);
    tally_.words += static_cast<std::uint64_t>(result.words);
    tally_.tokens += static_cast<std::uint64_t>(result.tokens);
    return true;
  }
  ++tally_.failed;
  const std::string& place = row.record.place;
  output_.file().append(format_.error_row(row, place.empty() ? *error : place + ": " + *error));
  return !max_errors_ || tally_.failed <= *max_errors_;
}

bool AnswerWriter::write(const Window& window) {
  begin();
  for (std::size_t i = 0; i < window.records.size() && !too_many_errors_; ++i) {
    too_many_errors_ = !append({window.first_row + i, window.records[i], window.results[i]});
  }
  has_reader_ = output_.file().flush();
  if (!has_reader_ || too_many_errors_) return false;
  if (window.full) {
    checkpoint_tally_ = tally_;
    input_digest_ = window.input_digest;
    checkpoint_pending_ = true;
    output_.checkpoint(tally_, window.input_digest);
  }
  progress_.show(tally_, {window.source_bytes, input_bytes_});
  log_debug("{} records", tally_.rows);
  return true;
}

void AnswerWriter::finish() {
  if (!has_reader_) return;
  begin();
  // A run that was stopped behind a whole window goes on from there. Behind a part of one it does not.
  if (checkpoint_pending_ && checkpoint_tally_.rows == tally_.rows) {
    output_.checkpoint(checkpoint_tally_, input_digest_, /*now=*/true);
  }
  output_.file().append(format_.foot());
  has_reader_ = output_.file().finish();
}

}  // namespace gliner::cli
