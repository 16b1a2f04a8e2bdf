// DnsLedger: which addresses belong to a name, by the gateway's own look-ups (product.md section 7).
//
// Name → addresses with the time each was last verified, and the reverse for SSH. An address counts
// until it has not been in any answer for the retention time (default one hour), because clients
// cache and round-robin answers differ. Special addresses never count (private ones only when
// configured). Caps: limits::kDnsAddressesPerNameMax per name, the least recently verified goes
// first; limits::kDnsNamesMax names. One copy per packet loop and one master in the resolver, all fed
// by the same answers; a value-like class, no locks, no clock. Covered by dns_ledger_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/domain_name.h"
#include "base/time.h"
#include "engine/effects.h"

namespace dn::engine {

struct LedgerSettings {
  Duration retention{};                  // zero: limits::kDnsRetention
  bool allow_private_answers = false;
  std::vector<Ipv4Address> own_addresses;  // of the gateway: never count
};

// What the ledger says about one name and one address.
enum class Verification : std::uint8_t {
  Confirmed,    // the address was in an answer within the retention
  Unknown,      // the name has never been answered
  Mismatch,     // the name has addresses, this is not one of them
  PrivateOnly,  // the last answer held only special addresses
  NoAddress,    // NXDOMAIN or no data, and nothing retained
  Failed,       // look-ups fail, and nothing retained
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
  // Up to `most` names whose verified addresses hold `address`.
  std::vector<DomainName> names_at(Ipv4Address address, MonotonicTime now, std::size_t most) const;

  // Drops what has run out; a bounded amount of work per call, round robin over the names.
  void expire_some(MonotonicTime now, std::size_t names_most = 256);

  std::size_t names() const;
  std::size_t addresses() const;

  // Every retained (name, addresses) pair, for saving: answers with `age` and the rest of the TTL zero.
  std::vector<DnsAnswer> export_answers(MonotonicTime now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dn::engine
