#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include "gliner/error.h"
#include "gliner/hub.h"
#include "hub/cache_store.h"
#include "hub/download.h"
#include "hub/hub_client.h"
#include "hub/hub_settings.h"
#include "hub/model_files.h"
#include "io/model_cache.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

/// The folder that the cache has for an id; empty where it has none or a part only.
std::string complete_in_cache(const ModelId& model, const fs::path& cache) {
  const fs::path repository = cache / repository_folder_name(model.repository);
  const std::string commit = find_cached_commit(repository, model.revision);
  if (commit.empty()) return {};
  const std::string folder = (repository / "snapshots" / commit).string();
  return is_complete_model(folder) ? folder : std::string();
}

PulledModel from_cache_alone(const std::string& id, const ModelId& model, const fs::path& cache) {
  PulledModel pulled;
  pulled.folder = complete_in_cache(model, cache);
  if (pulled.folder.empty()) {
    throw ModelError(
        fmt::format("{}: the cache {} does not hold all of it, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE "
                    "forbids to ask the hub",
                    id, cache.string()));
  }
  pulled.commit = fs::path(pulled.folder).filename().string();
  std::error_code error;
  for (fs::recursive_directory_iterator it(pulled.folder, error), end; !error && it != end;
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    pulled.files.push_back({it->path().lexically_relative(pulled.folder).generic_string(),
                            it->file_size(error),
                            /*cached=*/true, /*verified=*/false});
  }
  std::sort(pulled.files.begin(), pulled.files.end(),
            [](const PulledFile& a, const PulledFile& b) { return a.name < b.name; });
  return pulled;
}

/// What the hub says of every file that is needed.
std::vector<RemoteFile> describe_all(HubClient& client, const ModelId& model,
                                     const RepositoryListing& listing, PullMeter& meter) {
  constexpr std::size_t kMaxIndexBytes = std::size_t{64} << 20;
  const std::vector<std::string> names = choose_model_files(listing.files, [&](const std::string& index) {
    return client.read(model.repository, listing.commit, index, kMaxIndexBytes);
  });
  std::vector<RemoteFile> files;
  for (const std::string& name : names) {
    files.push_back(client.describe(model.repository, listing.commit, name));
    const std::uint64_t size = files.back().size.value_or(0);
    if (size > std::numeric_limits<std::uint64_t>::max() / 2 - meter.progress.total) {
      throw HubError(fmt::format("{}: a size of {} bytes cannot be", name, size));
    }
    meter.progress.total += size;
  }
  return files;
}

}  // namespace

PulledModel pull_model(const std::string& id, const PullOptions& options) {
  const ModelId model = parse_model_id(id);
  const fs::path cache =
      options.cache_folder.empty() ? hub_cache_folder() : expand_home(options.cache_folder);
  const HubSettings settings = hub_settings(options);
  if (settings.offline) return from_cache_alone(id, model, cache);

  PullMeter meter(options);
  HubClient client(settings, options, meter);
  CacheStore store(fs::absolute(cache), model.repository);

  const RepositoryListing listing = client.list(model.repository, model.revision);
  const std::vector<RemoteFile> files = describe_all(client, model, listing, meter);

  PulledModel pulled;
  pulled.commit = listing.commit;
  pulled.folder = store.snapshot(listing.commit).string();
  if (!options.dry_run) store.prepare();
  for (const RemoteFile& file : files) {
    BlobOutcome outcome;
    if (options.dry_run) {
      outcome.cached = store.has_blob(file.etag, file.size) && !options.force;
    } else {
      outcome = download_blob(client, store, {model.repository, listing.commit}, file, options.force, meter);
      store.link(listing.commit, file.name, file.etag);
    }
    std::error_code ignored;
    const std::uint64_t bytes =
        options.dry_run ? file.size.value_or(0) : fs::file_size(store.blob(file.etag), ignored);
    pulled.files.push_back({file.name, bytes, outcome.cached, outcome.verified});
  }
  // Last, so that whoever asks for the branch finds the old commit until the new one is complete.
  if (!options.dry_run) store.write_reference(model.revision, listing.commit);
  meter.check();
  return pulled;
}

std::string fetch_model(const std::string& id, const PullOptions& options) {
  const ModelId model = parse_model_id(id);
  const fs::path cache =
      options.cache_folder.empty() ? hub_cache_folder() : expand_home(options.cache_folder);
  std::string folder = options.force ? std::string() : complete_in_cache(model, cache);
  return folder.empty() ? pull_model(id, options).folder : folder;
}

}  // namespace gliner
