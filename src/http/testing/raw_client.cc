#include "http/testing/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/check.h"

namespace dn::http {
namespace {

constexpr int kPatienceSeconds = 30;

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

}  // namespace

std::string RawAnswer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_text(key, name)) return value;
  }
  return {};
}

RawClient::RawClient(std::uint16_t port, int receive_buffer, const char* address)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{kPatienceSeconds, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (receive_buffer != 0) {
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &to.sin_addr);
  const int done = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
  DN_CHECK(done == 0, "the server under test listens");
}

RawClient::~RawClient() = default;
RawClient::RawClient(RawClient&&) noexcept = default;

void RawClient::Free::operator()(ssl_st* tls) const {
  SSL_free(tls);
}

bool RawClient::start_tls(const std::string& trusted, const std::string& name, int version_max) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(context.get(), trusted.c_str()) != 1) return false;
  if (version_max != 0) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version_max);
    SSL_CTX_set_max_proto_version(context.get(), version_max);
  }
  tls_.reset(SSL_new(context.get()));
  SSL_set_fd(tls_.get(), socket_.get());
  SSL_set1_host(tls_.get(), name.c_str());
  return SSL_connect(tls_.get()) == 1;
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::fill() {
  std::array<char, 16384> bytes{};
  const ssize_t got = tls_ ? SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  read_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> RawClient::read_line() {
  std::size_t end = 0;
  while ((end = read_.find("\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 2);
  return line;
}

std::optional<std::string> RawClient::read_bytes(std::size_t count) {
  while (read_.size() < count) {
    if (!fill()) return {};
  }
  std::string bytes = read_.substr(0, count);
  read_.erase(0, count);
  return bytes;
}

std::optional<std::string> RawClient::read_chunk() {
  const auto size = read_line();
  if (!size) return {};
  auto chunk = read_bytes(number(*size, 16));
  if (!read_line() || (chunk && chunk->empty())) return {};
  return chunk;
}

RawAnswer RawClient::get(std::string_view target) {
  send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return read_answer();
}

RawAnswer RawClient::read_head() {
  RawAnswer answer;
  const auto status = read_line();
  if (!status || !status->starts_with("HTTP/1.1 ")) return answer;
  for (;;) {
    const auto line = read_line();
    if (!line) return {};
    if (line->empty()) break;
    const std::size_t colon = line->find(": ");
    if (colon == std::string::npos) return {};
    answer.headers.emplace_back(line->substr(0, colon), line->substr(colon + 2));
  }
  answer.status = static_cast<int>(number(std::string_view(*status).substr(9, 3), 10));
  return answer;
}

RawAnswer RawClient::read_answer(bool to_head) {
  RawAnswer answer = read_head();
  const int code = answer.status;
  const bool bodyless = code < 200 || code == 204 || code == 304 || to_head;
  if (bodyless) return answer;
  if (answer.header("Transfer-Encoding") == "chunked") {
    while (auto chunk = read_chunk()) answer.body += *chunk;
  } else if (const std::string length = answer.header("Content-Length"); !length.empty()) {
    auto body = read_bytes(number(length, 10));
    if (!body) return {};
    answer.body = std::move(*body);
  } else {
    answer.body = read_rest();
  }
  return answer;
}

std::string RawClient::read_rest() {
  while (fill()) {
  }
  return std::exchange(read_, {});
}

bool RawClient::is_ended() {
  errno = 0;  // an end sets none
  return read_.empty() && !fill() && errno != EAGAIN;
}

}  // namespace dn::http
