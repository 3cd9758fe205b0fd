#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/http_client.h"
#include "hub/hub_settings.h"
#include "hub/pull_meter.h"
#include "hub/url.h"

namespace gliner {

/// A repository at one commit.
struct RepositoryListing {
  std::string commit;
  std::vector<std::string> files;  ///< As the hub names them; not checked.
};

/// What the hub says of a file before it is fetched.
struct RemoteFile {
  std::string name;
  std::string etag;  ///< SHA-256 or git's SHA-1 of a blob, as a rule. Safe as a file name.
  std::optional<std::uint64_t> size;
};

/// Where the bytes of a download go.
class DownloadSink {
 public:
  virtual ~DownloadSink() = default;
  /// Bytes that are there already: the next request asks for what follows.
  virtual std::uint64_t size() const = 0;
  /// Forgets all bytes.
  virtual void restart() = 0;
  virtual void append(std::string_view bytes) = 0;
  /// Size of the whole file, where it is known.
  virtual std::optional<std::uint64_t> expected_size() const = 0;
};

/// The questions that a pull asks the hub. Tries again what may pass, follows redirects, and sends the token
/// to the endpoint's own origin alone. All of them throw HubError that says what to do.
class HubClient {
 public:
  /// All three must outlive the client.
  HubClient(const HubSettings& settings, const PullOptions& options, PullMeter& meter);

  /// GET api/models/ID/revision/REVISION.
  RepositoryListing list(const std::string& repository, const std::string& revision);

  /// HEAD of a file. A redirect to another host is not followed: what matters is in the redirect itself.
  RemoteFile describe(const std::string& repository, const std::string& commit, const std::string& name);

  /// The whole of a small file.
  std::string read(const std::string& repository, const std::string& commit, const std::string& name,
                   std::size_t max_bytes);

  /// Fills `sink` with the rest of a file, in as many requests as it takes while each brings it further.
  void download(const std::string& repository, const std::string& commit, const std::string& name,
                DownloadSink& sink);

 private:
  std::string file_url(const std::string& repository, const std::string& commit,
                       const std::string& name) const;
  std::string read_url(const std::string& url, std::size_t max_bytes);
  HttpAnswer follow(HttpRequest request, const HttpClient::Body& body);
  /// Repeats `attempt` while its answers are worth another try; gives the first good one. A try that took
  /// `sink` further than any before does not count.
  HttpAnswer persist(const std::string& url, const std::function<HttpAnswer()>& attempt,
                     const DownloadSink* sink = nullptr);
  HttpAnswer download_once(const std::string& url, DownloadSink& sink);
  [[noreturn]] void refuse(const std::string& url, const HttpAnswer& answer) const;

  const HubSettings& settings_;
  const PullOptions& options_;
  PullMeter& meter_;
  Origin home_;
  HttpClient http_;
};

}  // namespace gliner
