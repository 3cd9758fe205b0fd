#include <iostream>

#include "commands.h"
#include "exit_code.h"
#include "gliner/error.h"
#include "gliner/version.h"
#include "log.h"

namespace gliner::cli {
namespace {

constexpr const char* kDescription =
    "Extract entities, relations, classes and records from text with GLiNER2 models.\n"
    "Results are JSON lines {\"id\": ..., \"result\": ...} on standard output, messages go to standard "
    "error.";

constexpr const char* kFooter =
    "Examples:\n"
    "  gliner entities --label person --label company --text \"Tim Cook leads Apple.\"\n"
    "  gliner classify --task sentiment --label positive --label negative reviews.jsonl -o answers.jsonl\n"
    "  gliner json --structures-json '{\"product\": [\"name::str\", \"price\"]}' catalogue.txt --pretty\n"
    "Options of a subcommand: gliner SUBCOMMAND --help\n\n";

int run_command_line(int argc, char** argv) {
  CLI::App app{kDescription, "gliner"};
  GlobalOptions global;
  Action action;
  app.get_formatter()->column_width(34);
  app.footer(std::string(kFooter) + kExitCodesHelp);
  app.set_version_flag("--version", "gliner " GLINER_VERSION);
  app.require_subcommand(1);
  add_entities_command(app, global, action);
  add_classify_command(app, global, action);
  add_relations_command(app, global, action);
  add_json_command(app, global, action);
  add_run_command(app, global, action);
  add_redact_command(app, global, action);
  add_eval_command(app, global, action);
  add_pull_command(app, global, action);
  add_inspect_command(app, global, action);
  add_bench_command(app, global, action);
  add_global_options(app, global);
  for (CLI::App* command : app.get_subcommands({})) add_global_options(*command, global);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;  // --help and --version end here too
  }
  global.log.apply();
  return action();
}

}  // namespace
}  // namespace gliner::cli

int main(int argc, char** argv) {
  using namespace gliner::cli;
  try {
    return run_command_line(argc, argv);
  } catch (const UsageError& error) {
    log_error("{}", error.what());
    return kUsage;
  } catch (const gliner::InputError& error) {
    log_error("{}", error.what());
    return kUsage;
  } catch (const gliner::ModelError& error) {
    log_error("{}", error.what());
    return kModel;
  } catch (const gliner::HubError& error) {
    log_error("{}", error.what());
    return kModel;
  } catch (const IoError& error) {
    log_error("{}", error.what());
    return kRecordsFailed;
  } catch (const std::exception& error) {
    log_error("unexpected: {}", error.what());
    return kRecordsFailed;
  }
}
