#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "exit_code.h"
#include "gliner/error.h"
#include "gliner/evaluate.h"
#include "interrupt.h"
#include "model_source.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

struct EvalOptions {
  std::string gold;
  std::vector<std::string> labels;
  std::vector<std::string> relations;
  std::string sweep;
  bool json = false;
  ExtractOptions extract;
};

/// Gold of the whole file. A line that cannot be read stops the command: a score over a part of the file
/// would be taken for one of all.
std::vector<GoldRecord> read_gold(const EvalOptions& options) {
  std::ifstream in(options.gold, std::ios::binary);
  if (!in) throw UsageError("cannot read " + options.gold);
  std::vector<GoldRecord> records;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (number == 1 && line.substr(0, 3) == "\xef\xbb\xbf") line.erase(0, 3);
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      records.push_back(parse_gold(line));
    } catch (const InputError& error) {
      throw UsageError(fmt::format("{}, line {}: {}", options.gold, number, error.what()));
    }
    GoldRecord& record = records.back();
    if (!options.labels.empty() && !record.entity_labels.empty()) record.entity_labels = options.labels;
    if (!options.relations.empty() && !record.relation_names.empty())
      record.relation_names = options.relations;
  }
  if (in.bad()) throw UsageError("cannot read " + options.gold + " to its end");
  if (records.empty()) throw UsageError(options.gold + " holds no records");
  fill_candidates(records);
  return records;
}

/// "0.1:0.9:0.2" -> 0.1, 0.3, ...; "0.3,0.5" -> both.
std::vector<double> parse_sweep(const std::string& text) {
  const auto fail = [&text]() -> UsageError {
    return UsageError(
        fmt::format("--sweep {}: expected FIRST:LAST:STEP or a list such as 0.3,0.5, all in [0, 1]", text));
  };
  const char separator = text.find(':') != std::string::npos ? ':' : ',';
  std::vector<double> numbers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    double number = 0;
    if (!CLI::detail::lexical_cast(text.substr(begin, end - begin), number) || !(number >= 0 && number <= 1))
      throw fail();
    numbers.push_back(number);
    begin = end + 1;
  }
  if (separator == ',') return numbers;
  if (numbers.size() != 3 || numbers[2] <= 0 || numbers[0] > numbers[1]) throw fail();
  std::vector<double> thresholds;
  constexpr double kHalfAnUlpOrSo = 1e-9;
  for (int i = 0; numbers[0] + i * numbers[2] <= numbers[1] + kHalfAnUlpOrSo; ++i) {
    thresholds.push_back(numbers[0] + i * numbers[2]);
    if (thresholds.size() > 1000) throw fail();
  }
  return thresholds;
}

struct EvalRun {
  Evaluation evaluation;
  std::size_t compared = 0;
  std::size_t skipped = 0;  ///< Records that ask for nothing that is compared.
};

EvalRun evaluate(const Extractor& model, const std::vector<GoldRecord>& records,
                 const ExtractOptions& options) {
  EvalRun run;
  const auto batch_size = static_cast<std::size_t>(options.batch_size);
  for (std::size_t begin = 0; begin < records.size() && interrupt_signal() == 0; begin += batch_size) {
    const std::size_t end = std::min(begin + batch_size, records.size());
    std::vector<const GoldRecord*> batch;
    std::vector<std::string> texts;
    std::vector<Schema> schemas;
    for (std::size_t i = begin; i < end; ++i) {
      std::optional<Schema> schema = gold_schema(records[i]);
      if (!schema) {
        ++run.skipped;
        continue;
      }
      batch.push_back(&records[i]);
      texts.push_back(records[i].text);
      schemas.push_back(std::move(*schema));
    }
    if (batch.empty()) continue;
    const std::vector<Result> results = model.batch_extract(texts, schemas, options);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].error) {
        throw InputError(fmt::format("record {}: {}", run.compared + run.skipped, *results[i].error));
      }
      run.evaluation.add(*batch[i], results[i]);
      ++run.compared;
    }
    log_debug("{} of {} records", end, records.size());
  }
  return run;
}

Json counts_json(const MatchCounts& counts) {
  return {{"precision", counts.precision()}, {"recall", counts.recall()},     {"f1", counts.f1()},
          {"correct", counts.correct},       {"predicted", counts.predicted}, {"gold", counts.gold}};
}

Json scores_json(const MatchScores& scores) {
  Json labels = Json::object();
  for (const auto& [label, counts] : scores.by_label) labels[label] = counts_json(counts);
  return {{"micro", counts_json(scores.micro)}, {"labels", std::move(labels)}};
}

Json run_json(const EvalRun& run, double threshold) {
  Json json = {{"threshold", threshold}, {"records", run.compared}, {"skipped", run.skipped}};
  if (!run.evaluation.entities().by_label.empty()) json["entities"] = scores_json(run.evaluation.entities());
  if (!run.evaluation.relations().by_label.empty())
    json["relations"] = scores_json(run.evaluation.relations());
  if (!run.evaluation.classes().empty()) {
    Json& classes = json["classes"] = Json::object();
    for (const auto& [task, scores] : run.evaluation.classes()) {
      classes[task] = {
          {"accuracy", scores.accuracy()}, {"correct", scores.correct}, {"records", scores.records}};
    }
  }
  return json;
}

