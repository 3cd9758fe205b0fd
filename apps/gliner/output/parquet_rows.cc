#include "output/formats.h"
#include "output/parquet_file.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// One JSON line for each row, with the columns as keys; write_parquet makes the file of them.
class ParquetRows : public RowFormat {
 public:
  bool is_assembled() const override { return true; }
  void assemble(const std::string& rows, const std::string& path) const override {
    write_parquet(rows, path);
  }

  std::string result_row(const Row& row) const override {
    const Result& result = row.result;
    Json json = begin(row);
    json["text"] = row.record.text;
    json["entities"] = entities_of(result);
    json["result"] = to_json(result);
    json["truncated_words"] = result.truncated_words;
    json["truncated_tokens"] = result.truncated_tokens;
    return dump_row(json) + "\n";
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    Json json = begin(row);
    if (!row.record.error) json["text"] = row.record.text;
    json["error"] = message;
    json["truncated_words"] = 0;
    json["truncated_tokens"] = 0;
    return dump_row(json) + "\n";
  }

 private:
  /// A column has one type: ids are strings.
  static Json begin(const Row& row) {
    const Json& id = row.record.id;
    return {{"id", id.is_string() ? id.get<std::string>() : dump_row(id)}};
  }

  static Json entities_of(const Result& result) {
    Json entities = Json::array();
    for (const EntityList& list : result.entities) {
      for (const Entity& entity : list.entities) {
        Json one = {{"label", list.label}, {"text", entity.text}, {"score", entity.confidence}};
        if (entity.begin >= 0) {
          one["start"] = entity.begin;
          one["end"] = entity.end;
        }
        entities.push_back(std::move(one));
      }
    }
    return entities;
  }
};

}  // namespace

std::unique_ptr<RowFormat> make_parquet() { return std::make_unique<ParquetRows>(); }

}  // namespace gliner::cli
