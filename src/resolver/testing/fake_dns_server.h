// A DNS server on the loopback interface, scripted by tests: UDP and TCP on one port that is
// picked.
//
// It records every question it gets. What it answers is up to the test, byte by byte if need be.
// Names without a script get NXDOMAIN. Only for tests.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/address.h"

namespace dn::resolver::testing {

using Bytes = std::vector<std::uint8_t>;

struct Question {
  std::string name;  // as on the wire, without the final dot
  std::uint16_t type = 0;
  std::uint16_t id = 0;
  bool tcp = false;
  std::uint16_t from_port = 0;
  Bytes message;
};

// Builds a reply to a question, one record after another; names are not compressed.
class Reply {
 public:
  explicit Reply(const Question& question);
  Reply& rcode(int code);
  Reply& truncated();
  Reply& id(std::uint16_t id);
  Reply& a(std::string_view owner, Ipv4Address address, std::uint32_t ttl = 30);
  Reply& cname(std::string_view owner, std::string_view target, std::uint32_t ttl = 30);
  Reply& record(std::string_view owner, std::uint16_t type, const Bytes& data,
                std::uint32_t ttl = 30, std::uint16_t dns_class = 1);
  Bytes bytes() const { return message_; }

 private:
  void put_u16(std::size_t at, std::uint16_t value);
  Bytes message_;
  std::uint16_t answers_ = 0;
};

// A question as a resolver would send it, for tests without a server.
Question question_for(std::string_view name);
Bytes wire_name(std::string_view name);

// The messages to send back, in order; none is silence.
using Script = std::function<std::vector<Bytes>(const Question&)>;

// Scripts for the usual cases.
Script answer_with(std::vector<Ipv4Address> addresses, std::uint32_t ttl = 30);
Script answer_rcode(int code);
Script keep_silent();

// Thread-safe. Its thread ends with it.
class FakeDnsServer {
 public:
  FakeDnsServer();
  ~FakeDnsServer();
  FakeDnsServer(const FakeDnsServer&) = delete;
  FakeDnsServer& operator=(const FakeDnsServer&) = delete;

  std::string address() const;  // "127.0.0.1:port"
  void script(const std::string& name, Script script);
  void script_everything(Script script);  // names without a script of their own

  std::vector<Question> questions() const;
  std::vector<std::string> names_asked() const;  // sorted, each once
  std::size_t count(const std::string& name) const;
  // Waits, at most a generous time, until the name was asked so often.
  bool wait_for(const std::string& name, std::size_t times = 1) const;

 private:
  struct Connection;
  void run();
  void serve_udp();
  bool serve_tcp(Connection& connection);
  std::vector<Bytes> answers_to(const Bytes& message, bool tcp, std::uint16_t from_port);

  int udp_ = -1;
  int tcp_ = -1;
  int wake_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable asked_;
  std::vector<Question> questions_;
  std::map<std::string, Script> scripts_;
  Script otherwise_;
  std::thread thread_;
};

}  // namespace dn::resolver::testing
