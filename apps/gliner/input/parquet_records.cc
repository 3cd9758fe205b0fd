#include "input/parquet_records.h"

#include <parquet/api/reader.h>

#include <array>
#include <cstdint>
#include <utility>

#include "exit_code.h"
#include "input/plain_text.h"
#include "interrupt.h"
#include "log.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// One value after the other of a column that is neither repeated nor nested.
class Column {
 public:
  virtual ~Column() = default;
  virtual void begin(parquet::RowGroupReader& group) = 0;
  /// Null where the file has one. Throws parquet::ParquetException.
  virtual Json next() = 0;
};

Json json_of(const parquet::ByteArray& value) {
  return std::string(reinterpret_cast<const char*>(value.ptr), value.len);
}
template <typename Number>
Json json_of(Number value) {
  return value;
}

template <typename Type>
class ColumnOf : public Column {
 public:
  ColumnOf(int index, const parquet::ColumnDescriptor& column)
      : index_(index),
        max_definition_(column.max_definition_level()),
        is_unsigned_(column.logical_type()->is_int() &&
                     !static_cast<const parquet::IntLogicalType&>(*column.logical_type()).is_signed()) {}

  void begin(parquet::RowGroupReader& group) override {
    reader_ = std::static_pointer_cast<parquet::TypedColumnReader<Type>>(group.Column(index_));
    at_ = count_ = 0;
  }

  Json next() override {
    if (at_ == count_) fill();
    if (definitions_[at_++] < max_definition_) return {};
    const auto& value = values_[value_at_++];
    if constexpr (std::is_integral_v<typename Type::c_type>) {
      if (is_unsigned_) return static_cast<std::make_unsigned_t<typename Type::c_type>>(value);
    }
    return json_of(value);
  }

 private:
  static constexpr std::int64_t kValues = 128;  // read at once; they point into a page of the file

  void fill() {
    at_ = value_at_ = count_ = 0;
    while (count_ == 0 && reader_->HasNext()) {
      std::int64_t values = 0;
      count_ = static_cast<std::size_t>(
          reader_->ReadBatch(kValues, definitions_.data(), nullptr, values_.data(), &values));
    }
    if (count_ == 0) throw parquet::ParquetException("a column has fewer values than its row group has rows");
  }

  int index_;
  std::int16_t max_definition_;
  bool is_unsigned_;
  std::shared_ptr<parquet::TypedColumnReader<Type>> reader_;
  std::array<std::int16_t, kValues> definitions_ = {};  // stay 0 where nothing can be null
  std::array<typename Type::c_type, kValues> values_;
  std::size_t count_ = 0;     // of definitions
  std::size_t at_ = 0;        // among them
  std::size_t value_at_ = 0;  // nulls have none
};

std::unique_ptr<Column> make_column(int index, const parquet::ColumnDescriptor& column) {
  switch (column.physical_type()) {
    case parquet::Type::BYTE_ARRAY:
      return std::make_unique<ColumnOf<parquet::ByteArrayType>>(index, column);
    case parquet::Type::INT32:
      return std::make_unique<ColumnOf<parquet::Int32Type>>(index, column);
    case parquet::Type::INT64:
      return std::make_unique<ColumnOf<parquet::Int64Type>>(index, column);
    case parquet::Type::FLOAT:
      return std::make_unique<ColumnOf<parquet::FloatType>>(index, column);
    case parquet::Type::DOUBLE:
      return std::make_unique<ColumnOf<parquet::DoubleType>>(index, column);
    default:
      return nullptr;
  }
}

class ParquetRecords : public RecordReader {
 public:
  explicit ParquetRecords(const InputOptions& options) : options_(options) {
    if (options.path == "-") throw UsageError("Parquet cannot be read from standard input: give a file");
    try {
      parquet::ReaderProperties properties = parquet::default_reader_properties();
      properties.enable_buffered_stream();  // pages as they are needed, not whole columns
      file_ = parquet::ParquetFileReader::OpenFile(options.path, /*memory_map=*/false, properties);
      rows_ = static_cast<std::uint64_t>(file_->metadata()->num_rows());
      open_columns();
    } catch (const parquet::ParquetException& error) {
      throw UsageError(fmt::format("cannot read {}: {}", options.path, error.what()));
    }
  }

