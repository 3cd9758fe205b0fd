#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "output/formats.h"

namespace gliner::cli {
namespace {

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string place(std::int64_t offset) { return offset < 0 ? "" : std::to_string(offset); }

/// The cells behind "id,kind".
std::string found(const std::string& label, const std::string& text, const Mention* where, double score,
                  const Mention* tail = nullptr) {
  return fmt::format("{},{},{},{},{:.6g},{},{},{}", cell(label), cell(text), where ? place(where->begin) : "",
                     where ? place(where->end) : "", score, tail ? cell(tail->text) : "",
                     tail ? place(tail->begin) : "", tail ? place(tail->end) : "");
}

class Csv : public RowFormat {
 public:
  std::string head() const override {
    return "id,kind,label,text,start,end,score,tail_text,tail_start,tail_end\r\n";
  }

  std::string result_row(const Row& row) const override {
    std::vector<std::string> lines;
    const auto add = [&lines](const char* kind, const std::string& cells) {
      lines.push_back(std::string(kind) + "," + cells);
    };
    const Result& result = row.result;
    for (const EntityList& list : result.entities) {
      for (const Entity& entity : list.entities) {
        add("entity", found(list.label, entity.text, &entity, entity.confidence));
      }
    }
    for (const RelationList& list : result.relations) {
      for (const Relation& relation : list.relations) {
        const double score = std::min(relation.head.confidence, relation.tail.confidence);
        add("relation", found(list.name, relation.head.text, &relation.head, score, &relation.tail));
      }
    }
    for (const Classification& task : result.classifications) {
      for (const ScoredLabel& label : task.labels) {
        add("class", found(task.task, label.label, nullptr, label.confidence));
      }
    }
    for (const RecordList& list : result.records) add_records(list, lines);
    if (lines.empty()) lines.push_back("none,,,,,,,,");
    std::string rows;
    for (const std::string& line : lines) rows += id_of(row) + "," + line + "\r\n";
    return rows;
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return fmt::format("{},error,,{},,,,,,\r\n", id_of(row), cell(message));
  }

 private:
  static std::string id_of(const Row& row) {
    return cell(row.record.id.is_string() ? row.record.id.get<std::string>() : dump_row(row.record.id));
  }

  static void add_records(const RecordList& list, std::vector<std::string>& lines) {
    for (std::size_t i = 0; i < list.records.size(); ++i) {
      for (const FieldValue& field : list.records[i].fields) {
        for (const Mention& value : field.values) {
          const std::string label = fmt::format("{}[{}].{}", list.structure, i, field.field);
          lines.push_back("field," + found(label, value.text, &value, value.confidence));
        }
      }
    }
  }
};

}  // namespace

std::unique_ptr<RowFormat> make_csv() { return std::make_unique<Csv>(); }

}  // namespace gliner::cli
