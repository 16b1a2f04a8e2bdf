// TlsProbe: one TLS handshake with a server, to see the certificates that it presents.
//
// The chain and the host name are verified as a client would verify them, against the authorities
// of a TrustStore; a chain that does not verify counts for nothing, because what stands in it is
// then anybody's word. Of a verified one, the revocation lists are read of every certificate but
// the trust anchor. Nothing is sent but the handshake, no session is kept, no certificate of ours
// shown, and nothing fetched.
//
// The server is hostile until verified: bytes go through memory buffers, so that what it sends is
// counted (kProbeBytesMax in all, kCertificateBytesMax of certificates), and each step() takes a
// bounded time. The deadline is the caller's. Does not block; used by one thread. Covered by
// tls_probe_test.cc, against TLS servers on the loopback interface.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/http_uri.h"
#include "base/result.h"

namespace dn::certificates {

inline constexpr std::size_t kProbeBytesMax = 256 * 1024;  // from the server; beyond: it has failed
inline constexpr int kChainLengthMax = 10;                 // beyond: it does not verify

// The authorities that are believed. To be shared by many probes of one thread.
class TrustStore {
 public:
  // PEM certificates of `ca_file`, or the system's where it is empty.
  static Result<TrustStore> load(const std::string& ca_file);
  TrustStore(TrustStore&&) noexcept;
  TrustStore& operator=(TrustStore&&) noexcept;
  ~TrustStore();

 private:
  friend class TlsProbe;
  struct Context;
  explicit TrustStore(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

class TlsProbe {
 public:
  enum class Status : std::uint8_t { Waiting, Done, Failed };

  // Begins to connect.
  TlsProbe(const TrustStore& trust, const DomainName& name, Ipv4Address address, Port port);
  ~TlsProbe();
  TlsProbe(const TlsProbe&) = delete;
  TlsProbe& operator=(const TlsProbe&) = delete;

  // What to poll for while Waiting; the descriptor is -1 when there is none.
  int fd() const;
  short events() const;
  // To be called when one of these events (or an error) has occurred.
  Status step();
  Status status() const { return status_; }

  const std::vector<HttpUri>& crls() const { return crls_; }  // Done: none twice
  const std::string& problem() const { return problem_; }     // Failed: what, for people

 private:
  struct Connection;
  Status fail_with(std::string problem);
  Status shake_hands();
  bool send_waiting();
  bool receive();
  void read_chain();

  std::unique_ptr<Connection> connection_;
  Status status_ = Status::Waiting;
  std::vector<HttpUri> crls_;
  std::string problem_;
};

}  // namespace dn::certificates
