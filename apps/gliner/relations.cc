#include <memory>

#include "commands.h"
#include "exit_code.h"
#include "extraction.h"
#include "json_argument.h"

namespace gliner::cli {
namespace {

struct RelationsOptions {
  ExtractionOptions extraction;
  std::vector<std::string> relations;
  std::string relations_json;
};

Schema make_schema(const RelationsOptions& options) {
  if (options.relations.empty() == options.relations_json.empty()) {
    throw UsageError("name the relation types with either --relation (repeatable) or --relations-json");
  }
  if (!options.relations.empty()) return Schema().relations(options.relations);
  return Schema::from_relations_json(read_json_argument(options.relations_json, "--relations-json"));
}

}  // namespace

void add_relations_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<RelationsOptions>();
  CLI::App* command = add_command(app, "relations", "Find pairs that stand in the given relations");
  const std::string group = "What to find";
  add_repeatable(*command, "--relation", options->relations, "Relation type; may be repeated")->group(group);
  command
      ->add_option("--relations-json", options->relations_json,
                   R"(["relation", ...] or {"relation": "description" | {"description", "threshold"}})")
      ->type_name("JSON|FILE")
      ->group(group);
  add_extraction_options(*command, options->extraction);
  command->callback([options, &global, &action] {
    action = [options, &global] {
      return run_extraction(global, options->extraction, {make_schema(*options), {}});
    };
  });
}

}  // namespace gliner::cli
