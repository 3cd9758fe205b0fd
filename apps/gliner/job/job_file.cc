#include "job/job_file.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "exit_code.h"
#include "input/byte_source.h"
#include "log.h"

namespace gliner::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxJobBytes = std::size_t{64} << 20;

std::string option_name(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

class JobReader {
 public:
  explicit JobReader(const std::string& path) : path_(path), folder_(fs::path(path).parent_path()) {}

  std::vector<JobOption> read() {
    const Json job = Json::parse(read_all(path_, kMaxJobBytes));
    for (const auto& [key, value] : job.items()) {
      if (key == "options") {
        if (!value.is_object()) fail(key, "an object", value);
        for (const auto& [name, given] : value.items()) add(name, given);
      } else if (key == "input") {
        options_.push_back({"INPUT", {path_value(key, value)}});
      } else if (key == "schema" && !value.is_string()) {
        if (!value.is_structured()) fail(key, "a schema or the path of one", value);
        options_.push_back({"--schema-file", {"--schema-file=" + value.dump()}});
      } else if (key == "schema") {
        options_.push_back({"--schema-file", {"--schema-file=" + path_value(key, value)}});
      } else if (key == "output" || key == "model_dir") {
        add(key, path_value(key, value));
      } else if (kPlainKeys.count(key) > 0) {
        add(key, value);
      } else {
        throw UsageError(
            fmt::format("{}: unknown key \"{}\": expected model, model_dir, schema, schema_field, input, "
                        "output, device, dtype, "
                        "threads or options",
                        path_, key));
      }
    }
    return std::move(options_);
  }

 private:
  inline static const std::set<std::string> kPlainKeys = {"model", "schema_field", "device", "dtype",
                                                          "threads"};

  [[noreturn]] void fail(const std::string& key, const char* expected, const Json& found) const {
    throw UsageError(
        fmt::format("{}: \"{}\": expected {}, found {}", path_, key, expected, found.type_name()));
  }

  std::string path_value(const std::string& key, const Json& value) const {
    if (!value.is_string()) fail(key, "a path", value);
    const std::string path = value.get<std::string>();
    return path == "-" ? path : (folder_ / path).string();
  }

  void add(const std::string& key, const Json& value) {
    JobOption option{option_name(key), {}};
    const Json values = value.is_array() ? value : Json::array({value});
    for (const Json& one : values) {
      if (one == false) continue;
      if (one == true) {
        option.words.push_back(option.name);
      } else if (one.is_string()) {
        option.words.push_back(option.name + "=" + one.get<std::string>());
      } else if (one.is_number()) {
        option.words.push_back(option.name + "=" + one.dump());
      } else {
        fail(key, "a string, a number, true, false or a list of them", one);
      }
    }
    if (!option.words.empty()) options_.push_back(std::move(option));
  }

  std::string path_;
  fs::path folder_;
  std::vector<JobOption> options_;
};

}  // namespace

bool is_job_file(const std::string& path) {
  std::error_code error;
  if (fs::path(path).extension() != ".json" || !fs::is_regular_file(path, error)) return false;
  if (fs::file_size(path, error) > kMaxJobBytes || error) return false;
  const Json value = Json::parse(read_all(path, kMaxJobBytes), nullptr, /*allow_exceptions=*/false);
  return value.is_object() && value.contains("input");
}

std::vector<JobOption> read_job_file(const std::string& path) { return JobReader(path).read(); }

}  // namespace gliner::cli