void print_table(const char* title, const MatchScores& scores) {
  if (scores.by_label.empty()) return;
  fmt::print("{:<32} {:>9} {:>9} {:>9} {:>8} {:>9} {:>6}\n", title, "precision", "recall", "F1", "correct",
             "predicted", "gold");
  const auto line = [](const std::string& name, const MatchCounts& counts) {
    fmt::print("{:<32} {:>9.4f} {:>9.4f} {:>9.4f} {:>8} {:>9} {:>6}\n", name, counts.precision(),
               counts.recall(), counts.f1(), counts.correct, counts.predicted, counts.gold);
  };
  line("all", scores.micro);
  for (const auto& [label, counts] : scores.by_label) line("  " + label, counts);
  fmt::print("\n");
}

void print_run(const EvalRun& run, double threshold) {
  fmt::print(
      "{} records, threshold {}{}\n\n", run.compared, threshold,
      run.skipped == 0 ? "" : fmt::format("; {} records ask for nothing that is compared", run.skipped));
  print_table("entities", run.evaluation.entities());
  print_table("relations", run.evaluation.relations());
  if (run.evaluation.classes().empty()) return;
  fmt::print("{:<32} {:>9} {:>9} {:>9}\n", "classes", "accuracy", "correct", "records");
  for (const auto& [task, scores] : run.evaluation.classes()) {
    fmt::print("  {:<30} {:>9.4f} {:>9} {:>9}\n", task, scores.accuracy(), scores.correct, scores.records);
  }
}

/// One line a threshold, and the best of them.
void print_sweep(const std::vector<std::pair<double, EvalRun>>& runs) {
  const auto table = [&runs](const char* title, const MatchScores& (Evaluation::*scores)() const) {
    if ((runs.front().second.evaluation.*scores)().by_label.empty()) return;
    fmt::print("{:<12} {:>9} {:>9} {:>9} {:>9}\n", title, "threshold", "precision", "recall", "F1");
    double best = 0;
    double best_f1 = -1;
    for (const auto& [threshold, run] : runs) {
      const MatchCounts& micro = (run.evaluation.*scores)().micro;
      fmt::print("{:<12} {:>9.3f} {:>9.4f} {:>9.4f} {:>9.4f}\n", "", threshold, micro.precision(),
                 micro.recall(), micro.f1());
      if (micro.f1() > best_f1) {
        best_f1 = micro.f1();
        best = threshold;
      }
    }
    fmt::print("best F1 {:.4f} at {:.3f}\n\n", best_f1, best);
  };
  table("entities", &Evaluation::entities);
  table("relations", &Evaluation::relations);
}

int run_eval(const GlobalOptions& global, const EvalOptions& options) {
  global.model.check();
  if (std::isnan(options.extract.threshold))
    throw UsageError("--threshold: expected a number in [0, 1], found nan");
  const std::vector<GoldRecord> records = read_gold(options);
  std::vector<double> thresholds = {options.extract.threshold};
  if (!options.sweep.empty()) thresholds = parse_sweep(options.sweep);
  const Extractor model = load_model(global.model);
  catch_interrupts();

  std::vector<std::pair<double, EvalRun>> runs;
  for (const double threshold : thresholds) {
    ExtractOptions extract = options.extract;
    extract.threshold = threshold;
    runs.emplace_back(threshold, evaluate(model, records, extract));
    log_info("threshold {}: done", threshold);
    if (interrupt_signal() != 0) {
      log_error("stopped: a score over a part of the records is none");
      return 128 + interrupt_signal();
    }
  }
  if (options.json) {
    Json json = Json::array();
    for (const auto& [threshold, run] : runs) json.push_back(run_json(run, threshold));
    fmt::print("{}\n", (options.sweep.empty() ? json[0] : json).dump(2));
  } else if (options.sweep.empty()) {
    print_run(runs[0].second, thresholds[0]);
  } else {
    print_sweep(runs);
  }
  return kDone;
}

}  // namespace

void add_eval_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command = add_command(app, "eval", "Compare a model's answers with right ones");
  command->add_option("GOLD", options->gold, "JSON lines: texts with their right answers")
      ->required()
      ->group("Input");
  add_repeatable(*command, "--label", options->labels,
                 "Ask every record for these entity types, not for its own; may be repeated")
      ->group("Input");
  add_repeatable(*command, "--relation", options->relations, "The same for relations")->group("Input");
  const std::string group = "Inference";
  command->add_option("--threshold", options->extract.threshold, "Keep spans with a score of at least this")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->type_name("SCORE")
      ->capture_default_str()
      ->group(group);
  command
      ->add_option("--sweep", options->sweep, "Thresholds FIRST:LAST:STEP or 0.3,0.5,...: one pass for each")
      ->type_name("RANGE")
      ->group(group);
  command
      ->add_flag("--multi-label", options->extract.multi_label, "GLiNER v1: one span may have several labels")
      ->group(group);
  command->add_option("--batch-size", options->extract.batch_size, "Texts of one forward pass")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
  command->add_flag("--json", options->json, "One JSON object instead of tables; of --sweep a list")
      ->group("Output");
  command->footer(
      "An entity is right when its label and its place are right; where gold has no places, its text counts, "
      "case "
      "ignored.\nPrecision, recall and F1 are over all labels together (micro) and for each. A class is "
      "right when all "
      "labels\nof its task are. docs/evaluation.md tells the forms of GOLD.\n\n"
      "Example:\n  gliner eval weights/demo/eval.jsonl\n  gliner eval gold.jsonl --sweep 0.1:0.9:0.1\n\n" +
      std::string(kExitCodesHelp));
  command->callback(
      [options, &global, &action] { action = [options, &global] { return run_eval(global, *options); }; });
}

}  // namespace gliner::cli
