// The scripted DNS server. It lies in a _test.cc so that it is part of the test program only.
#include "resolver/testing/fake_dns_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>

#include "base/bytes.h"
#include "base/check.h"

namespace dn::resolver::testing {
namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeCname = 5;

Bytes u16(std::size_t value) {
  return {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value & 0xffU)};
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

Question parse_question(const Bytes& message) {
  Question question;
  question.message = message;
  ByteCursor cursor(message);
  question.id = cursor.take_u16();
  cursor.take(10);
  for (ByteCursor label = cursor.take_child_u8(); !label.empty(); label = cursor.take_child_u8()) {
    if (!question.name.empty()) question.name += '.';
    question.name += as_text(label.rest());
  }
  question.type = cursor.take_u16();
  return question;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool bind_to(int fd, std::uint16_t port) {
  const sockaddr_in address = loopback(port);
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

Bytes wire_name(std::string_view name) {
  Bytes bytes;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes.push_back(static_cast<std::uint8_t>(label.size()));
    bytes.insert(bytes.end(), label.begin(), label.end());
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  bytes.push_back(0);
  return bytes;
}

Question question_for(std::string_view name) {
  Bytes message = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  append(message, wire_name(name));
  append(message, {0, 1, 0, 1});
  return parse_question(message);
}

Reply::Reply(const Question& question) {
  message_.assign(question.message.begin(), question.message.begin() + 12);
  append(message_, wire_name(question.name));
  append(message_, u16(question.type));
  append(message_, {0, 1});
  message_[2] = 0x81;
  message_[3] = 0x80;
  for (const std::size_t at : {6U, 8U, 10U}) put_u16(at, 0);
}

void Reply::put_u16(std::size_t at, std::uint16_t value) {
  std::ranges::copy(u16(value), message_.begin() + static_cast<std::ptrdiff_t>(at));
}

Reply& Reply::rcode(int code) {
  message_[3] = static_cast<std::uint8_t>(0x80 | code);
  return *this;
}

Reply& Reply::truncated() {
  message_[2] |= 2U;
  return *this;
}

Reply& Reply::id(std::uint16_t id) {
  put_u16(0, id);
  return *this;
}

Reply& Reply::record(std::string_view owner, std::uint16_t type, const Bytes& data,
                     std::uint32_t ttl, std::uint16_t dns_class) {
  append(message_, wire_name(owner));
  append(message_, u16(type));
  append(message_, u16(dns_class));
  append(message_, u16(ttl >> 16U));
  append(message_, u16(ttl & 0xffffU));
  append(message_, u16(data.size()));
  append(message_, data);
  put_u16(6, ++answers_);
  return *this;
}

Reply& Reply::a(std::string_view owner, Ipv4Address address, std::uint32_t ttl) {
  Bytes data = u16(address.value >> 16U);
  append(data, u16(address.value & 0xffffU));
  return record(owner, kTypeA, data, ttl);
}

Reply& Reply::cname(std::string_view owner, std::string_view target, std::uint32_t ttl) {
  return record(owner, kTypeCname, wire_name(target), ttl);
}

Script answer_with(std::vector<Ipv4Address> addresses, std::uint32_t ttl) {
  return [addresses = std::move(addresses), ttl](const Question& question) {
    Reply reply(question);
    for (const Ipv4Address address : addresses) reply.a(question.name, address, ttl);
    return std::vector<Bytes>{reply.bytes()};
  };
}

Script answer_rcode(int code) {
  return [code](const Question& question) {
    return std::vector<Bytes>{Reply(question).rcode(code).bytes()};
  };
}

Script keep_silent() {
  return [](const Question&) { return std::vector<Bytes>(); };
}

struct FakeDnsServer::Connection {
  int fd = -1;
  Bytes received = {};
};

FakeDnsServer::FakeDnsServer() : otherwise_(answer_rcode(3)) {
  for (int attempt = 0; attempt < 50 && tcp_ < 0; ++attempt) {
    udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    DN_CHECK(bind_to(udp_, 0), "a free port on the loopback interface");
    port_ = port_of(udp_);
    tcp_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind_to(tcp_, port_)) break;
    close(tcp_);
    close(udp_);
    tcp_ = -1;
  }
  DN_CHECK(tcp_ >= 0 && listen(tcp_, 16) == 0 && pipe(wake_) == 0, "a server socket");
  thread_ = std::thread([this] { run(); });
}

FakeDnsServer::~FakeDnsServer() {
  close(wake_[1]);
  thread_.join();
  for (const int fd : {udp_, tcp_, wake_[0]}) close(fd);
}

std::string FakeDnsServer::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void FakeDnsServer::script(const std::string& name, Script script) {
  const std::lock_guard lock(mutex_);
  scripts_[name] = std::move(script);
}

void FakeDnsServer::script_everything(Script script) {
  const std::lock_guard lock(mutex_);
  otherwise_ = std::move(script);
}

std::vector<Question> FakeDnsServer::questions() const {
  const std::lock_guard lock(mutex_);
  return questions_;
}

std::vector<std::string> FakeDnsServer::names_asked() const {
  std::vector<std::string> names;
  for (const Question& question : questions()) names.push_back(question.name);
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
  return names;
}

std::size_t FakeDnsServer::count(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(questions_, name, &Question::name));
}

bool FakeDnsServer::wait_for(const std::string& name, std::size_t times) const {
  std::unique_lock lock(mutex_);
  return asked_.wait_for(lock, std::chrono::seconds(30), [&] {
    return static_cast<std::size_t>(std::ranges::count(questions_, name, &Question::name)) >= times;
  });
}

void FakeDnsServer::run() {
  std::list<Connection> connections;
  for (;;) {
    std::vector<pollfd> polled = {{wake_[0], POLLIN, 0}, {udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    for (const auto& connection : connections) polled.push_back({connection.fd, POLLIN, 0});
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[0].revents != 0) break;
    if (polled[1].revents != 0) serve_udp();
    std::size_t at = 3;
    for (auto it = connections.begin(); it != connections.end(); ++at) {
      const bool open = polled[at].revents == 0 || serve_tcp(*it);
      if (!open) close(it->fd);
      it = open ? std::next(it) : connections.erase(it);
    }
    if (polled[2].revents != 0) connections.push_back({accept(tcp_, nullptr, nullptr)});
  }
  for (const auto& connection : connections) close(connection.fd);
}

void FakeDnsServer::serve_udp() {
  Bytes buffer(65536);
  sockaddr_in from{};
  socklen_t from_size = sizeof from;
  auto* peer = reinterpret_cast<sockaddr*>(&from);
  const ssize_t size = recvfrom(udp_, buffer.data(), buffer.size(), 0, peer, &from_size);
  if (size < 12) return;
  buffer.resize(static_cast<std::size_t>(size));
  for (const Bytes& answer : answers_to(buffer, false, ntohs(from.sin_port))) {
    sendto(udp_, answer.data(), answer.size(), 0, peer, from_size);
  }
}

// False when the connection has ended.
bool FakeDnsServer::serve_tcp(Connection& connection) {
  Bytes buffer(65536);
  const ssize_t size = recv(connection.fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  buffer.resize(static_cast<std::size_t>(size));
  append(connection.received, buffer);
  ByteCursor cursor(connection.received);
  const ByteCursor message = cursor.take_child_u16();
  if (cursor.failed() || message.size() < 12) return true;
  const Bytes question(message.rest().begin(), message.rest().end());
  connection.received.assign(cursor.rest().begin(), cursor.rest().end());
  const auto answers = answers_to(question, true, 0);
  for (const Bytes& answer : answers) {
    Bytes framed = u16(answer.size());
    append(framed, answer);
    send(connection.fd, framed.data(), framed.size(), MSG_NOSIGNAL);
  }
  return !answers.empty();
}

std::vector<Bytes> FakeDnsServer::answers_to(const Bytes& message, bool tcp,
                                             std::uint16_t from_port) {
  Question question = parse_question(message);
  question.tcp = tcp;
  question.from_port = from_port;
  Script script;
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back(question);
    const auto found = scripts_.find(question.name);
    script = found == scripts_.end() ? otherwise_ : found->second;
  }
  asked_.notify_all();
  return script(question);
}

}  // namespace dn::resolver::testing
