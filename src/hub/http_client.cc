#include "hub/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <exception>

#include "base/check.h"
#include "gliner/error.h"
#include "gliner/version.h"

namespace gliner {
namespace {

using Clock = std::chrono::steady_clock;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

/// What the callbacks of one request share.
struct Transfer {
  HttpAnswer answer;
  const HttpClient::Body* body = nullptr;
  Clock::time_point last_byte = Clock::now();
  bool refused = false;       ///< `body` did not want more.
  std::exception_ptr thrown;  ///< By `body`: an exception must not pass through C.
};

std::size_t take_header(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.last_byte = Clock::now();
  const std::string_view line = trim({data, size});
  if (line.substr(0, 5) == "HTTP/") {  // a new answer: "100 Continue" and a proxy's own come first
    transfer.answer = HttpAnswer();
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos) {
      std::from_chars(line.data() + space + 1, line.data() + line.size(), transfer.answer.status);
    }
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    transfer.answer.headers[lower(trim(line.substr(0, colon)))] = std::string(trim(line.substr(colon + 1)));
  }
  return size;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.last_byte = Clock::now();
  if (transfer.answer.status < 200 || transfer.answer.status >= 300) return size;  // an error page
  try {
    if ((*transfer.body)(transfer.answer, {data, size})) return size;
    transfer.refused = true;
  } catch (...) {
    transfer.thrown = std::current_exception();
  }
  return size == 0 ? 1 : 0;  // any other number than `size` ends the transfer
}

struct HeaderList {
  curl_slist* list = nullptr;

  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { curl_slist_free_all(list); }

  void add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(list, line.c_str());
    GLINER_CHECK(longer != nullptr);
    list = longer;
  }
};

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::optional<std::uint64_t> HttpAnswer::number(const std::string& name) const {
  const std::string text = header(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct HttpClient::Handles {
  CURL* easy = nullptr;
  CURLM* multi = nullptr;
};

HttpClient::HttpClient(Timeouts timeouts, KeepGoing keep_going)
    : timeouts_(timeouts), keep_going_(std::move(keep_going)), handles_(std::make_unique<Handles>()) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  handles_->easy = curl_easy_init();
  handles_->multi = curl_multi_init();
  if (started != CURLE_OK || handles_->easy == nullptr || handles_->multi == nullptr) {
    throw HubError("libcurl cannot be started");
  }
}

HttpClient::~HttpClient() {
  curl_easy_cleanup(handles_->easy);
  curl_multi_cleanup(handles_->multi);
}

HttpAnswer HttpClient::run(const HttpRequest& request, const Body& body) {
  Transfer transfer;
  transfer.body = &body;
  HeaderList headers;
  // The size of a compressed body is not the size of the file.
  headers.add("Accept-Encoding: identity");
  if (!request.token.empty()) headers.add("Authorization: Bearer " + request.token);

  CURL* const easy = handles_->easy;
  curl_easy_reset(easy);  // keeps connections
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "gliner/" GLINER_VERSION);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeouts_.connect_ms));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  if (request.method == HttpRequest::Method::kHead) curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  const std::string range = fmt::format("{}-", request.begin_byte);
  if (request.begin_byte > 0) curl_easy_setopt(easy, CURLOPT_RANGE, range.c_str());

  // The multi interface, because curl_easy_perform looks at its callbacks once a second only.
  GLINER_CHECK(curl_multi_add_handle(handles_->multi, easy) == CURLM_OK);
  std::string failure;
  bool done = false;
  while (!done && failure.empty()) {
    int running = 0;
    if (curl_multi_perform(handles_->multi, &running) != CURLM_OK) failure = "libcurl failed";
    int waiting = 0;
    while (const CURLMsg* message = curl_multi_info_read(handles_->multi, &waiting)) {
      if (message->msg != CURLMSG_DONE) continue;
      done = true;
      if (message->data.result != CURLE_OK) {
        failure = *reason != '\0' ? reason : curl_easy_strerror(message->data.result);
      }
    }
    if (done || !failure.empty()) break;
    if (!keep_going_()) {
      failure = "stopped";
    } else if (Clock::now() - transfer.last_byte > std::chrono::milliseconds(timeouts_.stall_ms)) {
      failure = fmt::format("nothing came for {} ms", timeouts_.stall_ms);
    } else {
      constexpr int kTenTimesASecond = 100;
      curl_multi_poll(handles_->multi, nullptr, 0, std::min(kTenTimesASecond, timeouts_.stall_ms), nullptr);
    }
  }
  curl_multi_remove_handle(handles_->multi, easy);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);  // `reason` ends here

  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  if (!transfer.refused) transfer.answer.failure = failure;
  return std::move(transfer.answer);
}

}  // namespace gliner
