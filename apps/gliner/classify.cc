#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "exit_code.h"
#include "extraction.h"
#include "json_argument.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ClassifyOptions {
  ExtractionOptions extraction;
  std::string task;
  std::vector<std::string> labels;
  std::string labels_json;
  bool multi_label = false;
  std::optional<double> cls_threshold;
};

/// {task: {"labels": ..., "multi_label": ..., "cls_threshold": ...}}: labels are a list, {label: description}
/// or a whole configuration that has "labels" itself; the flags of the command line win over it.
Json tasks_with_flags(const ClassifyOptions& options, Json labels) {
  const bool is_config = labels.is_object() && labels.contains("labels");
  Json config = is_config ? std::move(labels) : Json{{"labels", std::move(labels)}};
  if (options.multi_label) config["multi_label"] = true;
  if (options.cls_threshold) config["cls_threshold"] = *options.cls_threshold;
  return Json{{options.task, std::move(config)}};
}

Schema make_schema(const ClassifyOptions& options) {
  if (options.labels.empty() == options.labels_json.empty()) {
    throw UsageError("name the classes with either --label (repeatable) or --labels-json");
  }
  if (!options.labels.empty()) {
    if (options.task.empty()) throw UsageError("--label needs --task, the name of what is decided");
    ClassificationOptions classification;
    classification.multi_label = options.multi_label;
    classification.cls_threshold = options.cls_threshold.value_or(classification.cls_threshold);
    return Schema().classification(options.task, options.labels, classification);
  }
  const std::string json = read_json_argument(options.labels_json, "--labels-json");
  if (options.task.empty()) {
    if (options.multi_label || options.cls_threshold) {
      throw UsageError("--multi-label and --cls-threshold need --task; or put them into --labels-json");
    }
    return Schema::from_tasks_json(json);
  }
  try {
    return Schema::from_tasks_json(tasks_with_flags(options, Json::parse(json)).dump());
  } catch (const Json::exception& error) {
    throw UsageError(fmt::format("--labels-json: not valid JSON: {}", error.what()));
  }
}

}  // namespace

void add_classify_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<ClassifyOptions>();
  CLI::App* command = add_command(app, "classify", "Choose among the given classes");
  const std::string group = "What to decide";
  command->add_option("--task", options->task, "Name of what is decided, for example sentiment")
      ->type_name("NAME")
      ->group(group);
  add_repeatable(*command, "--label", options->labels, "Class; may be repeated, at least two")->group(group);
  command
      ->add_option(
          "--labels-json", options->labels_json,
          R"(With --task: ["class", ...] or {"class": "description"}; without: {"task": ...} for several)")
      ->type_name("JSON|FILE")
      ->group(group);
  command->add_flag("--multi-label", options->multi_label, "Any number of classes instead of one")
      ->group(group);
  command
      ->add_option_function<double>(
          "--cls-threshold", [options](double threshold) { options->cls_threshold = threshold; },
          "Score from which --multi-label keeps a class (default: 0.5)")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SCORE")
      ->group(group);
  add_extraction_options(*command, options->extraction);
  command->callback([options, &global, &action] {
    action = [options, &global] {
      return run_extraction(global, options->extraction, {make_schema(*options), {}});
    };
  });
}

}  // namespace gliner::cli
