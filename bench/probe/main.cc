// Times parts of the engine that the command does not show by themselves. bench/compare.py drives it; by
// hand:
//
//   gliner_probe encoder --model-dir DIR --threads 2 --shape 1,64 --shape 8,128
//   gliner_probe peak --threads 2
//   echo '{"texts": ["Tim Cook met Angela Merkel."]}' | gliner_probe tokenizer --model-dir DIR
//   echo '{"pieces": ["Tim Cook met", " Angela Merkel."], "labels": ["person"]}' |
//       gliner_probe session --model-dir STREAMING_MODEL
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "encoder_probe.h"
#include "peak.h"
#include "session_probe.h"
#include "tokenizer_probe.h"

namespace {

using Answer = std::function<nlohmann::ordered_json(const nlohmann::json&)>;

// One request a line, one reply a line, until the input ends. A request that fails is answered with its
// error.
void serve(const Answer& answer) {
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::ordered_json reply;
    try {
      reply = answer(nlohmann::json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}

struct Options {
  std::string model_dir, prefix = "encoder";
  int threads = 0, repeats = 5;
  std::vector<std::string> shapes;
};

nlohmann::json request_of(const std::string& shape, int repeats) {
  const std::size_t comma = shape.find(',');
  if (comma == std::string::npos) throw CLI::ValidationError("--shape", "expected B,L, found " + shape);
  return {{"batch", std::stoll(shape.substr(0, comma))},
          {"length", std::stoll(shape.substr(comma + 1))},
          {"repeats", repeats},
          {"floor", true}};
}

void run_encoder(const Options& options) {
  gliner::EncoderProbe probe(options.model_dir, options.prefix, options.threads);
  const Answer answer = [&](const nlohmann::json& request) { return probe.answer(request); };
  if (options.shapes.empty()) return serve(answer);
  for (const std::string& shape : options.shapes)
    std::cout << answer(request_of(shape, options.repeats)).dump() << std::endl;
}

void run_tokenizer(const Options& options) {
  const gliner::TokenizerProbe probe(options.model_dir);
  serve([&](const nlohmann::json& request) { return probe.answer(request); });
}

void run_session(const Options& options) {
  const gliner::SessionProbe probe(options.model_dir, options.threads);
  serve([&](const nlohmann::json& request) { return probe.answer(request); });
}

void run_peak(const Options& options) {
  constexpr double kSeconds = 0.5;
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int threads = options.threads > 0 ? options.threads : std::max(1, cores);
  double best = 0;
  for (int i = 0; i < options.repeats; ++i) best = std::max(best, gliner::peak_gflops(threads, kSeconds));
  std::cout << nlohmann::ordered_json{{"threads", threads}, {"gflops", best}}.dump() << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times parts of the engine: JSON requests on standard input, JSON replies on standard output");
  Options options;
  app.require_subcommand(1);
  CLI::App* encoder =
      app.add_subcommand("encoder", "Forward pass of the encoder, and the bare products of it");
  encoder->add_option("--prefix", options.prefix, "Where the encoder's tensors lie in the checkpoint")
      ->capture_default_str();
  encoder->add_option("--threads", options.threads, "0: all cores")->capture_default_str();
  encoder->add_option("--shape", options.shapes,
                      "B,L: time B random sequences of L tokens instead of requests");
  encoder->add_option("--repeats", options.repeats, "Passes of a shape; the best one counts")
      ->capture_default_str();
  CLI::App* tokenizer = app.add_subcommand("tokenizer", "Texts to ids, on one thread");
  CLI::App* session =
      app.add_subcommand("session", "A growing text, piece by piece (streaming models of GLiNER v1)");
  session->add_option("--threads", options.threads, "0: all cores")->capture_default_str();
  CLI::App* peak =
      app.add_subcommand("peak", "Float32 multiply-adds in registers: what no product can exceed");
  peak->add_option("--threads", options.threads, "0: all cores")->capture_default_str();
  for (CLI::App* command : {encoder, tokenizer, session})
    command->add_option("--model-dir", options.model_dir, "Checkpoint folder")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    if (encoder->parsed()) run_encoder(options);
    if (tokenizer->parsed()) run_tokenizer(options);
    if (session->parsed()) run_session(options);
    if (peak->parsed()) run_peak(options);
  } catch (const std::exception& error) {
    std::cerr << "gliner_probe: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
