#include "output/redacted_rows.h"

#include <map>
#include <utility>

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

Json counts_of(const RedactedText& redacted) {
  std::map<std::string, std::size_t> counts;
  for (const Redaction& redaction : redacted.redactions) ++counts[redaction.label];
  Json json = Json::object();
  for (const auto& [label, count] : counts) json[label] = count;
  return json;
}

/// What the three have in common.
class RedactionRows : public RowFormat {
 public:
  explicit RedactionRows(RedactOptions options) : options_(std::move(options)) {}

  std::optional<OffsetUnit> offset_unit() const override { return options_.offset_unit; }

  std::string result_row(const Row& row) const override {
    const std::string& text = row.record.text;
    Json json = {{"id", row.record.id}};
    add(redact(text, sensitive_spans(row.result), options_), text, json);
    return dump_row(json) + "\n";
  }

  std::string error_row(const Row& row, const std::string&) const override {
    const char* const what = row.record.error
                                 ? "not a record with a text; `gliner entities` says what is wrong with it"
                                 : "the text cannot be read to its end: not UTF-8, or too long; see --long";
    const std::string& place = row.record.place;
    return dump_row({{"id", row.record.id}, {"error", place.empty() ? what : place + ": " + what}}) + "\n";
  }

 private:
  virtual void add(const RedactedText& redacted, const std::string& text, Json& row) const = 0;

  RedactOptions options_;
};

class RedactedRows : public RedactionRows {
 public:
  using RedactionRows::RedactionRows;

 private:
  void add(const RedactedText& redacted, const std::string&, Json& row) const override {
    row["text"] = redacted.text;
    row["removed"] = counts_of(redacted);
  }
};

class GateRows : public RedactionRows {
 public:
  using RedactionRows::RedactionRows;

 private:
  void add(const RedactedText& redacted, const std::string&, Json& row) const override {
    row["needs_anonymization"] = !redacted.redactions.empty();
    row["found"] = counts_of(redacted);
  }
};

class ReportRows : public RedactionRows {
 public:
  ReportRows(const RedactOptions& options, bool with_text) : RedactionRows(options), with_text_(with_text) {}

 private:
  void add(const RedactedText& redacted, const std::string& text, Json& row) const override {
    Json spans = Json::array();
    for (const Redaction& each : redacted.redactions) {
      Json span = {{"start", each.begin},
                   {"end", each.end},
                   {"labels", each.labels},
                   {"new_start", each.new_begin},
                   {"new_end", each.new_end}};
      if (with_text_) span["text"] = text.substr(each.begin_byte, each.end_byte - each.begin_byte);
      spans.push_back(std::move(span));
    }
    row["counts"] = counts_of(redacted);
    row["spans"] = std::move(spans);
  }

  bool with_text_;
};

}  // namespace

std::unique_ptr<RowFormat> make_redacted_rows(const RedactOptions& options) {
  return std::make_unique<RedactedRows>(options);
}

std::unique_ptr<RowFormat> make_gate_rows(const RedactOptions& options) {
  return std::make_unique<GateRows>(options);
}

std::unique_ptr<RowFormat> make_redaction_report(const RedactOptions& options, bool with_text) {
  return std::make_unique<ReportRows>(options, with_text);
}

}  // namespace gliner::cli
