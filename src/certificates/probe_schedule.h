// ProbeSchedule: whose certificates are to be read when, and what was found in them.
//
// A host is due at once when it appears, then about once a day; after failures in seconds, then
// twice as late each time. A little chance in every interval keeps thousands of hosts apart. What
// was seen counts for kCrlKeep after it was last seen, and through failures as long: the servers
// behind one name may present different certificates, each with lists of its own, and a client may
// hold yesterday's. No clock, thread or socket of its own: time is an argument. Covered by
// probe_schedule_test.cc.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/http_uri.h"
#include "base/time.h"

namespace dn::certificates {

inline constexpr auto kProbeInterval = std::chrono::hours(24);  // and up to a quarter less
inline constexpr auto kProbeRetryFirst = std::chrono::seconds(30);
inline constexpr auto kProbeRetryMax = std::chrono::hours(6);
inline constexpr auto kCrlKeep = std::chrono::hours(7 * 24);
inline constexpr std::size_t kCrlsPerHostMax = 64;  // beyond: the one not seen for longest goes

struct ProbeTarget {
  DomainName name;
  Port port = 0;
  auto operator<=>(const ProbeTarget&) const = default;
};

struct ProbeFinding {
  ProbeTarget target;
  std::vector<HttpUri> crls;  // sorted
};

// What is new about the problem of a host.
enum class ProblemChange : std::uint8_t { None, Appeared, Went };

class ProbeSchedule {
 public:
  explicit ProbeSchedule(std::uint64_t seed) : random_(seed) {}

  // Sorted, unique. New ones are due now; those that are gone are forgotten with all that was
  // found.
  void set_targets(const std::vector<ProbeTarget>& targets, MonotonicTime now);

  // The target that has been due for longest, which counts as in work from now on until one of the
  // next two is called for it (for one that is gone, they do nothing).
  std::optional<ProbeTarget> begin_next(MonotonicTime now);
  ProblemChange on_success(const ProbeTarget& target, const std::vector<HttpUri>& crls,
                           MonotonicTime now);
  // An empty problem is none to speak of, such as a name without address.
  ProblemChange on_failure(const ProbeTarget& target, std::string problem, MonotonicTime now);

  // When begin_next() has something again; nothing when no target waits.
  std::optional<MonotonicTime> next_due() const;

  // All targets with lists, when that has changed since the last call.
  std::optional<std::vector<ProbeFinding>> take_findings();

  std::size_t targets() const { return hosts_.size(); }
  std::size_t problems() const { return problems_; }

 private:
  struct Seen {
    HttpUri uri;
    MonotonicTime at;
  };
  struct Host {
    MonotonicTime due;
    bool in_work = false;
    int failures = 0;  // since the last success
    bool has_problem = false;
    std::vector<Seen> crls;
  };
  using Hosts = std::map<ProbeTarget, Host>;
  using Waiting = std::pair<MonotonicTime, const ProbeTarget*>;  // a key of hosts_
  struct Earlier {
    bool operator()(const Waiting& a, const Waiting& b) const {
      return std::tie(a.first, *a.second) < std::tie(b.first, *b.second);
    }
  };

  void put_off(Hosts::iterator host, MonotonicTime due);
  void forget(Hosts::iterator host);
  void drop_old(Host& host, MonotonicTime now);
  Duration with_jitter(Duration duration);  // three to four quarters of it

  Hosts hosts_;
  std::set<Waiting, Earlier> waiting_;  // those that are not in work
  std::size_t problems_ = 0;
  bool changed_ = false;
  std::mt19937_64 random_;
};

}  // namespace dn::certificates
