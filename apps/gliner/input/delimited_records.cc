#include "input/delimited_records.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "exit_code.h"
#include "input/plain_text.h"
#include "log.h"

namespace gliner::cli {
namespace {

/// Takes one row line by line.
class RowParser {
 public:
  RowParser(char delimiter, std::vector<std::string>& cells) : delimiter_(delimiter), cells_(cells) {
    cells_.assign(1, "");
  }

  /// `line` with its end. False when the line breaks the rules.
  bool add(const std::string& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (state_ == State::kQuoted) {
        if (c == '"') {
          state_ = State::kQuoteInQuoted;
        } else {
          cells_.back() += c;
        }
      } else if (c == delimiter_) {
        cells_.emplace_back();
        state_ = State::kCellBegin;
      } else if (is_line_end(line, i)) {
        return true;
      } else if (state_ == State::kQuoteInQuoted) {
        if (c != '"') return false;
        cells_.back() += '"';
        state_ = State::kQuoted;
      } else if (c == '"' && state_ == State::kCellBegin) {
        state_ = State::kQuoted;
      } else {
        cells_.back() += c;
        state_ = State::kPlain;
      }
    }
    return true;
  }

  /// True when the row goes on with the next line.
  bool is_open() const { return state_ == State::kQuoted; }

 private:
  enum class State { kCellBegin, kPlain, kQuoted, kQuoteInQuoted };

  static bool is_line_end(const std::string& line, std::size_t i) {
    return line.compare(i, std::string::npos, "\n") == 0 || line.compare(i, std::string::npos, "\r\n") == 0 ||
           line.compare(i, std::string::npos, "\r") == 0;  // a last line without LF
  }

  char delimiter_;
  std::vector<std::string>& cells_;
  State state_ = State::kCellBegin;
};

bool is_blank(const std::string& line) { return line.find_first_not_of("\r\n") == std::string::npos; }

}  // namespace

DelimitedReader::DelimitedReader(const std::string& path, char delimiter, std::size_t max_row_bytes)
    : lines_(path, max_row_bytes, LineReader::LineEnds::kKeep),
      delimiter_(delimiter),
      max_row_bytes_(max_row_bytes) {}

bool DelimitedReader::take_line(Line& line) {
  if (!given_back_.empty()) {
    line = std::move(given_back_.back());
    given_back_.pop_back();
    return true;
  }
  const LineReader::Status status = lines_.next(line.text);
  line.number = lines_.line_number();
  line.too_long = status == LineReader::Status::kTooLong;
  return status != LineReader::Status::kEnd;
}

void DelimitedReader::give_back(std::vector<Line>& lines) {
  while (lines.size() > 1) {
    given_back_.push_back(std::move(lines.back()));
    lines.pop_back();
  }
}

bool DelimitedReader::next(Row& row) {
  row = Row();
  std::vector<Line> taken(1);
  do {
    if (!take_line(taken.front())) return false;
  } while (!taken.front().too_long && is_blank(taken.front().text));
  row.line_number = taken.front().number;

  RowParser parser(delimiter_, row.cells);
  std::size_t bytes = 0;
  while (true) {
    bytes += taken.back().text.size();
    if (taken.back().too_long || bytes > max_row_bytes_) {
      row.error = fmt::format("longer than {} bytes; see --max-record-bytes", max_row_bytes_);
    } else if (!parser.add(taken.back().text)) {
      row.error = "a quoted cell goes on behind its closing quote";
    } else if (!parser.is_open()) {
      return true;
    } else {
      Line line;
      if (take_line(line)) {
        taken.push_back(std::move(line));
        continue;
      }
      row.error = "a quote that is never closed";
    }
    give_back(taken);
    return true;
  }
}

namespace {

class DelimitedRecords : public RecordReader {
 public:
  DelimitedRecords(const InputOptions& options, char delimiter)
      : rows_(options.path, delimiter, options.max_record_bytes) {
    DelimitedReader::Row header;
    if (!rows_.next(header)) return;  // an empty file has no records
    if (!header.error.empty()) {
      throw UsageError(
          fmt::format("{}: the first row, which names the columns: {}", rows_.source().name(), header.error));
    }
    columns_ = std::move(header.cells);
    text_ = column(options.text_field);
    if (!text_) {
      // A file without a header has a record in its place.
      const std::string columns =
          options.may_quote ? fmt::format(" (columns: {})", fmt::join(columns_, ", ")) : "";
      throw UsageError(fmt::format("{} has no column \"{}\"{}; see --text-field", rows_.source().name(),
                                   options.text_field, columns));
    }
    id_ = column(options.id_field);
    if (!options.schema_field.empty()) schema_ = column(options.schema_field);
  }

  bool next(InputRecord& record) override {
    DelimitedReader::Row row;
    if (columns_.empty() || !rows_.next(row)) return false;
    record = InputRecord();
    record.id = count_++;
    record.place = fmt::format("line {}", row.line_number);
    record.source_bytes = position();
    if (!row.error.empty()) {
      record.error = std::move(row.error);
    } else if (row.cells.size() != columns_.size()) {
      record.error =
          fmt::format("expected {} cells, as in the first row, found {}", columns_.size(), row.cells.size());
    } else {
      if (id_ && !row.cells[*id_].empty()) record.id = row.cells[*id_];
      if (schema_ && !row.cells[*schema_].empty()) record.schema = std::move(row.cells[*schema_]);
      take_text(std::move(row.cells[*text_]), record);
    }
    return true;
  }

  std::uint64_t position() const override { return rows_.source().position(); }
  std::optional<std::uint64_t> size() const override { return rows_.source().size(); }
  bool is_live() const override { return rows_.source().is_live(); }

 private:
  std::optional<std::size_t> column(const std::string& name) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end()) return {};
    if (std::find(found + 1, columns_.end(), name) != columns_.end()) {
      throw UsageError(fmt::format("{} has two columns \"{}\"", rows_.source().name(), name));
    }
    return static_cast<std::size_t>(found - columns_.begin());
  }

  DelimitedReader rows_;
  std::vector<std::string> columns_;
  std::optional<std::size_t> text_, id_, schema_;
  std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> open_delimited(const InputOptions& options, char delimiter) {
  return std::make_unique<DelimitedRecords>(options, delimiter);
}

}  // namespace gliner::cli
