// The engine's surface to the world: packets and DNS answers come in, effects go out.
//
// The engine owns no socket, clock, thread or file; whoever runs it implements EffectSink and calls
// the on_… functions from one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/domain_name.h"
#include "base/time.h"
#include "records/flow_record.h"

namespace dn::engine {

// A packet as the kernel queued it. Borrowed for the call.
struct Packet {
  ByteSpan ip;             // the IP packet, headers and payload, never truncated
  std::uint32_t mark = 0;  // engine/mark.h: Q, and the conntrack mark at that time
  bool from_inside = false;
  bool checksum_unverified = false;  // the kernel has not verified the TCP checksum
};

// What happens to the packet under judgement. The mark goes to the packet, and from there, by the
// kernel rules, to the conntrack entry. A dropped packet leaves no trace.
struct Verdict {
  bool accept = false;
  std::uint32_t mark = 0;
};

// A TCP/IPv4 packet made by the gateway, with valid checksums. To the server it carries the mark of
// a verdict; to the client the mark is 0.
struct Injection {
  ByteSpan ip;
  std::uint32_t mark = 0;
};

enum class DnsStatus : std::uint8_t {
  Answered,  // addresses present (special ones too; the ledger excludes them)
  NoData,    // the name exists without IPv4 address
  NoName,    // NXDOMAIN
  Failed,    // SERVFAIL, REFUSED, time-out, malformed: keep what was known
};

struct DnsAnswer {
  struct Address {
    Ipv4Address address;
    Duration ttl{};
  };
  DomainName name;
  DnsStatus status = DnsStatus::Failed;
  std::vector<Address> addresses;
  Duration age{};  // how long ago it was verified: zero, except for a ledger read back from disk
  // Asked for by a handshake under a pattern, so a client chose the name: the ledger bounds these
  // apart from the names that the policy holds ready.
  bool on_demand = false;
};

class EffectSink {
 public:
  virtual ~EffectSink() = default;
  // Exactly once per on_packet(), before it returns, after every injection of that call.
  virtual void verdict(const Verdict& verdict) = 0;
  virtual void inject(const Injection& injection) = 0;
  // A look-up on demand: a fresh question to the upstream resolver, not answered from any cache.
  virtual void ask(const DomainName& name) = 0;
  // A look-up of the client with this address, of which the policy says that it may be found. Once
  // per flow that waits for it; the answer is a new policy, or Engine::on_client_unknown().
  virtual void ask_client(Ipv4Address address) = 0;
  virtual void log(const records::FlowRecord& record) = 0;
};

}  // namespace dn::engine
