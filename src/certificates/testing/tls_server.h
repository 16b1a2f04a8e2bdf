// TlsServer: a server on the loopback interface, for tests of the probe and the prober.
//
// Serves one connection after the other, on a thread of its own, until it is destroyed. Test code
// only.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/address.h"
#include "certificates/testing/authority.h"
#include "net/file_descriptor.h"
#include "net/guarded.h"

namespace dn::certificates::testing {

inline constexpr Ipv4Address kLoopback{0x7f000001};
inline constexpr Ipv4Address kOtherLoopback{0x7f000002};  // nobody listens there

enum class Manner : std::uint8_t {
  Tls,      // a whole handshake
  OldTls,   // TLS 1.1 at most
  Silent,   // takes the connection and says nothing
  Chatter,  // bytes that are no TLS, without end
  Endless,  // TLS records of a message that never ends
  HangsUp,  // closes after the first bytes
};

class TlsServer {
 public:
  explicit TlsServer(const Issued& identity, const std::vector<Issued>& chain = {},
                     Manner manner = Manner::Tls);
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  Port port() const { return port_; }
  int connections() const { return connections_; }
  // The names that clients asked for.
  std::vector<std::string> names() {
    return names_.with([](const auto& names) { return names; });
  }
  // What new connections get from now on.
  void present(const Issued& identity, const std::vector<Issued>& chain = {});

 private:
  struct Context;
  void run();
  void serve(int socket);
  static int note_name(void* tls, int* alert, void* server);

  net::Guarded<std::shared_ptr<Context>> context_;
  const Manner manner_;
  net::FileDescriptor listener_, stop_;
  Port port_ = 0;
  std::atomic<int> connections_ = 0;
  net::Guarded<std::vector<std::string>> names_;
  std::thread thread_;
};

}  // namespace dn::certificates::testing
