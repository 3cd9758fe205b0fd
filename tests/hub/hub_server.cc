#include "hub_server.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/digest.h"

namespace gliner::testing {

bool ends_with(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

HubServer::HubServer(std::string repository, std::map<std::string, std::string> files)
    : repository_(std::move(repository)),
      files_(std::move(files)),
      server_([this](const ServedRequest& request) { return answer(request); }) {}

std::vector<ServedRequest> HubServer::requests_for(const std::string& method,
                                                   const std::string& suffix) const {
  std::vector<ServedRequest> found;
  for (const ServedRequest& request : requests()) {
    if (request.method == method && ends_with(request.target, suffix)) found.push_back(request);
  }
  return found;
}

std::string HubServer::etag(const std::string& name) const {
  const std::string& contents = files_.at(name);
  if (ends_with(name, ".safetensors") || ends_with(name, ".bin")) {
    Digest digest(Digest::Kind::kSha256);
    digest.add(contents);
    return digest.value();
  }
  Digest digest(Digest::Kind::kSha1);
  digest.add(fmt::format("blob {}", contents.size()) + '\0' + contents);
  return digest.value();
}

void HubServer::intercept(Intercept change) {
  const std::lock_guard<std::mutex> lock(mutex_);
  intercept_ = std::move(change);
}

void HubServer::list_also(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  also_listed_.push_back(name);
}

ServedResponse HubServer::listing() const {
  nlohmann::json siblings = nlohmann::json::array();
  for (const auto& [name, contents] : files_) siblings.push_back({{"rfilename", name}});
  for (const std::string& name : also_listed_) siblings.push_back({{"rfilename", name}});
  ServedResponse response;
  response.body = nlohmann::json{{"id", repository_}, {"sha", kCommit}, {"siblings", siblings}}.dump();
  return response;
}

ServedResponse HubServer::file(const std::string& name, const ServedRequest& request) const {
  ServedResponse response;
  const auto found = files_.find(name);
  if (found == files_.end()) {
    response.status = 404;
    response.headers = {{"X-Error-Code", "EntryNotFound"}, {"X-Error-Message", "Entry not found"}};
    return response;
  }
  const std::string& contents = found->second;
  response.headers = {{"ETag", '"' + etag(name) + '"'}, {"X-Repo-Commit", kCommit}};
  response.body = contents;
  const std::string range = request.header("range");
  if (range.rfind("bytes=", 0) == 0) {
    const std::size_t begin = std::stoul(range.substr(6));
    response.status = begin < contents.size() ? 206 : 416;
    response.body = begin < contents.size() ? contents.substr(begin) : "";
    response.headers.emplace_back("Content-Range",
                                  fmt::format("bytes {}-{}/{}", begin, contents.size() - 1, contents.size()));
  }
  return response;
}

ServedResponse HubServer::answer(const ServedRequest& request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string api = "/api/models/" + repository_ + "/revision/";
  const std::string resolve = "/" + repository_ + "/resolve/" + kCommit + "/";
  ServedResponse response;
  if (request.target == api + "main" || request.target == api + kCommit) {
    response = listing();
  } else if (request.target.rfind(api, 0) == 0) {
    response.status = 404;
    response.headers = {{"X-Error-Code", "RevisionNotFound"}};
  } else if (request.target.rfind(resolve, 0) == 0) {
    response = file(request.target.substr(resolve.size()), request);
  } else {
    response.status = 401;  // as the public hub says of what is not there
    response.headers = {{"X-Error-Code", "RepoNotFound"}, {"X-Error-Message", "Repository not found"}};
  }
  if (intercept_) intercept_(request, response);
  return response;
}

}  // namespace gliner::testing
