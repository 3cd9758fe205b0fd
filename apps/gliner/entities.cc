#include <memory>

#include "commands.h"
#include "exit_code.h"
#include "extraction.h"
#include "json_argument.h"

namespace gliner::cli {
namespace {

struct EntitiesOptions {
  ExtractionOptions extraction;
  std::vector<std::string> labels;
  std::string labels_json;
};

Schema make_schema(const EntitiesOptions& options) {
  if (options.labels.empty() == options.labels_json.empty()) {
    throw UsageError("name the entity types with either --label (repeatable) or --labels-json");
  }
  if (!options.labels.empty()) return Schema().entities(options.labels);
  return Schema::from_entities_json(read_json_argument(options.labels_json, "--labels-json"));
}

}  // namespace

void add_entities_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<EntitiesOptions>();
  CLI::App* command = add_command(app, "entities", "Find entities of the given types");
  const std::string group = "What to find";
  add_repeatable(*command, "--label", options->labels, "Entity type; may be repeated")->group(group);
  command
      ->add_option("--labels-json", options->labels_json,
                   R"(["type", ...] or {"type": "description" | {"description", "dtype", "threshold"}})")
      ->type_name("JSON|FILE")
      ->group(group);
  add_extraction_options(*command, options->extraction);
  add_gliner1_options(*command, options->extraction);
  command->callback([options, &global, &action] {
    action = [options, &global] {
      return run_extraction(global, options->extraction, {make_schema(*options), {}});
    };
  });
}

}  // namespace gliner::cli