  bool next(InputRecord& record) override {
    if (row_ == rows_ || is_reading_stopped()) return false;
    try {
      read(record);
    } catch (const parquet::ParquetException& error) {
      throw IoError(fmt::format("cannot read {}: row {}: {}", options_.path, row_, error.what()));
    }
    record.source_bytes = ++row_;
    return true;
  }

  // In rows: which bytes they take is known of whole row groups only.
  std::uint64_t position() const override { return row_; }
  std::optional<std::uint64_t> size() const override { return rows_; }

 private:
  void open_columns() {
    text_ = column(options_.text_field, /*is_string=*/true);
    if (!text_) {
      throw UsageError(fmt::format("{} has no column \"{}\" (columns: {}); see --text-field", options_.path,
                                   options_.text_field, column_names()));
    }
    id_ = column(options_.id_field, /*is_string=*/false);
    if (!options_.schema_field.empty()) schema_ = column(options_.schema_field, /*is_string=*/true);
  }

  std::string column_names() const {
    const parquet::SchemaDescriptor& schema = *file_->metadata()->schema();
    std::string names;
    for (int i = 0; i < schema.num_columns(); ++i) {
      names += (i == 0 ? "" : ", ") + schema.Column(i)->path()->ToDotString();
    }
    return names;
  }

  /// Null: there is none of that name.
  std::unique_ptr<Column> column(const std::string& name, bool is_string) const {
    const parquet::SchemaDescriptor& schema = *file_->metadata()->schema();
    const int index = schema.ColumnIndex(name);
    if (index < 0) return nullptr;
    const parquet::ColumnDescriptor& found = *schema.Column(index);
    const bool is_flat = found.max_repetition_level() == 0 && found.max_definition_level() <= 1;
    std::unique_ptr<Column> made = is_flat ? make_column(index, found) : nullptr;
    if (!made || (is_string && found.physical_type() != parquet::Type::BYTE_ARRAY)) {
      throw UsageError(fmt::format("{}: column \"{}\": expected {}, found {}{}", options_.path, name,
                                   is_string ? "strings" : "strings or numbers", is_flat ? "" : "nested ",
                                   parquet::TypeToString(found.physical_type())));
    }
    return made;
  }

  void read(InputRecord& record) {
    while (left_in_group_ == 0) begin_group();
    --left_in_group_;
    record = InputRecord();
    record.id = row_;
    record.place = fmt::format("row {}", row_);
    if (id_) {
      if (Json id = id_->next(); !id.is_null()) record.id = std::move(id);
    }
    if (schema_) {
      if (Json schema = schema_->next(); !schema.is_null()) record.schema = schema.get<std::string>();
    }
    Json text = text_->next();
    if (text.is_null()) {
      record.error = fmt::format("column \"{}\": expected a string, found null", options_.text_field);
    } else if (text.get_ref<std::string&>().size() > options_.max_record_bytes) {
      record.error = too_long_error(options_);
    } else {
      take_text(std::move(text.get_ref<std::string&>()), record);
    }
  }

  void begin_group() {
    group_ = file_->RowGroup(next_group_++);
    left_in_group_ = group_->metadata()->num_rows();
    for (Column* each : {text_.get(), id_.get(), schema_.get()}) {
      if (each != nullptr) each->begin(*group_);
    }
  }

  InputOptions options_;
  std::unique_ptr<parquet::ParquetFileReader> file_;
  std::shared_ptr<parquet::RowGroupReader> group_;
  std::unique_ptr<Column> text_, id_, schema_;
  int next_group_ = 0;
  std::int64_t left_in_group_ = 0;
  std::uint64_t row_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> open_parquet(const InputOptions& options) {
  return std::make_unique<ParquetRecords>(options);
}

}  // namespace gliner::cli
