#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "exit_code.h"
#include "model_source.h"

namespace gliner::cli {
namespace {

struct InspectOptions {
  std::string directory;
  bool json = false;
  bool tensors = false;
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

/// "float16 82, int64 1": tensors of each element type.
std::string dtype_counts(const ModelReport& report) {
  std::map<std::string, int> counts;
  for (const TensorReport& tensor : report.tensors) ++counts[tensor.dtype];
  std::string text;
  for (const auto& [dtype, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", dtype, count);
  return text;
}

std::string readable_report(const ModelReport& report, bool with_tensors) {
  std::string special_tokens;
  for (const auto& [token, id] : report.special_tokens) {
    special_tokens += fmt::format("{}{} {}", special_tokens.empty() ? "" : ", ", token, id);
  }
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("{:<16}{}\n", name, value);
  };
  line("architecture", report.architecture);
  line("encoder",
       fmt::format("{}: {} layers, hidden {}, {} heads, inner {}, vocabulary {}", report.encoder,
                   report.layers, report.hidden_size, report.heads, report.inner_size, report.vocab_size));
  line("tokenizer", report.tokenizer);
  line("words", fmt::format("pooling {}", report.token_pooling));
  std::string spans =
      report.max_width > 0 ? fmt::format("up to {} words", report.max_width) : "of any length";
  if (!report.span_mode.empty()) spans += fmt::format(", span mode {}", report.span_mode);
  if (!report.counting_layer.empty()) spans += fmt::format(", counted by {}", report.counting_layer);
  line("spans", spans);
  if (report.max_words > 0) {
    const std::string tokens =
        report.max_tokens > 0 ? fmt::format(", {} tokens with labels", report.max_tokens) : "";
    line("limits", fmt::format("{} words{}", report.max_words, tokens));
  }
  line("parameters",
       fmt::format("{} ({:.1f} million)", report.parameters, static_cast<double>(report.parameters) / 1e6));
  line("weights", fmt::format("{} bytes ({:.1f} MiB)", report.weight_bytes,
                              static_cast<double>(report.weight_bytes) / (1024.0 * 1024.0)));
  line("special tokens", special_tokens);
  line("devices", fmt::format("{}", fmt::join(report.devices, ", ")));
  // A tensor that nothing explains would have stopped the load.
  line("load report",
       fmt::format("{} tensors ({}): {} used, {} not needed, 0 left over", report.tensors.size(),
                   dtype_counts(report), report.tensors.size() - report.unused_tensors.size(),
                   report.unused_tensors.size()));
  for (const std::string& name : report.unused_tensors) {
    const auto tensor = std::find_if(report.tensors.begin(), report.tensors.end(),
                                     [&name](const TensorReport& each) { return each.name == name; });
    line("", fmt::format("{}: {}", name, tensor == report.tensors.end() ? "not used" : tensor->use));
  }
  if (with_tensors) {
    for (const TensorReport& tensor : report.tensors) {
      text +=
          fmt::format("  {} {} {} -> {}\n", tensor.name, tensor.dtype, shape_text(tensor.shape), tensor.use);
    }
  }
  return text;
}

std::string json_report(const ModelReport& report) {
  nlohmann::ordered_json special_tokens = nlohmann::ordered_json::object();
  for (const auto& [token, id] : report.special_tokens) special_tokens[token] = id;
  nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
  for (const TensorReport& tensor : report.tensors) {
    tensors.push_back(
        {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"use", tensor.use}});
  }
  const nlohmann::ordered_json json = {{"architecture", report.architecture},
                                       {"encoder", report.encoder},
                                       {"tokenizer", report.tokenizer},
                                       {"counting_layer", report.counting_layer},
                                       {"token_pooling", report.token_pooling},
                                       {"hidden_size", report.hidden_size},
                                       {"layers", report.layers},
                                       {"heads", report.heads},
                                       {"inner_size", report.inner_size},
                                       {"vocab_size", report.vocab_size},
                                       {"devices", report.devices},
                                       {"span_mode", report.span_mode},
                                       {"max_width", report.max_width},
                                       {"max_words", report.max_words},
                                       {"max_tokens", report.max_tokens},
                                       {"parameters", report.parameters},
                                       {"weight_bytes", report.weight_bytes},
                                       {"special_tokens", std::move(special_tokens)},
                                       {"tensors", std::move(tensors)},
                                       {"unused_tensors", report.unused_tensors}};
  return json.dump(2) + "\n";
}

int inspect(const GlobalOptions& global, const InspectOptions& options) {
  ModelOptions source = global.model;
  if (!options.directory.empty()) {
    if (!source.directory.empty()) throw UsageError("give the folder once: DIR or --model-dir");
    source.directory = options.directory;
  }
  const Extractor model = load_model(source);
  const std::string text =
      options.json ? json_report(model.report()) : readable_report(model.report(), options.tensors);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kDone;
}

}  // namespace

void add_inspect_command(CLI::App& app, GlobalOptions& global, Action& action) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = add_command(app, "inspect", "Show what a checkpoint holds and whether it loads");
  command->add_option("DIR", options->directory, "Folder of a checkpoint, as --model-dir")->group("Input");
  command->add_flag("--json", options->json, "One JSON object, with every tensor")->group("Output");
  command->add_flag("--tensors", options->tensors, "List every tensor and what uses it")->group("Output");
  command->callback(
      [options, &global, &action] { action = [options, &global] { return inspect(global, *options); }; });
}

}  // namespace gliner::cli
