#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "options.h"

namespace gliner::cli {

/// What the chosen subcommand does once the whole command line is read. Returns an exit code.
using Action = std::function<int()>;

// One function per subcommand: adds it to `app`; when it is chosen it puts its work into `action`. `global`
// and `action` must outlive the parsing and the action.
void add_entities_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_classify_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_relations_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_json_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_run_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_inspect_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_redact_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_eval_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_pull_command(CLI::App& app, GlobalOptions& global, Action& action);
void add_bench_command(CLI::App& app, GlobalOptions& global, Action& action);

/// Adds an empty subcommand whose help ends with the exit codes.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description);

}  // namespace gliner::cli
