#include "aws/testing/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace dn::aws {

ScriptedServer::ScriptedServer(std::vector<std::string> answers)
    : answers_(std::move(answers)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  DN_CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, 16) == 0 &&
               ::getsockname(listener_, generic, &size) == 0,
           "loopback is there");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

ScriptedServer::~ScriptedServer() {
  if (thread_.joinable()) thread_.join();
  ::close(listener_);
}

std::string ScriptedServer::url() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

const std::vector<std::string>& ScriptedServer::requests() {
  if (thread_.joinable()) thread_.join();
  return requests_;
}

int ScriptedServer::connections() {
  if (thread_.joinable()) thread_.join();
  return connections_;
}

bool ScriptedServer::read_request(int socket) {
  std::string request;
  std::array<char, 4096> bytes{};
  for (;;) {
    const std::size_t end = request.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::size_t length = 0;
      const std::size_t at = request.find("Content-Length: ");
      if (at < end) {
        std::from_chars(request.data() + at + 16, request.data() + end, length);
      }
      if (request.size() >= end + 4 + length) break;
    }
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    request.append(bytes.data(), static_cast<std::size_t>(got));
  }
  requests_.push_back(std::move(request));
  return true;
}

void ScriptedServer::run() {
  int socket = -1;
  for (const std::string& answer : answers_) {
    for (;;) {
      if (socket < 0) {
        socket = ::accept(listener_, nullptr, nullptr);
        ++connections_;
      }
      if (read_request(socket)) break;
      ::close(std::exchange(socket, -1));
    }
    [[maybe_unused]] const ssize_t sent =
        ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (answer.empty() || answer.find("Connection: close") != std::string::npos) {
      ::close(std::exchange(socket, -1));
    }
  }
  if (socket >= 0) ::close(socket);
}

std::string http_answer(int status, const std::string& body, const std::string& fields) {
  return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(),
                     body);
}

}  // namespace dn::aws
