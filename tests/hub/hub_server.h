#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "http_server.h"

namespace gliner::testing {

/// A hub with one repository at one commit. A test changes what it wants to see go wrong through `intercept`.
class HubServer {
 public:
  static constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

  /// `files`: name -> contents. Files named .safetensors or .bin are stored as large files.
  explicit HubServer(std::string repository, std::map<std::string, std::string> files);

  std::string endpoint() const { return server_.origin(); }
  std::vector<ServedRequest> requests() const { return server_.requests(); }
  /// Requests whose target ends with `suffix`, by method.
  std::vector<ServedRequest> requests_for(const std::string& method, const std::string& suffix) const;

  /// What the hub calls a file: SHA-256 of a large one, git's SHA-1 of any other.
  std::string etag(const std::string& name) const;

  /// Looks at every answer before it is sent and may change it. Called from several threads at once, one at
  /// a time.
  using Intercept = std::function<void(const ServedRequest&, ServedResponse&)>;
  void intercept(Intercept change);

  /// Names that the listing has besides the files.
  void list_also(const std::string& name);

 private:
  ServedResponse answer(const ServedRequest& request);
  ServedResponse listing() const;
  ServedResponse file(const std::string& name, const ServedRequest& request) const;

  std::string repository_;
  std::map<std::string, std::string> files_;
  std::mutex mutex_;
  std::vector<std::string> also_listed_;
  Intercept intercept_;
  HttpServer server_;  // last: it calls the rest from its threads
};

bool ends_with(const std::string& text, const std::string& suffix);

}  // namespace gliner::testing
