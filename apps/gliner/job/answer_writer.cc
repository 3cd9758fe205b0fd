#include "job/answer_writer.h"

#include "gliner/error.h"
#include "log.h"

namespace gliner::cli {

AnswerWriter::AnswerWriter(JobOutput& output, const JobWork& work, Progress& progress,
                           std::optional<std::size_t> max_errors, std::optional<std::uint64_t> input_bytes)
    : output_(output),
      work_(work),
      progress_(progress),
      max_errors_(max_errors),
      input_bytes_(input_bytes),
      tally_(output.start().tally) {}

template <typename TextOf>
void AnswerWriter::append_text(TextOf text_of) {
  const std::string rows = text_of(*work_.rows);
  const std::string report = output_.has_report() ? text_of(*work_.report) : std::string();
  output_.append(rows);  // both or none: what throws does so above
  if (output_.has_report()) output_.append_report(report);
}

void AnswerWriter::begin() {
  if (begun_) return;
  begun_ = true;
  output_.go_on();
  if (tally_.rows == 0) append_text([](const RowFormat& format) { return format.head(); });
}

bool AnswerWriter::append(const Row& row) {
  const Result& result = row.result;
  std::optional<std::string> error = result.error;
  ++tally_.rows;
  if (!error) {
    try {
      append_text([&row](const RowFormat& format) { return format.result_row(row); });
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
  const std::string message = place.empty() ? *error : place + ": " + *error;
  append_text([&](const RowFormat& format) { return format.error_row(row, message); });
  return !max_errors_ || tally_.failed <= *max_errors_;
}

bool AnswerWriter::write(const Window& window) {
  begin();
  for (std::size_t i = 0; i < window.records.size() && !too_many_errors_; ++i) {
    too_many_errors_ = !append({window.first_row + i, window.records[i], window.results[i]});
  }
  has_reader_ = output_.flush();
  if (!has_reader_ || too_many_errors_) return false;
  // Behind a part of a window a later run would not see the same windows.
  if (window.full) output_.checkpoint(tally_, window.input_digest);
  progress_.show(tally_, {window.source_bytes, input_bytes_});
  log_debug("{} records", tally_.rows);
  return true;
}

void AnswerWriter::finish() {
  if (!has_reader_) return;
  begin();
  append_text([](const RowFormat& format) { return format.foot(); });
  has_reader_ = output_.finish();
}

}  // namespace gliner::cli
