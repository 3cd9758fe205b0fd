// The hub's protocol as huggingface_hub speaks it (hf_api.py, file_download.py).
#include "hub/hub_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/json.h"
#include "gliner/error.h"
#include "io/model_cache.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

/// A repository of many thousand files has a listing of a few megabytes.
constexpr std::size_t kMaxListingBytes = std::size_t{64} << 20;

bool is_redirect(const HttpAnswer& answer) {
  return answer.failure.empty() && answer.status >= 300 && answer.status < 400 &&
         !answer.header("location").empty();
}

bool may_pass(const HttpAnswer& answer) {
  if (!answer.failure.empty()) return true;
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    if (answer.status == status) return true;
  }
  return false;
}

bool is_good(const HttpAnswer& answer) {
  return answer.failure.empty() && answer.status >= 200 && answer.status < 400;
}

std::string reason_of(const HttpAnswer& answer) {
  if (!answer.failure.empty()) return answer.failure;
  const std::string said = answer.header("x-error-message");
  return said.empty() ? fmt::format("HTTP {}", answer.status)
                      : fmt::format("HTTP {}, {}", answer.status, shown(said));
}

/// Whether the part of a file that comes begins where it should.
bool begins_at(const HttpAnswer& answer, std::uint64_t begin_byte) {
  return answer.header("content-range").rfind(fmt::format("bytes {}-", begin_byte), 0) == 0;
}

/// `W/"abc"` and `"abc"` -> `abc`
std::string plain_etag(std::string etag) {
  if (etag.substr(0, 2) == "W/") etag.erase(0, 2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

/// The cache names a blob after its etag.
bool is_file_name(std::string_view etag) {
  constexpr std::size_t kMaxBytes = 128;
  return !etag.empty() && etag.size() <= kMaxBytes && etag.front() != '.' && etag.front() != '-' &&
         std::all_of(etag.begin(), etag.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                  c == '_' || c == '-';
         });
}

}  // namespace

HubClient::HubClient(const HubSettings& settings, const PullOptions& options, PullMeter& meter)
    : settings_(settings),
      options_(options),
      meter_(meter),
      home_(origin_of(settings.endpoint)),
      http_({options.connect_timeout_ms, options.stall_timeout_ms}, [&meter] { return meter.keep_going(); }) {
}

std::string HubClient::file_url(const std::string& repository, const std::string& commit,
                                const std::string& name) const {
  return fmt::format("{}/{}/resolve/{}/{}", settings_.endpoint, repository, commit,
                     escape_path(name, /*keep_slash=*/true));
}

HttpAnswer HubClient::follow(HttpRequest request, const HttpClient::Body& body) {
  constexpr int kMaxRedirects = 10;
  for (int i = 0; i <= kMaxRedirects; ++i) {
    request.token = origin_of(request.url) == home_ ? settings_.token : std::string();
    HttpAnswer answer = http_.run(request, body);
    meter_.check();
    if (!is_redirect(answer)) return answer;
    const std::string next = resolve_location(request.url, answer.header("location"));
    const Origin origin = origin_of(next);
    if (home_.scheme == "https" && origin.scheme != "https") {
      throw HubError(fmt::format("{} sends on to {}, which is not encrypted: refused", shown_url(request.url),
                                 shown_url(next)));
    }
    if (request.method == HttpRequest::Method::kHead && !(origin == home_)) return answer;
    request.url = next;
  }
  throw HubError(fmt::format("{}: more than {} redirects", shown_url(request.url), kMaxRedirects));
}

HttpAnswer HubClient::persist(const std::string& url, const std::function<HttpAnswer()>& attempt,
                              const DownloadSink* sink) {
  constexpr int kMaxPauseMs = 30'000;
  std::uint64_t furthest = sink == nullptr ? 0 : sink->size();
  int tries_left = options_.retries;
  int pause_ms = options_.backoff_ms;
  while (true) {
    HttpAnswer answer = attempt();
    if (is_good(answer)) return answer;
    if (sink != nullptr && sink->size() > furthest) {  // it moves, if by fits and starts
      furthest = sink->size();
      tries_left = options_.retries;
      pause_ms = options_.backoff_ms;
    }
    if (!may_pass(answer) || tries_left-- <= 0) refuse(url, answer);
    int wait_ms = pause_ms;
    if (const auto seconds = answer.number("retry-after")) {
      wait_ms = static_cast<int>(std::min<std::uint64_t>(*seconds, kMaxPauseMs / 1000)) * 1000;
    }
    meter_.pause(wait_ms, fmt::format("{}; trying again in {:.1f} s", reason_of(answer), wait_ms / 1000.0));
    pause_ms = std::min(pause_ms * 2, kMaxPauseMs);
  }
}

