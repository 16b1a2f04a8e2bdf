// HealthServer: tells load balancers and operators whether this gateway does its work.
//
// `GET /` is answered with 200 or 503 and nothing but healthy or unhealthy; accepting the TCP
// connection alone already says that the process lives. Anybody inside may connect, so the server
// says no more, reads no more than one request line, and has one thread, few connections, small
// buffers and a deadline: when all places are taken, the oldest connection makes room, so that slow
// clients cannot keep a health check out. HTTP/1 as far as needed (RFC 9112): one request per
// connection, fields are skipped. Left out: TLS, keep-alive, every other page. Covered by
// health_server_test.cc.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/address.h"
#include "base/result.h"
#include "net/file_descriptor.h"

namespace dn::net {

// Beyond: the oldest connection is closed.
inline constexpr std::size_t kHealthConnectionsMax = 256;
// Of a request head; beyond: 400.
inline constexpr std::size_t kHealthRequestBytesMax = 4096;

struct HealthSettings {
  Ipv4Address address;                                           // 0.0.0.0: all
  Port port = 1042;                                              // 0: any free one
  std::function<bool()> ready;                                   // called by the server's thread
  std::chrono::milliseconds deadline = std::chrono::seconds(5);  // of one connection
};

// Serves from start() until it is destroyed.
class HealthServer {
 public:
  // Fails when the port cannot be bound.
  static Result<std::unique_ptr<HealthServer>> start(HealthSettings settings);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  Port port() const { return port_; }  // the bound one

 private:
  HealthServer(HealthSettings settings, FileDescriptor listener, FileDescriptor stop, Port port);
  void run();

  const HealthSettings settings_;
  const FileDescriptor listener_;
  const FileDescriptor stop_;  // an eventfd
  const Port port_;
  std::thread thread_;
};

// What to send for what was read so far; empty: read on. Pure.
std::string answer_health_request(std::string_view read, bool ready);

}  // namespace dn::net
