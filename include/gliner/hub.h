#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gliner/export.h"

namespace gliner {

/// Folder of a model in the local Hugging Face cache: `$HF_HUB_CACHE` or `$HF_HOME/hub` or
/// `~/.cache/huggingface/hub`, `models--ORG--NAME/refs/REVISION` -> `snapshots/COMMIT`. `id` is "org/name"
/// with an optional "@revision" (default "main"). Nothing is downloaded. Throws ModelError that says where
/// was looked and how to fetch the model; InputError on an id that is none.
GLINER_EXPORT std::string find_cached_model(const std::string& id);

/// How far a pull is.
struct PullProgress {
  std::string file;              ///< In transfer; empty: asking the hub what there is.
  std::uint64_t bytes = 0;       ///< Of all files, those found in the cache included.
  std::uint64_t total = 0;       ///< Of all files; 0: not known yet.
  std::uint64_t downloaded = 0;  ///< Of `bytes`, what came over the network in this call.
  std::string waiting;           ///< Why nothing moves: another process's lock, a pause before a new try.
};

/// How a model is fetched. Empty strings take the value of the environment.
struct PullOptions {
  std::string cache_folder;  ///< Default: as find_cached_model.
  std::string endpoint;      ///< Default: $HF_ENDPOINT, else the public hub.
  std::string token;         ///< Default: $HF_TOKEN, else the file $HF_TOKEN_PATH, $HF_HOME/token.
  bool force = false;        ///< Download again what the cache holds.
  bool dry_run = false;      ///< Ask the hub, write nothing.

  int connect_timeout_ms = 10'000;
  int stall_timeout_ms = 30'000;  ///< Without one byte from the server.
  int retries = 5;       ///< Further tries of a request; a try that brought bytes starts to count anew.
  int backoff_ms = 500;  ///< Pause before the first further try; doubles up to 30 s.

  /// Called at least ten times a second from the calling thread; false stops the pull with HubError. What
  /// came so far is kept, and the next pull goes on from there.
  std::function<bool(const PullProgress&)> on_progress;
};

struct PulledFile {
  std::string name;  ///< In the repository.
  std::uint64_t bytes = 0;
  bool cached = false;    ///< Was there before.
  bool verified = false;  ///< Its checksum was compared; false with `cached`, or when the hub gave none.
};

struct PulledModel {
  std::string folder;  ///< For Extractor::load. Of a dry run: where it would be.
  std::string commit;
  std::vector<PulledFile> files;
};

/// Brings the files that a GLiNER model needs from the hub into the cache that find_cached_model reads and
/// that huggingface_hub shares: weights (safetensors before pytorch_model.bin), configurations, tokenizers.
/// Downloads are resumed, compared with the hub's checksums and appear under their names only when they are
/// complete; any number of processes may pull at once. The token goes to the endpoint alone. With
/// $HF_HUB_OFFLINE or $TRANSFORMERS_OFFLINE the cache has to do. Throws HubError; InputError on an id that is
/// none; ModelError offline. A library built without GLINER_HUB throws HubError always.
GLINER_EXPORT PulledModel pull_model(const std::string& id, const PullOptions& options = {});

/// Folder of a model: of the cache where it is complete, without a question to the network; else pulled.
GLINER_EXPORT std::string fetch_model(const std::string& id, const PullOptions& options = {});

}  // namespace gliner
