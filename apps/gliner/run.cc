#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "exit_code.h"
#include "extraction.h"
#include "job/job_file.h"
#include "json_argument.h"

namespace gliner::cli {
namespace {

struct RunOptions {
  ExtractionOptions extraction;
  std::string schema_file;
  std::string schema_form = "auto";
};

/// Tells the three forms of a schema apart. A raw engine dictionary is recognised by the keys that only it
/// has.
std::string detect_form(const std::string& json) {
  const nlohmann::json value = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_array()) return "builder";
  for (const char* key :
       {"json_structures", "json_descriptions", "entity_descriptions", "relation_descriptions"}) {
    if (value.is_object() && value.contains(key)) return "engine";
  }
  return "strict";
}

Schema parse_schema(const std::string& json, std::string form) {
  if (form == "auto") form = detect_form(json);
  if (form == "builder") return Schema::from_builder_json(json);
  if (form == "engine") return Schema::from_engine_json(json);
  return Schema::from_json(json);
}

void add_run_options(CLI::App& command, RunOptions& options) {
  const std::string group = "What to find";
  command.add_option("--schema-file", options.schema_file, "Schema of all records")
      ->type_name("FILE|JSON")
      ->group(group);
  command
      .add_option("--schema-field", options.extraction.input.schema_field,
                  "Field, or column, of a record that holds a schema of its own")
      ->type_name("NAME")
      ->group(group);
  command
      .add_option("--schema-form", options.schema_form,
                  "strict JSON form, list of builder calls or raw engine dictionary")
      ->type_name("FORM")
      ->check(CLI::IsMember({"auto", "strict", "builder", "engine"}))
      ->capture_default_str()
      ->group(group);
  add_extraction_options(command, options.extraction);
  add_gliner1_options(command, options.extraction);
}

/// Fills in what a job file says and the command line leaves open. `command` and its parent hold the command
/// line.
void apply_job_file(const CLI::App& command, GlobalOptions& global, RunOptions& options) {
  const std::string path = options.extraction.input.path;
  const auto is_given = [&command](const std::string& name) {
    for (const CLI::App* app : {&command, command.get_parent()}) {
      const CLI::Option* option = app->get_option_no_throw(name);
      if (option != nullptr && option->count() > 0) return true;
    }
    return false;
  };
  const bool model_given = is_given("--model") || is_given("--model-dir") || is_given("--config");
  std::vector<std::string> words;
  options.extraction.input.path.clear();
  for (const JobOption& option : read_job_file(path)) {
    const bool is_model = option.name == "--model" || option.name == "--model-dir";
    if (option.name != "INPUT" && (is_given(option.name) || (is_model && model_given))) continue;
    words.insert(words.end(), option.words.begin(), option.words.end());
  }
  CLI::App job;
  add_run_options(job, options);
  add_global_options(job, global);
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    job.parse(words);
  } catch (const CLI::ParseError& error) {
    throw UsageError(path + ": " + error.what());
  }
  global.log.apply();
}

int run(const GlobalOptions& global, const RunOptions& options) {
  SchemaSource schemas;
  if (!options.schema_file.empty()) {
    schemas.shared =
        parse_schema(read_json_argument(options.schema_file, "--schema-file"), options.schema_form);
  } else if (options.extraction.input.schema_field.empty()) {
    throw UsageError("give a schema with --schema-file, or --schema-field for records that bring their own");
  }
  schemas.parse_own = [form = options.schema_form](const std::string& json) {
    return parse_schema(json, form);
  };
  return run_extraction(global, options.extraction, schemas);
}

}  // namespace

void add_run_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<RunOptions>();
  options->extraction.inference.default_on_truncation = "window";
  CLI::App* command = add_command(
      app, "run",
      "Run a whole schema: entities, relations, classes and records. INPUT may be a job file: a .json with "
      "\"input\", \"schema\", \"output\", \"model\" or \"model_dir\", \"device\", \"dtype\", \"options\"");
  add_run_options(*command, *options);
  command->callback([options, command, &global, &action] {
    action = [options, command, &global] {
      const std::string& input = options->extraction.input.path;
      const bool has_schema =
          !options->schema_file.empty() || !options->extraction.input.schema_field.empty();
      if (!has_schema && is_job_file(input)) apply_job_file(*command, global, *options);
      return run(global, *options);
    };
  });
}

}  // namespace gliner::cli
