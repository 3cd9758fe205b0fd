#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gliner {

/// One request. Redirects are answers like any other here; the caller decides where to go.
struct HttpRequest {
  enum class Method { kGet, kHead };

  Method method = Method::kGet;
  std::string url;
  std::string token;             ///< Sent as bearer token where not empty.
  std::uint64_t begin_byte = 0;  ///< > 0: asks for the rest of a file.
};

/// What came back, without the body.
struct HttpAnswer {
  int status = 0;                              ///< 0: there was no answer, see `failure`.
  std::map<std::string, std::string> headers;  ///< Names in lower case; of the last answer.
  std::string failure;                         ///< Not empty: the connection failed; says how.

  /// Value of a header, or "".
  std::string header(const std::string& name) const;
  /// A header that is a whole number; absent when it is missing or is none.
  std::optional<std::uint64_t> number(const std::string& name) const;
};

/// Speaks HTTP over libcurl, with the proxies and certificates of the system. Keeps connections open between
/// requests. Not for use by several threads at once.
class HttpClient {
 public:
  struct Timeouts {
    int connect_ms = 10'000;
    int stall_ms = 30'000;  ///< Without one byte.
  };
  /// Called ten times a second while a request runs; false ends it.
  using KeepGoing = std::function<bool()>;
  /// Takes the body of an answer with status 2xx, piece by piece; false refuses the rest. The headers are
  /// complete by then. May throw.
  using Body = std::function<bool(const HttpAnswer& answer, std::string_view bytes)>;

  HttpClient(Timeouts timeouts, KeepGoing keep_going);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Never throws for what the network does; passes on what `body` throws.
  HttpAnswer run(const HttpRequest& request, const Body& body);

 private:
  struct Handles;
  Timeouts timeouts_;
  KeepGoing keep_going_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace gliner
