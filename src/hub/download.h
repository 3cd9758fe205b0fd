#pragma once

#include <string>

#include "hub/cache_store.h"
#include "hub/hub_client.h"
#include "hub/pull_meter.h"

namespace gliner {

/// Where a file lies on the hub.
struct FilePlace {
  std::string repository;
  std::string commit;
};

/// What became of a blob.
struct BlobOutcome {
  bool cached = false;    ///< It was there.
  bool verified = false;  ///< Its checksum was compared.
};

/// Brings a blob into the cache, from where an interrupted download stopped. Its size and, where the etag is
/// one, its checksum are compared before it gets its name. One process at a time works on a blob; the others
/// wait and find it done. Throws HubError; what cannot be completed later is removed.
BlobOutcome download_blob(HubClient& client, CacheStore& store, const FilePlace& place,
                          const RemoteFile& file, bool force, PullMeter& meter);

}  // namespace gliner
