// CrlWatch: keeps the prober of certificates in step with policy and DNS, and tells the operator.
//
// It gives the prober its hosts, answers its questions from the gateway's own look-ups, and hands
// back what was found when that is worth a new policy: at once when the prober is idle, else not
// more often than every kCrlsTakenEvery. Only public addresses are ever connected to (private ones
// where [dns] counts them), never the gateway's own. The prober's thread is started by the first
// look() that has hosts, after the process has dropped its privileges; without the preference there
// is none. Used by the main thread; on_answer() is for the resolver's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "certificates/crl_prober.h"
#include "daemon/config_log.h"
#include "engine/effects.h"
#include "policy/policy_snapshot.h"

namespace dn::daemon {

inline constexpr auto kCrlsTakenEvery = std::chrono::seconds(10);

struct CrlWatchSettings {
  std::string ca_file;
  bool allow_private = false;
  std::vector<Ipv4Address> own_addresses;
  std::uint64_t seed = 0;
};

class CrlWatch {
 public:
  CrlWatch(CrlWatchSettings settings, ConfigLog& log, std::function<void(const DomainName&)> ask);

  void on_policy(const std::vector<policy::TlsHost>& hosts);
  void on_answer(const engine::DnsAnswer& answer);
  // What the certificates name now, when that has changed.
  std::optional<std::vector<policy::HostCrls>> look(MonotonicTime now);
  void stop() { prober_->stop(); }

  certificates::ProberStats stats() const { return prober_->stats(); }

 private:
  bool may_probe(Ipv4Address address) const;
  void write_problem(const certificates::ProbeTarget& target, const std::string& problem);

  CrlWatchSettings settings_;
  ConfigLog& log_;
  bool has_hosts_ = false;
  MonotonicTime next_take_;
  std::unique_ptr<certificates::CrlProber> prober_;
};

}  // namespace dn::daemon
