#include "input/records.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>
#include <vector>

#include "exit_code.h"
#include "input/delimited_records.h"
#include "input/json_record.h"
#include "input/line_reader.h"
#include "input/parquet_records.h"
#include "input/plain_text.h"
#include "input/text_files.h"
#include "log.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::json;

bool is_blank(const std::string& line) {
  return std::all_of(line.begin(), line.end(),
                     [](unsigned char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

class LineRecords : public RecordReader {
 public:
  LineRecords(InputOptions options, bool json)
      : options_(std::move(options)), json_(json), lines_(options_.path, options_.max_record_bytes) {}

  bool next(InputRecord& record) override {
    std::string line;
    while (true) {
      const LineReader::Status status = lines_.next(line);
      if (status == LineReader::Status::kEnd) return false;
      if (status == LineReader::Status::kLine && is_blank(line)) continue;
      record = InputRecord();
      record.id = count_++;
      record.place = fmt::format("line {}", lines_.line_number());
      record.source_bytes = position();
      if (status == LineReader::Status::kTooLong) {
        record.error = too_long_error(options_);
      } else if (json_) {
        const Json value = parse_record_json(line, record.error);
        if (!record.error) read_json_record(value, options_, record);
      } else {
        take_text(std::move(line), record);
      }
      return true;
    }
  }

  std::uint64_t position() const override { return lines_.source().position(); }
  std::optional<std::uint64_t> size() const override { return lines_.source().size(); }
  bool is_live() const override { return lines_.source().is_live(); }

 private:
  InputOptions options_;
  bool json_;
  LineReader lines_;
  std::size_t count_ = 0;
};

class JsonFileRecords : public RecordReader {
 public:
  explicit JsonFileRecords(InputOptions options) : options_(std::move(options)) {
    std::optional<std::string> error;
    document_ = parse_record_json(read_all(options_.path, kMaxFileBytes), error);
    if (error) {
      throw UsageError(fmt::format("{}: {}; a file with one object a line must be named .jsonl",
                                   options_.path, options_.may_quote ? *error : "not valid JSON"));
    }
  }

  bool next(InputRecord& record) override {
    if (position_ == count()) return false;
    record = InputRecord();
    record.id = position_;
    if (document_.is_array()) record.place = fmt::format("record {}", position_);
    read_json_record(document_.is_array() ? document_[position_] : document_, options_, record);
    record.source_bytes = ++position_;
    return true;
  }

  // In records: their bytes are not known any more, and progress is a share.
  std::uint64_t position() const override { return position_; }
  std::optional<std::uint64_t> size() const override { return count(); }

 private:
  std::size_t count() const { return document_.is_array() ? document_.size() : 1; }

  InputOptions options_;
  Json document_;
  std::size_t position_ = 0;
};

/// Texts given on the command line, or one whole file.
class TextRecords : public RecordReader {
 public:
  explicit TextRecords(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  bool next(InputRecord& record) override {
    if (position_ == texts_.size()) return false;
    record = InputRecord();
    record.id = position_;
    record.text = std::move(texts_[position_++]);
    return true;
  }

 private:
  std::vector<std::string> texts_;
  std::size_t position_ = 0;
};

std::unique_ptr<RecordReader> open_whole_text(const std::string& path) {
  std::string text = read_all(path, kMaxFileBytes);
  remove_last_line_end(text);
  std::vector<std::string> texts;
  if (!text.empty()) texts.push_back(std::move(text));
  return std::make_unique<TextRecords>(std::move(texts));
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// ".jsonl" of "rows.jsonl", of "ROWS.JSONL" and of "rows.jsonl.gz".
std::string inner_extension(const std::string& path) {
  std::filesystem::path name = path;
  std::string extension = lower_case(name.extension().string());
  if (extension == ".gz" || extension == ".zst") {
    extension = lower_case(name.replace_extension().extension().string());
  }
  return extension;
}

/// What `--input-format auto` means for `path`.
std::string guess_format(const InputOptions& options) {
  if (options.path == "-") return "jsonl";
  if (names_many_files(options.path)) return "files";
  const std::string extension = inner_extension(options.path);
  if (extension == ".jsonl" || extension == ".ndjson") return "jsonl";
  if (extension == ".json") return "json";
  if (extension == ".csv") return "csv";
  if (extension == ".tsv" || extension == ".tab") return "tsv";
  if (extension == ".parquet") return "parquet";
  return options.text_split == "line" ? "lines" : "text";
}

}  // namespace

std::unique_ptr<RecordReader> open_records(const InputOptions& options) {
  if (!options.texts.empty()) {
    if (!options.path.empty()) throw UsageError("give either INPUT or --text, not both");
    return std::make_unique<TextRecords>(options.texts);
  }
  if (options.path.empty()) throw UsageError("no input: give INPUT, - for standard input, or --text TEXT");

  std::string format = options.format == "auto" ? guess_format(options) : options.format;
  if (format == "text" && options.text_split == "line") format = "lines";
  if (format == "files" && options.text_split == "line") {
    throw UsageError("--text-split line needs a single file: each file of a folder is one record");
  }
  if (format == "jsonl") return std::make_unique<LineRecords>(options, /*json=*/true);
  if (format == "json") return std::make_unique<JsonFileRecords>(options);
  if (format == "csv" || format == "tsv") return open_delimited(options, format == "csv" ? ',' : '\t');
  if (format == "parquet") return open_parquet(options);
  if (format == "lines") return std::make_unique<LineRecords>(options, /*json=*/false);
  if (format == "files") return open_text_files(options);
  return open_whole_text(options.path);
}

}  // namespace gliner::cli
