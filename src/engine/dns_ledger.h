// DnsLedger: which addresses belong to a name, by the gateway's own look-ups.
//
// Name → addresses with the time until which each is fresh (its last answer plus the TTL), and the
// reverse for SSH. An address counts until its TTL and then the retention (default one hour) have
// passed since the last answer that held it, because clients cache and round-robin answers differ.
// Special addresses never count (private ones only when configured), the gateway's own never.
// Caps: limits::kDnsAddressesPerNameMax per name, the one that runs out first goes first;
// limits::kDnsNamesMax names, further ones are not taken in; limits::kDnsOnDemandNamesMax names
// that clients chose, the least recently answered goes first (approximately: the clock algorithm).
// One copy per packet loop and one master in the resolver, all fed by the same answers; a
// value-like class, no locks, no clock. Times are kept in tenths of a second. About 180 bytes per
// name with two addresses, 140 without the index of addresses. Covered by dns_ledger_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/time.h"
#include "engine/effects.h"

namespace dn::engine {

struct LedgerSettings {
  Duration retention{};  // zero: limits::kDnsRetention
  bool allow_private_answers = false;
  std::vector<Ipv4Address> own_addresses = {};  // of the gateway: never count
  std::uint64_t hash_seed = 0;                  // random: clients choose names that patterns match
  bool index_addresses = true;  // false saves a fifth of the memory; names_at() then scans
  // For tests of the caps; zero: the limit of the same name.
  std::size_t names_max = 0;
  std::size_t on_demand_names_max = 0;
  std::size_t addresses_per_name_max = 0;
};

// What the ledger says about one name and one address.
enum class Verification : std::uint8_t {
  Confirmed,    // the address was in an answer, its TTL plus the retention have not passed since
  Unknown,      // the name has never been answered, or so long ago that nothing is left
  Mismatch,     // the name has addresses, this is not one of them
  PrivateOnly,  // the last answer held only special addresses, and nothing is retained
  NoAddress,    // NXDOMAIN or no data, and nothing retained
  Failed,       // look-ups fail, and nothing retained
};

// How often a cap was reached, since construction.
struct LedgerCounters {
  std::uint64_t names_refused = 0;      // beyond names_max
  std::uint64_t on_demand_evicted = 0;  // beyond on_demand_names_max
  std::uint64_t addresses_dropped = 0;  // beyond addresses_per_name_max
};

class DnsLedger {
 public:
  explicit DnsLedger(LedgerSettings settings = {});
  ~DnsLedger();
  DnsLedger(DnsLedger&&) noexcept;
  DnsLedger& operator=(DnsLedger&&) noexcept;

  // Unites the answer with what is known: Answered refreshes its addresses; Failed changes nothing
  // but the status of a name without addresses; NoName and NoData let the retained ones run out.
  void on_answer(const DnsAnswer& answer, MonotonicTime now);

  // No allocation.
  Verification verify(const DomainName& name, Ipv4Address address, MonotonicTime now) const;
  // Up to `most` names whose verified addresses hold `address`. Many names may share one address
  // (a CDN's): who looks for particular names verifies those instead.
  std::vector<DomainName> names_at(Ipv4Address address, MonotonicTime now, std::size_t most) const;

  // Drops what has run out; a bounded amount of work per call, round robin over the names.
  void expire_some(MonotonicTime now, std::size_t names_most = 256);

  std::size_t names() const;
  std::size_t addresses() const;
  LedgerCounters counters() const;

  // Every retained (name, addresses) pair, for saving. An answer holds the addresses that are fresh
  // until the same moment: `age` is how long that is past and the TTLs are zero, or the TTLs are
  // what remains and `age` is zero. A name may have several answers.
  std::vector<DnsAnswer> export_answers(MonotonicTime now) const;
  // The same in slices, for a big ledger: the answers of at most `names_most` names at and after
  // position `from`; returns the position to go on at, 0 when all were visited.
  std::size_t export_some(std::size_t from, std::size_t names_most, MonotonicTime now,
                          const std::function<void(const DnsAnswer&)>& visit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dn::engine
