#include "records.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "byte_source.h"
#include "exit_code.h"
#include "log.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::json;

/// "line 2, column 7: unexpected end of input; ..." without the parser's own prefix and exception number.
std::string parse_error_message(const Json::parse_error& error) {
  std::string message = error.what();
  if (const auto end = message.find("] "); end != std::string::npos) message.erase(0, end + 2);
  for (const std::string_view prefix :
       {"parse error at ", "line 1, "}) {  // a JSONL record is one line anyway
    if (message.compare(0, prefix.size(), prefix) == 0) message.erase(0, prefix.size());
  }
  return "not valid JSON (" + message + ")";
}

/// Objects and arrays open at once at the deepest place. JSON that is too deep must not reach code that
/// recurses.
std::size_t nesting_depth(const std::string& text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

/// Parses `text`, or says in `error` why it is not usable.
Json parse_json(const std::string& text, std::optional<std::string>& error) {
  constexpr std::size_t kMaxDepth = 200;
  if (nesting_depth(text) > kMaxDepth) {
    error = fmt::format("JSON nested more than {} levels deep", kMaxDepth);
    return {};
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& broken) {
    error = parse_error_message(broken);
  } catch (const Json::exception& broken) {  // a number that no type can hold
    error = broken.what();
  }
  return {};
}

std::string field_names(const Json& object) {
  std::string names;
  for (const auto& [name, value] : object.items()) {
    if (names.size() > 200) return names + ", ...";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "none" : names;
}

/// Fills text, id, schema or error of `record` from one JSON value.
void read_json_record(const Json& value, const InputOptions& options, InputRecord& record) {
  if (value.is_string()) {
    record.text = value.get<std::string>();
    return;
  }
  if (!value.is_object()) {
    record.error = fmt::format("expected an object with the field \"{}\" or a string, found {}",
                               options.text_field, value.type_name());
    return;
  }
  if (const auto id = value.find(options.id_field); id != value.end() && !id->is_null()) {
    if (!id->is_string() && !id->is_number()) {
      record.error = fmt::format("field \"{}\": expected a string or a number, found {}", options.id_field,
                                 id->type_name());
      return;
    }
    record.id = *id;
  }
  if (!options.schema_field.empty()) {
    if (const auto schema = value.find(options.schema_field); schema != value.end() && !schema->is_null()) {
      record.schema = schema->dump();
    }
  }
  const auto text = value.find(options.text_field);
  if (text == value.end()) {
    record.error =
        fmt::format("no field \"{}\" (fields: {}); see --text-field", options.text_field, field_names(value));
  } else if (!text->is_string()) {
    record.error =
        fmt::format("field \"{}\": expected a string, found {}", options.text_field, text->type_name());
  } else {
    record.text = text->get<std::string>();
  }
}

bool is_blank(const std::string& line) {
  return std::all_of(line.begin(), line.end(),
                     [](unsigned char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

class LineRecords : public RecordReader {
 public:
  LineRecords(InputOptions options, bool json)
      : options_(std::move(options)), json_(json), lines_(options_.path, kMaxRecordBytes) {}

  bool next(InputRecord& record) override {
    std::string line;
    while (true) {
      const LineReader::Status status = lines_.next(line);
      if (status == LineReader::Status::kEnd) return false;
      if (status == LineReader::Status::kLine && is_blank(line)) continue;
      record = InputRecord();
      record.id = count_++;
      record.place = fmt::format("line {}", lines_.line_number());
      if (status == LineReader::Status::kTooLong) {
        record.error = fmt::format("longer than {} bytes", kMaxRecordBytes);
      } else if (json_) {
        const Json value = parse_json(line, record.error);
        if (!record.error) read_json_record(value, options_, record);
      } else {
        record.text = std::move(line);
      }
      return true;
    }
  }

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
    document_ = parse_json(read_all(options_.path, kMaxFileBytes), error);
    if (error) {
      throw UsageError(
          fmt::format("{}: {}; a file with one object a line must be named .jsonl", options_.path, *error));
    }
  }

  bool next(InputRecord& record) override {
    const std::size_t size = document_.is_array() ? document_.size() : 1;
    if (position_ == size) return false;
    record = InputRecord();
    record.id = position_;
    if (document_.is_array()) record.place = fmt::format("record {}", position_);
    read_json_record(document_.is_array() ? document_[position_] : document_, options_, record);
    ++position_;
    return true;
  }

 private:
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
  // Editors end a file with a line end that is no part of its last sentence.
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
  std::vector<std::string> texts;
  if (!text.empty()) texts.push_back(std::move(text));
  return std::make_unique<TextRecords>(std::move(texts));
}

}  // namespace

std::unique_ptr<RecordReader> open_records(const InputOptions& options) {
  if (!options.texts.empty()) {
    if (!options.path.empty()) throw UsageError("give either INPUT or --text, not both");
    return std::make_unique<TextRecords>(options.texts);
  }
  if (options.path.empty()) throw UsageError("no input: give INPUT, - for standard input, or --text TEXT");

  std::string extension = std::filesystem::path(options.path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (options.path == "-" || extension == ".jsonl" || extension == ".ndjson") {
    return std::make_unique<LineRecords>(options, /*json=*/true);
  }
  if (extension == ".json") return std::make_unique<JsonFileRecords>(options);
  if (options.text_split == "line") return std::make_unique<LineRecords>(options, /*json=*/false);
  return open_whole_text(options.path);
}

}  // namespace gliner::cli
