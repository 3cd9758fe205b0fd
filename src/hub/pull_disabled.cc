// In place of the whole room in a build without GLINER_HUB.
#include "gliner/error.h"
#include "gliner/hub.h"

namespace gliner {

PulledModel pull_model(const std::string& id, const PullOptions&) {
  throw HubError(
      id +
      ": this build cannot download models (GLINER_HUB is off): fetch it with another tool into the "
      "Hugging Face cache, or give the folder of a checkpoint");
}

std::string fetch_model(const std::string& id, const PullOptions& options) {
  try {
    return find_cached_model(id);
  } catch (const ModelError&) {
    return pull_model(id, options).folder;
  }
}

}  // namespace gliner
