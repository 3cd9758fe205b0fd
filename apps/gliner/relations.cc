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
  std::vector<std::string> labels;
};

Schema make_schema(const RelationsOptions& options) {
  if (options.relations.empty() == options.relations_json.empty()) {
    throw UsageError("name the relation types with either --relation (repeatable) or --relations-json");
  }
  Schema schema =
      options.relations.empty()
          ? Schema::from_relations_json(read_json_argument(options.relations_json, "--relations-json"))
          : Schema().relations(options.relations);
  if (!options.labels.empty()) schema.entities(options.labels);
  return schema;
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
  add_repeatable(*command, "--label", options->labels,
                 "Entity type; may be repeated. GLiNER v1 models relate entities of these types only")
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
