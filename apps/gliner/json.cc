#include <memory>

#include "commands.h"
#include "exit_code.h"
#include "extraction.h"
#include "json_argument.h"

namespace gliner::cli {
namespace {

struct JsonOptions {
  ExtractionOptions extraction;
  std::string structures_file;
  std::string structures_json;
};

Schema make_schema(const JsonOptions& options) {
  if (options.structures_file.empty() == options.structures_json.empty()) {
    throw UsageError("describe the records with either --structures FILE or --structures-json TEXT");
  }
  return Schema::from_structures_json(options.structures_file.empty()
                                          ? read_json_argument(options.structures_json, "--structures-json")
                                          : read_file_argument(options.structures_file, "--structures"));
}

}  // namespace

void add_json_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<JsonOptions>();
  CLI::App* command = add_command(app, "json", "Fill records of the given structures");
  const std::string group = "What to find";
  command->add_option("--structures", options->structures_file, "File with what --structures-json takes")
      ->type_name("FILE")
      ->group(group);
  command
      ->add_option("--structures-json", options->structures_json,
                   R"({"record": ["field", "field::str", "field::[a|b]::description", ...]})")
      ->type_name("JSON")
      ->group(group);
  add_extraction_options(*command, options->extraction);
  command->callback([options, &global, &action] {
    action = [options, &global] {
      return run_extraction(global, options->extraction, {make_schema(*options), {}});
    };
  });
}

}  // namespace gliner::cli
