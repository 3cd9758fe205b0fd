#include <csignal>
#include <cstdio>
#include <memory>

#include "commands.h"
#include "exit_code.h"
#include "gliner/error.h"
#include "gliner/hub.h"
#include "interrupt.h"
#include "pull_progress.h"

namespace gliner::cli {
namespace {

struct PullCommandOptions {
  std::string id;
  std::string revision;
  PullOptions pull;
};

std::string full_id(const PullCommandOptions& options) {
  if (options.revision.empty()) return options.id;
  if (options.id.find('@') != std::string::npos) {
    throw UsageError("give the revision once: ID@REVISION or --revision");
  }
  return options.id + "@" + options.revision;
}

void report(const PulledModel& model, bool dry_run) {
  std::uint64_t to_fetch = 0;
  for (const PulledFile& file : model.files) {
    if (!file.cached) to_fetch += file.bytes;
    const char* const state = file.cached     ? "in the cache"
                              : dry_run       ? "to fetch"
                              : file.verified ? "fetched, checksum right"
                                              : "fetched, only its size compared: the hub gave no checksum";
    const std::string line = fmt::format("{:<44} {:>10}  {}", file.name, readable_bytes(file.bytes), state);
    if (dry_run) {
      fmt::print("{}\n", line);
    } else {
      log_info("{}", line);
    }
  }
  if (dry_run) {
    fmt::print("{} to fetch, commit {}\n", readable_bytes(to_fetch), model.commit);
  } else {
    log_info("commit {}, {} fetched", model.commit, readable_bytes(to_fetch));
    fmt::print("{}\n", model.folder);
  }
}

int pull(const GlobalOptions& global, const PullCommandOptions& given) {
  if (!global.model.id.empty() || !global.model.directory.empty()) {
    throw UsageError("pull takes the model without an option: gliner pull org/name");
  }
  PullOptions options = given.pull;
  const std::string id = full_id(given);
  catch_interrupts();
  PulledModel model;
  try {
    PullDisplay display;
    options.on_progress = [&display](const PullProgress& progress) {
      display.show(progress);
      return interrupt_signal() == 0;
    };
    model = pull_model(id, options);
  } catch (const HubError& error) {
    if (interrupt_signal() == 0) throw;
    log_error("{}", error.what());
    return 128 + interrupt_signal();
  }
  report(model, options.dry_run);
  return kDone;
}

}  // namespace

void add_pull_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<PullCommandOptions>();
  CLI::App* command = add_command(app, "pull", "Fetch a model from the hub into the local cache");
  command->add_option("ID", options->id, "org/name or org/name@revision")->required()->group("Model");
  command->add_option("--revision", options->revision, "Branch, tag or commit (default: main)")
      ->type_name("NAME")
      ->group("Model");
  command
      ->add_option("--cache-dir", options->pull.cache_folder,
                   "Cache to fill (default: $HF_HUB_CACHE, $HF_HOME/hub or ~/.cache/huggingface/hub)")
      ->type_name("DIR")
      ->group("Model");
  command->add_flag("--force", options->pull.force, "Fetch again what the cache holds")->group("Model");
  command->add_flag("--dry-run", options->pull.dry_run, "List what would be fetched, write nothing")
      ->group("Model");
  const std::string group = "Network";
  command->add_option("--retries", options->pull.retries, "Further tries of a request that failed")
      ->check(CLI::Range(0, 1000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--timeout-ms", options->pull.stall_timeout_ms,
                   "Try again when nothing has come for so many milliseconds")
      ->check(CLI::Range(1, 86'400'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  command->footer(
      "Prints the folder of the model; --model ID finds it there. Whatever is there already is not fetched "
      "again, and\n"
      "an interrupted pull goes on where it stopped.\n\n"
      "Environment: HF_ENDPOINT another hub; HF_TOKEN or the file $HF_HOME/token for private and gated "
      "models;\n"
      "HF_HUB_CACHE, HF_HOME the cache; HF_HUB_OFFLINE=1 no network; https_proxy as curl knows it.\n\n"
      "Example:\n  gliner pull org/name\n  gliner entities --model org/name --label person --text "
      "\"...\"\n\n" +
      std::string(kExitCodesHelp));
  command->callback(
      [options, &global, &action] { action = [options, &global] { return pull(global, *options); }; });
}

}  // namespace gliner::cli
