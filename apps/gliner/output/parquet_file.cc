#include "output/parquet_file.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "exit_code.h"
#include "log.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::json;

// Of a row group: it is held in memory while it is made.
constexpr std::int64_t kMaxRows = 16384;
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;

void check(const arrow::Status& status) {
  if (!status.ok()) throw IoError(status.message());
}

template <typename Value>
Value checked(arrow::Result<Value> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

std::shared_ptr<arrow::DataType> entity_type() {
  return arrow::struct_({arrow::field("label", arrow::utf8(), /*nullable=*/false),
                         arrow::field("text", arrow::utf8(), /*nullable=*/false),
                         arrow::field("start", arrow::int64()), arrow::field("end", arrow::int64()),
                         arrow::field("score", arrow::float64(), /*nullable=*/false)});
}

std::shared_ptr<arrow::Schema> row_schema() {
  return arrow::schema({arrow::field("id", arrow::utf8(), /*nullable=*/false),
                        arrow::field("text", arrow::utf8()),
                        arrow::field("entities", arrow::list(arrow::field("element", entity_type()))),
                        arrow::field("result", arrow::utf8()), arrow::field("error", arrow::utf8()),
                        arrow::field("truncated_words", arrow::int64(), /*nullable=*/false),
                        arrow::field("truncated_tokens", arrow::int64(), /*nullable=*/false)});
}

/// Appends the value of a JSON object's key to the builder of its column.
void append(arrow::ArrayBuilder& builder, const Json& value) {
  if (value.is_null()) {
    check(builder.AppendNull());
    return;
  }
  switch (builder.type()->id()) {
    case arrow::Type::STRING:
      return check(static_cast<arrow::StringBuilder&>(builder).Append(value.get_ref<const std::string&>()));
    case arrow::Type::INT64:
      return check(static_cast<arrow::Int64Builder&>(builder).Append(value.get<std::int64_t>()));
    case arrow::Type::DOUBLE:
      return check(static_cast<arrow::DoubleBuilder&>(builder).Append(value.get<double>()));
    case arrow::Type::LIST: {
      auto& list = static_cast<arrow::ListBuilder&>(builder);
      check(list.Append());
      for (const Json& element : value) append(*list.value_builder(), element);
      return;
    }
    default: {
      auto& fields = static_cast<arrow::StructBuilder&>(builder);
      check(fields.Append());
      for (int i = 0; i < fields.num_fields(); ++i) {
        const auto found = value.find(fields.type()->field(i)->name());
        append(*fields.field_builder(i), found == value.end() ? Json() : *found);
      }
    }
  }
}

class ParquetWriter {
 public:
  explicit ParquetWriter(const std::string& path) : schema_(row_schema()) {
    parquet::WriterProperties::Builder properties;
    properties.created_by("gliner");
    if (arrow::util::Codec::IsAvailable(arrow::Compression::ZSTD)) {
      properties.compression(arrow::Compression::ZSTD);
    }
    sink_ = checked(arrow::io::FileOutputStream::Open(path));
    writer_ = checked(
        parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), sink_, properties.build()));
    begin_group();
  }

  void add(const std::string& line) {
    const Json row = Json::parse(line);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto found = row.find(schema_->field(static_cast<int>(i))->name());
      append(*columns_[i], found == row.end() ? Json() : *found);
    }
    bytes_ += line.size();
    if (++rows_ == kMaxRows || bytes_ >= kMaxBytes) end_group();
  }

  void finish() {
    if (rows_ > 0) end_group();
    check(writer_->Close());
    check(sink_->Close());
  }

 private:
  void begin_group() {
    rows_ = 0;
    bytes_ = 0;
    columns_.clear();
    for (const auto& field : schema_->fields())
      columns_.push_back(checked(arrow::MakeBuilder(field->type())));
  }

  void end_group() {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& column : columns_) arrays.push_back(checked(column->Finish()));
    check(writer_->WriteTable(*arrow::Table::Make(schema_, arrays, rows_), rows_));
    begin_group();
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::FileOutputStream> sink_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> columns_;  // of the row group in hand
  std::int64_t rows_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void require_parquet(const std::string&) {}

void write_parquet(const std::string& rows, const std::string& path) {
  // Not a LineReader: a signal that asks to stop must not make half a file of a whole one.
  std::ifstream input(rows, std::ios::binary);
  if (!input) throw IoError(fmt::format("cannot read {}: {}", rows, std::strerror(errno)));
  try {
    ParquetWriter writer(path);
    for (std::string line; std::getline(input, line);) writer.add(line);
    if (!input.eof()) throw IoError("cannot read " + rows);
    writer.finish();
  } catch (const std::exception& error) {  // of Arrow, or of rows that somebody changed
    throw IoError(fmt::format("cannot write {}: {}", path, error.what()));
  }
}

}  // namespace gliner::cli
