#include <algorithm>

#include "output/formats.h"
#include "output/found_spans.h"

namespace gliner::cli {
namespace {

class Bio : public RowFormat {
 public:
  std::optional<OffsetUnit> offset_unit() const override { return OffsetUnit::kByte; }

  std::string result_row(const Row& row) const override {
    const std::string& text = row.record.text;
    std::string lines = comment("id", dump_row(row.record.id));
    if (row.result.truncated_words > 0) {
      lines += comment("truncated_words", std::to_string(row.result.truncated_words));
    }
    if (row.result.truncated_tokens > 0) {
      lines += comment("truncated_tokens", std::to_string(row.result.truncated_tokens));
    }
    const std::vector<FoundSpan> spans =
        without_overlaps(spans_of(row.result, static_cast<std::int64_t>(text.size())));
    std::size_t next = 0;     // the first span that does not end before the token
    bool first_token = true;  // of that span
    for (const TokenRange& token : tokens_of(text, spans)) {
      while (next < spans.size() && spans[next].end <= static_cast<std::int64_t>(token.begin)) {
        ++next;
        first_token = true;
      }
      const bool inside = next < spans.size() && spans[next].begin < static_cast<std::int64_t>(token.end);
      lines += text.substr(token.begin, token.end - token.begin) + "\t";
      lines += inside ? (first_token ? "B-" : "I-") + one_word(spans[next].label) : "O";
      lines += "\n";
      if (inside) first_token = false;
    }
    return lines + "\n";
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return comment("id", dump_row(row.record.id)) + comment("error", dump_row(message)) + "\n";
  }

 private:
  static std::string comment(const std::string& key, const std::string& value) {
    return "# " + key + " = " + value + "\n";
  }

  /// Tags are read up to the next blank.
  static std::string one_word(std::string label) {
    std::replace_if(
        label.begin(), label.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }, '_');
    return label;
  }
};

}  // namespace

std::unique_ptr<RowFormat> make_bio() { return std::make_unique<Bio>(); }

}  // namespace gliner::cli