void HubClient::refuse(const std::string& url, const HttpAnswer& answer) const {
  const std::string code = answer.header("x-error-code");
  std::string advice;
  if (!answer.failure.empty()) {
    advice = "; is the network there? HF_ENDPOINT names another hub";
  } else if (answer.status == 401) {
    advice = settings_.token.empty()
                 ? "; no such repository, or one that asks who you are: check the name, set HF_TOKEN"
                 : "; no such repository, or the token is not valid: check the name and HF_TOKEN";
  } else if (answer.status == 403) {
    advice = "; the repository is there but not for this token: ask for access on its page, check HF_TOKEN";
  } else if (answer.status == 404) {
    advice = code == "RevisionNotFound" ? "; the repository has no such revision"
             : code == "EntryNotFound"  ? "; the repository has no such file"
                                        : "; no such repository or revision: check the name";
  } else if (answer.status == 429) {
    advice = "; too many requests: try later, or set HF_TOKEN";
  }
  throw HubError(fmt::format("{}: {}{}", shown_url(url), reason_of(answer), advice));
}

std::string HubClient::read_url(const std::string& url, std::size_t max_bytes) {
  std::string text;
  persist(url, [&] {
    text.clear();
    return follow({HttpRequest::Method::kGet, url, {}, 0}, [&](const HttpAnswer&, std::string_view bytes) {
      if (bytes.size() > max_bytes - text.size()) {
        throw HubError(fmt::format("{}: longer than {} bytes", shown_url(url), max_bytes));
      }
      text += bytes;
      return true;
    });
  });
  return text;
}

RepositoryListing HubClient::list(const std::string& repository, const std::string& revision) {
  const std::string url = fmt::format("{}/api/models/{}/revision/{}", settings_.endpoint, repository,
                                      escape_path(revision, /*keep_slash=*/false));
  const Json answer = Json::parse(read_url(url, kMaxListingBytes), nullptr, /*allow_exceptions=*/false);
  const auto fail = [&](const char* what) {
    throw HubError(fmt::format("{}: {}; is HF_ENDPOINT a hub?", shown_url(url), what));
  };
  if (!answer.is_object()) fail("the answer is not a JSON object");
  RepositoryListing listing;
  const auto commit = answer.find("sha");
  if (commit == answer.end() || !commit->is_string() || !is_commit(commit->get_ref<const std::string&>())) {
    fail("the answer names no commit");
  }
  listing.commit = *commit;
  if (is_commit(revision) && listing.commit != revision) fail("the answer is about another commit");
  const auto siblings = answer.find("siblings");
  if (siblings == answer.end() || !siblings->is_array()) fail("the answer lists no files");
  for (const Json& sibling : *siblings) {
    if (!sibling.is_object()) fail("the answer lists a file without a name");
    const auto name = sibling.find("rfilename");
    if (name == sibling.end() || !name->is_string()) fail("the answer lists a file without a name");
    listing.files.push_back(*name);
  }
  return listing;
}

RemoteFile HubClient::describe(const std::string& repository, const std::string& commit,
                               const std::string& name) {
  const std::string url = file_url(repository, commit, name);
  const HttpAnswer answer = persist(url, [&] {
    return follow({HttpRequest::Method::kHead, url, {}, 0},
                  [](const HttpAnswer&, std::string_view) { return true; });
  });
  if (answer.header("x-repo-commit") != commit) {
    throw HubError(fmt::format("{}: expected a file of commit {}, found {}; is HF_ENDPOINT a hub?",
                               shown_url(url), commit, shown(answer.header("x-repo-commit"))));
  }
  RemoteFile file;
  file.name = name;
  const std::string linked = answer.header("x-linked-etag");
  file.etag = plain_etag(linked.empty() ? answer.header("etag") : linked);
  if (!is_file_name(file.etag)) {
    throw HubError(fmt::format("{}: {} cannot be the name of a file in the cache", shown_url(url),
                               file.etag.empty() ? "a missing etag" : shown(file.etag)));
  }
  file.size = answer.number("x-linked-size");
  if (!file.size && !is_redirect(answer)) file.size = answer.number("content-length");
  return file;
}

std::string HubClient::read(const std::string& repository, const std::string& commit, const std::string& name,
                            std::size_t max_bytes) {
  return read_url(file_url(repository, commit, name), max_bytes);
}

HttpAnswer HubClient::download_once(const std::string& url, DownloadSink& sink) {
  const std::uint64_t begin_byte = sink.size();
  bool first = true;
  bool other_range = false;
  HttpAnswer answer = follow({HttpRequest::Method::kGet, url, {}, begin_byte},
                             [&](const HttpAnswer& head, std::string_view bytes) {
                               if (first && begin_byte > 0) {
                                 if (head.status != 206) {  // the whole file, whatever was asked for
                                   sink.restart();
                                 } else if (!begins_at(head, begin_byte)) {
                                   other_range = true;
                                   return false;
                                 }
                               }
                               first = false;
                               sink.append(bytes);
                               return true;
                             });
  const bool no_such_range = answer.status == 416 && begin_byte > 0;
  if (other_range || no_such_range) {
    sink.restart();
    answer.status = 0;
    answer.failure = "the server does not have the rest of the file";
  } else if (is_good(answer) && sink.expected_size() && sink.size() < *sink.expected_size()) {
    answer.failure = fmt::format("the file ends after {} of {} bytes", sink.size(), *sink.expected_size());
  }
  return answer;
}

void HubClient::download(const std::string& repository, const std::string& commit, const std::string& name,
                         DownloadSink& sink) {
  const std::string url = file_url(repository, commit, name);
  persist(
      url, [&] { return download_once(url, sink); }, &sink);
}

}  // namespace gliner
