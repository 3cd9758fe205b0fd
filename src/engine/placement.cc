#include "engine/placement.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/out_of_memory.h"
#include "gliner/error.h"
#include "gliner/schema.h"
#include "models/device.h"
#include "nn/threads.h"

namespace gliner {
namespace {

/// Above it a card's products gain nothing more, and results come in lumps.
constexpr std::int64_t kMostTokens = 32'768;
constexpr std::int64_t kLeastTokens = 1024;

/// For a model that cannot read the made-up texts.
constexpr std::int64_t kUntriedTokens = 8192;

/// Words of a made-up text: with sub-words a usual window.
constexpr int kWords = 256;

}  // namespace

Placement place(const LoadOptions& options, const std::function<void(const LoadOptions&)>& load) {
  const std::vector<std::string> devices = resolve_devices(options.device);
  Placement placement;
  placement.on_cards = devices.front() != "cpu";
  placement.replicas = devices.size();
  placement.devices = devices;
  placement.batch_tokens = options.batch_tokens;
  placement.host_threads = options.threads > 0 ? options.threads : allowed_cpus();
  LoadOptions one = options;
  for (const std::string& device : devices) {
    one.device = device;
    load(one);
  }
  return placement;
}

std::int64_t find_batch_tokens(const Family& family, std::size_t replica) {
  std::string text;
  for (int word = 0; word < kWords; ++word) text += "word ";
  const ExtractOptions options;
  const Schema schema = Schema().entities({"person", "place", "organization", "date", "product"});
  const std::unique_ptr<const FamilyPrompt> prompt = family.compile(schema.spec(), nullptr);
  const std::unique_ptr<Job> first = family.prepare(*prompt, text, nullptr, options);
  const std::int64_t limit = family.max_sequence_tokens();
  if (first->tokens == 0 || (limit > 0 && first->tokens > limit)) return kUntriedTokens;
  for (std::int64_t tokens = kMostTokens; tokens > kLeastTokens; tokens /= 2) {
    std::vector<std::unique_ptr<Job>> jobs;
    std::vector<Job*> batch;
    for (std::int64_t sum = 0; sum < 2 * tokens; sum += first->tokens) {
      jobs.push_back(family.prepare(*prompt, text, nullptr, options));
      batch.push_back(jobs.back().get());
    }
    try {
      family.run(batch, options, replica);
      return tokens;
    } catch (const OutOfMemory&) {
      // Half of it, then.
    }
  }
  return kLeastTokens;
}

}  // namespace gliner
