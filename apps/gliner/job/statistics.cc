#include "job/statistics.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "exit_code.h"
#include "measurement.h"

namespace gliner::cli {

using Json = nlohmann::ordered_json;

Json to_json(const Tally& tally) {
  return {{"rows", tally.rows},
          {"failed", tally.failed},
          {"truncated", tally.truncated},
          {"truncated_words", tally.truncated_words},
          {"truncated_tokens", tally.truncated_tokens},
          {"words", tally.words},
          {"tokens", tally.tokens}};
}

Tally tally_of(const Json& counts) {
  Tally tally;
  tally.rows = counts.at("rows");
  tally.failed = counts.at("failed");
  tally.truncated = counts.at("truncated");
  tally.truncated_words = counts.at("truncated_words");
  tally.truncated_tokens = counts.at("truncated_tokens");
  tally.words = counts.at("words");
  tally.tokens = counts.at("tokens");
  return tally;
}

Json to_json(const Statistics& statistics) {
  const Tally& tally = statistics.tally;
  Json json = to_json(tally);
  const double rows = static_cast<double>(tally.rows - statistics.resumed_rows);
  const double tokens = static_cast<double>(tally.tokens - statistics.resumed_tokens);
  json["resumed_rows"] = statistics.resumed_rows;
  json["load_seconds"] = rounded(statistics.load_seconds);
  json["seconds"] = rounded(statistics.seconds);
  json["rows_per_second"] = statistics.seconds > 0 ? rounded(rows / statistics.seconds) : 0;
  json["tokens_per_second"] = statistics.seconds > 0 ? rounded(tokens / statistics.seconds) : 0;
  json["peak_rss_mb"] = rounded(peak_rss_mb());
  json["complete"] = statistics.complete;
  json["exit_code"] = statistics.exit_code;
  return json;
}

void write_json_file(const std::string& path, const Json& value) {
  // A file is replaced. A device, a pipe or a link (/dev/stdout is one) is written as it is.
  std::error_code error;
  const std::filesystem::file_type type = std::filesystem::symlink_status(path, error).type();
  const bool replace =
      type == std::filesystem::file_type::not_found || type == std::filesystem::file_type::regular;
  const std::string draft = replace ? path + ".new" : path;
  const std::string text = value.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
  std::FILE* file = std::fopen(draft.c_str(), "wb");
  bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (!written || (replace && std::rename(draft.c_str(), path.c_str()) != 0)) {
    const std::string reason = std::strerror(errno);
    if (replace) std::remove(draft.c_str());
    throw IoError(fmt::format("cannot write {}: {}", path, reason));
  }
}

}  // namespace gliner::cli
