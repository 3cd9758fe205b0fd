#include "commands.h"

namespace gliner::cli {

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(kExitCodesHelp);
  return command;
}

}  // namespace gliner::cli
