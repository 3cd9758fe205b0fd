#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gliner::testing {

struct ServedRequest {
  std::string method;
  std::string target;                          ///< Path and query as they came, still escaped.
  std::map<std::string, std::string> headers;  ///< Names in lower case.

  std::string header(const std::string& name) const;
};

/// An answer, and how it goes wrong.
struct ServedResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::size_t> announced_length;  ///< Content-Length; default: the body's.
  std::optional<std::size_t> cut_after;         ///< Bytes of the body that are sent.
  bool stall = false;    ///< Say nothing more and keep the connection, until the client or the server ends.
  bool hang_up = false;  ///< Close at once, without a word.
};

/// HTTP/1.1 on a free port of 127.0.0.1, one request a connection, each in a thread of its own.
class HttpServer {
 public:
  using Handler = std::function<ServedResponse(const ServedRequest&)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// "http://127.0.0.1:PORT"
  std::string origin() const;
  /// What was asked so far.
  std::vector<ServedRequest> requests() const;

 private:
  void accept_all();
  void serve(int connection);
  bool wait_for(int fd) const;
  void send_response(int connection, const ServedRequest& request, const ServedResponse& response) const;

  Handler handler_;
  int listener_ = -1;
  int stop_pipe_[2] = {-1, -1};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace gliner::testing
