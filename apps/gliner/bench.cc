#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "exit_code.h"
#include "gliner/profile.h"
#include "input/records.h"
#include "json_argument.h"
#include "measurement.h"
#include "model_source.h"

namespace gliner::cli {
namespace {

struct BenchOptions {
  InputOptions input;
  std::vector<std::string> labels;
  std::string labels_json;
  std::vector<std::string> relations;
  ExtractOptions extract;
  std::optional<int> call_texts;  ///< --texts-per-call; absent: as many as a batch
  int repeats = 3;
  bool profile = false;
};

struct Pass {
  double seconds = 0;
  std::vector<double> call_ms;
};

std::vector<std::string> read_texts(const InputOptions& input) {
  std::vector<std::string> texts;
  const std::unique_ptr<RecordReader> reader = open_records(input);
  InputRecord record;
  while (reader->next(record)) {
    if (record.error) throw UsageError(fmt::format("{}: {}", record.place, *record.error));
    texts.push_back(std::move(record.text));
  }
  if (texts.empty()) throw UsageError("the input holds no text to measure");
  return texts;
}

std::vector<std::vector<std::string>> cut_calls(const std::vector<std::string>& texts, std::size_t size) {
  std::vector<std::vector<std::string>> calls;
  for (std::size_t begin = 0; begin < texts.size(); begin += size) {
    const std::size_t end = std::min(begin + size, texts.size());
    calls.emplace_back(texts.begin() + static_cast<std::ptrdiff_t>(begin),
                       texts.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return calls;
}

Pass run_pass(const Extractor& model, const Schema& schema, const ExtractOptions& options,
              const std::vector<std::vector<std::string>>& calls) {
  Pass pass;
  const Clock::time_point begin = Clock::now();
  for (const std::vector<std::string>& texts : calls) {
    const Clock::time_point call_begin = Clock::now();
    for (const Result& result : model.batch_extract(texts, schema, options)) {
      if (result.error) throw UsageError("a text cannot be processed: " + *result.error);
    }
    pass.call_ms.push_back(seconds_since(call_begin) * 1000);
  }
  pass.seconds = seconds_since(begin);
  return pass;
}

/// Nearest-rank percentile.
double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

int bench(const GlobalOptions& global, const BenchOptions& options) {
  if (options.labels.empty() == options.labels_json.empty()) {
    throw UsageError("name the entity types with either --label (repeatable) or --labels-json");
  }
  Schema schema = options.labels.empty()
                      ? Schema::from_entities_json(read_json_argument(options.labels_json, "--labels-json"))
                      : Schema().entities(options.labels);
  if (!options.relations.empty()) schema.relations(options.relations);
  const int call_texts = options.call_texts.value_or(options.extract.batch_size);
  const auto calls = cut_calls(read_texts(options.input), static_cast<std::size_t>(call_texts));
  std::size_t texts = 0;
  for (const auto& call : calls) texts += call.size();

  const Clock::time_point load_begin = Clock::now();
  const Extractor model = load_model(global.model);
  const double load_ms = seconds_since(load_begin) * 1000;

  // One call untimed: the first one pays for pages of the mapped weights and for kernels made on demand.
  run_pass(model, schema, options.extract, {calls.front()});
  const Profile profile;
  Pass best;
  for (int i = 0; i < options.repeats; ++i) {
    Pass pass = run_pass(model, schema, options.extract, calls);
    if (i == 0 || pass.seconds < best.seconds) best = std::move(pass);
  }
  nlohmann::ordered_json report = {{"load_ms", rounded(load_ms)},
                                   {"texts", texts},
                                   {"seconds", best.seconds},
                                   {"texts_per_second", rounded(static_cast<double>(texts) / best.seconds)},
                                   {"p50_ms", rounded(percentile(best.call_ms, 0.50))},
                                   {"p95_ms", rounded(percentile(best.call_ms, 0.95))},
                                   {"peak_rss_mb", rounded(peak_rss_mb())},
                                   {"batch_size", options.extract.batch_size},
                                   {"texts_per_call", call_texts},
                                   {"threads", global.model.threads},
                                   {"repeats", options.repeats}};
  if (global.model.cuda_graphs) {
    const CudaGraphReport graphs = model.cuda_graph_report();
    report["cuda_graphs"] = {{"captured", graphs.captured},
                             {"replayed", graphs.replayed},
                             {"launched", graphs.launched},
                             {"failures", graphs.failures},
                             {"failure", graphs.failure}};
  }
  if (options.profile) {
    nlohmann::ordered_json stages = nlohmann::ordered_json::object();  // ms of one pass, on average
    for (const StageTime& stage : profile.stages()) stages[stage.stage] = rounded(stage.ms / options.repeats);
    report["stages_ms"] = std::move(stages);
  }
  const std::string line = report.dump() + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  return kDone;
}

}  // namespace

void add_bench_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = add_command(app, "bench",
                                  "Measure the extraction of entities and relations; prints one JSON object "
                                  "(p50_ms and p95_ms are times of a call)");
  const std::string group = "Measurement";
  add_repeatable(*command, "--label", options->labels, "Entity type; may be repeated")->group(group);
  command->add_option("--labels-json", options->labels_json, R"(["type", ...] or {"type": "description"})")
      ->type_name("FILE|JSON")
      ->group(group);
  add_repeatable(*command, "--relation", options->relations, "Relation type; may be repeated")->group(group);
  command->add_option("--threshold", options->extract.threshold, "Least score of what is found")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SCORE")
      ->capture_default_str()
      ->group(group);
  command->add_option("--batch-size", options->extract.batch_size, "Texts of one forward pass")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  command
      ->add_option_function<int>(
          "--texts-per-call", [options](int texts) { options->call_texts = texts; },
          "Texts given to the library at once, which sorts them into batches (default: as many as a batch; "
          "the "
          "other commands give it eight times as many)")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N")
      ->group(group);
  command->add_option("--repeats", options->repeats, "Passes over all texts; the best one counts")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  command->add_flag("--profile", options->profile, "Add stages_ms: the time of each stage in one pass")
      ->group(group);
  add_input_options(*command, options->input);
  command->callback(
      [options, &global, &action] { action = [options, &global] { return bench(global, *options); }; });
}

}  // namespace gliner::cli
