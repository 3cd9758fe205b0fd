#include "model_source.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "gliner/error.h"
#include "gliner/hub.h"
#include "log.h"
#include "pull_progress.h"

namespace gliner::cli {
namespace fs = std::filesystem;

namespace {

std::string download(const std::string& id) {
  PullDisplay display;
  PullOptions pull;
  pull.on_progress = [&display](const PullProgress& progress) {
    display.show(progress);
    return true;
  };
  return fetch_model(id, pull);
}

}  // namespace

std::string find_default_model() {
  if (const char* directory = std::getenv("GLINER_MODEL_DIR"); directory != nullptr && *directory != '\0') {
    return directory;
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path().parent_path() / "share" / "gliner" / "demo";
  const fs::path in_source_tree = GLINER_SOURCE_TREE_MODEL;
  for (const fs::path& candidate : {installed, in_source_tree}) {
    if (fs::exists(candidate / "config.json", error)) return candidate.string();
  }
  throw ModelError(fmt::format(
      "no model was named and the bundled one is neither in {} nor in {}: give --model-dir DIR or set "
      "GLINER_MODEL_DIR",
      installed.string(), in_source_tree.string()));
}

Extractor load_model(const ModelOptions& options) {
  options.check();
  const LoadOptions load = options.load_options();
  const auto begin = std::chrono::steady_clock::now();
  const auto loaded = [&]() {
    if (!options.files.config.empty()) return Extractor::load(options.files, load);
    std::string directory = options.directory;
    if (!options.id.empty())
      directory = options.download ? download(options.id) : find_cached_model(options.id);
    if (directory.empty()) directory = find_default_model();
    log_debug("loading the model in {}", directory);
    return Extractor::load(directory, load);
  }();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  log_info("loaded {} ({} parameters) in {:.2f} s", loaded.report().architecture, loaded.report().parameters,
           seconds.count());
  return loaded;
}

}  // namespace gliner::cli
