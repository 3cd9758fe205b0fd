#include "output/row_format.h"

#include <filesystem>

#include "exit_code.h"
#include "output/compressor.h"
#include "output/formats.h"
#include "output/parquet_file.h"

namespace gliner::cli {
namespace {

std::string guess_format(const std::string& path) {
  std::filesystem::path name = path;
  if (compression_of(path) != Compression::kNone) name.replace_extension();
  const std::string extension = name.extension().string();
  if (extension == ".csv") return "csv";
  if (extension == ".html" || extension == ".htm") return "html";
  if (extension == ".parquet") return "parquet";
  if (extension == ".bio" || extension == ".conll") return "bio";
  return "jsonl";
}

}  // namespace

void RowFormat::assemble(const std::string&, const std::string&) const {}

std::string dump_row(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace);
}

std::unique_ptr<RowFormat> make_row_format(const OutputOptions& options) {
  const std::string file_format =
      options.file_format == "auto" ? guess_format(options.path) : options.file_format;
  if (file_format == "jsonl") return make_json_lines(options.format == "spans", options.pretty);
  if (options.format != "json" || options.pretty) {
    throw UsageError(fmt::format(
        "--format and --pretty are for JSON lines, the output is {}; see --output-format", file_format));
  }
  if (file_format == "csv") return make_csv();
  if (file_format == "parquet") {
    require_parquet(options.path);
    if (options.path == "-" || compression_of(options.path) != Compression::kNone) {
      throw UsageError("Parquet needs -o FILE, and compresses by itself");
    }
    return make_parquet();
  }
  if (file_format == "label-studio") return make_label_studio();
  if (file_format == "spacy") return make_spacy();
  if (file_format == "bio") return make_bio();
  return make_html();
}

}  // namespace gliner::cli
