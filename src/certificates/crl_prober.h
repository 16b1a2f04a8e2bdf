// CrlProber: reads the certificates of hosts, on one thread of its own, to know their revocation
// lists.
//
// Theory of operation. For each target that is due (probe_schedule.h) the prober asks for the
// addresses of its name, waits for on_answer(), and shakes hands with one address after another
// until one succeeds (tls_probe.h). At most kProbesMax targets are in work; an answer is awaited
// for kAddressesDeadline, a handshake for kHandshakeDeadline, and at most kAddressesTriedMax
// addresses are tried, beginning with a random one, so that different servers of a host are seen
// in time. What is found is fetched by take_findings(). The authorities are read again every hour.
// Nothing here waits for the packet path, or the other way round. Covered by crl_prober_test.cc,
// against TLS servers on the loopback interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/time.h"
#include "certificates/probe_schedule.h"

namespace dn::certificates {

inline constexpr std::size_t kProbesMax = 8;
inline constexpr std::size_t kAddressesTriedMax = 3;
inline constexpr auto kAddressesDeadline = std::chrono::seconds(10);
inline constexpr auto kHandshakeDeadline = std::chrono::seconds(10);

struct ProberSettings {
  std::string ca_file = {};  // empty: the system's authorities
  std::uint64_t seed = 0;    // random
  Duration addresses_deadline = kAddressesDeadline;
  Duration handshake_deadline = kHandshakeDeadline;
};

// Called on the prober's thread; must not call stop().
struct ProberEvents {
  // Look this name up; the outcome comes by on_answer().
  std::function<void(const DomainName&)> ask;
  // A host whose certificates cannot be read; once, until they can be read again (empty problem).
  std::function<void(const ProbeTarget&, const std::string& problem)> on_problem;
  // No authorities; once, until there are some again (empty problem).
  std::function<void(const std::string& problem)> on_trust_problem;
};

struct ProberStats {
  std::size_t hosts = 0, problems = 0, in_work = 0;
  std::uint64_t probes = 0, failures = 0;
};

class CrlProber {
 public:
  CrlProber(ProberSettings settings, ProberEvents events);
  ~CrlProber();  // stops
  CrlProber(const CrlProber&) = delete;
  CrlProber& operator=(const CrlProber&) = delete;

  // These are thread-safe and never wait for the network.
  void set_targets(const std::vector<ProbeTarget>& targets);
  // The addresses of a name, empty where it has none that may be probed. Others than those that
  // were asked for are passed over.
  void on_answer(const DomainName& name, const std::vector<Ipv4Address>& addresses);
  bool awaits(const DomainName& name) const;
  // All targets with their lists, when that has changed since the last call.
  std::optional<std::vector<ProbeFinding>> take_findings();
  ProberStats stats() const;

  void start();  // the thread; what was set before counts
  bool started() const { return thread_ != nullptr; }
  void stop();  // ends it; handshakes in work are given up. Idempotent.

 private:
  struct Shared;
  class Loop;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<Loop> thread_;
};

}  // namespace dn::certificates
