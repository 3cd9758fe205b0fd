#include "http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace gliner::testing {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

ServedRequest parse(const std::string& head) {
  ServedRequest request;
  std::size_t begin = head.find("\r\n");
  const std::string first = head.substr(0, begin);
  const std::size_t space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  while (begin != std::string::npos && begin + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", begin + 2);
    const std::string line = head.substr(begin + 2, end - begin - 2);
    if (const std::size_t colon = line.find(": "); colon != std::string::npos) {
      request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
    begin = end;
  }
  return request;
}

}  // namespace

std::string ServedRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 || pipe2(stop_pipe_, O_CLOEXEC) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port of 127.0.0.1 can be had");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
  close(stop_pipe_[1]);  // everything that waits on the other end wakes
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  close(stop_pipe_[0]);
  close(listener_);
}

std::string HttpServer::origin() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::vector<ServedRequest> HttpServer::requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

/// False when the server shall end.
bool HttpServer::wait_for(int fd) const {
  pollfd waiting[2] = {{fd, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
  poll(waiting, 2, -1);
  return waiting[1].revents == 0;
}

void HttpServer::accept_all() {
  while (wait_for(listener_)) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
  }
}

void HttpServer::serve(int connection) {
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos && wait_for(connection)) {
    const ssize_t count = recv(connection, buffer, sizeof buffer, 0);
    if (count <= 0) break;
    head.append(buffer, static_cast<std::size_t>(count));
  }
  if (head.find("\r\n\r\n") != std::string::npos) {
    const ServedRequest request = parse(head);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(request);
    }
    send_response(connection, request, handler_(request));
  }
  close(connection);
}

void HttpServer::send_response(int connection, const ServedRequest& request,
                               const ServedResponse& response) const {
  if (response.hang_up) return;
  std::string bytes = fmt::format("HTTP/1.1 {} Something\r\nConnection: close\r\nContent-Length: {}\r\n",
                                  response.status, response.announced_length.value_or(response.body.size()));
  for (const auto& [name, value] : response.headers) bytes += fmt::format("{}: {}\r\n", name, value);
  bytes += "\r\n";
  if (request.method != "HEAD")
    bytes += response.body.substr(0, response.cut_after.value_or(std::string::npos));
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
  char ignored[256];
  while (response.stall && wait_for(connection) && recv(connection, ignored, sizeof ignored, 0) > 0) continue;
  shutdown(connection, SHUT_WR);
}

}  // namespace gliner::testing
