#include <fmt/format.h>

#include "output/formats.h"

namespace gliner::cli {
namespace {

class JsonLines : public RowFormat {
 public:
  JsonLines(bool as_spans, bool pretty) : as_spans_(as_spans), pretty_(pretty) {}

  std::string result_row(const Row& row) const override {
    const Result& result = row.result;
    std::string line = fmt::format(R"({{"id":{},"result":{})", dump_row(row.record.id),
                                   as_spans_ ? to_spans_json(result) : to_json(result));
    if (result.truncated_words > 0) line += fmt::format(R"(,"truncated_words":{})", result.truncated_words);
    if (result.truncated_tokens > 0)
      line += fmt::format(R"(,"truncated_tokens":{})", result.truncated_tokens);
    return finish(line + "}");
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return finish(fmt::format(R"({{"id":{},"error":{}}})", dump_row(row.record.id), dump_row(message)));
  }

 private:
  std::string finish(const std::string& line) const {
    return (pretty_ ? nlohmann::ordered_json::parse(line).dump(2) : line) + "\n";
  }

  bool as_spans_;
  bool pretty_;
};

}  // namespace

std::unique_ptr<RowFormat> make_json_lines(bool as_spans, bool pretty) {
  return std::make_unique<JsonLines>(as_spans, pretty);
}

}  // namespace gliner::cli
