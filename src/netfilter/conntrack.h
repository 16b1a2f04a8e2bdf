// Conntrack: the kernel's table of connections, read and changed by what the gateway needs of it.
//
// The conntrack mark is the gateway's only memory of allowed connections (engine/mark.h), so a rule
// that is gone finds its connections by a dump of the marks. Ending one: revoke_conntrack() marks
// it, so its next packet is queued and the engine tells both ends; erase_conntrack() makes the
// kernel forget it (then it counts as lost state). IPv4 TCP only. Deliberately left out: events,
// byte counts.
//
// Covered by conntrack_test.cc (message forms) and tests/netfilter (with the kernel).
#pragma once

#include <cstdint>
#include <functional>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"

namespace dn::netfilter {

// One direction of a connection, as its packets look.
struct ConntrackTuple {
  Ipv4Address source;
  Ipv4Address destination;
  Port source_port = 0;
  Port destination_port = 0;
  bool operator==(const ConntrackTuple&) const = default;
};

struct ConntrackEntry {
  ConntrackTuple original;  // client -> server, before NAT
  ConntrackTuple reply;     // server -> the gateway's outside address
  std::uint32_t mark = 0;
  std::uint32_t id = 0;  // tells this entry from a later one with the same tuple
  bool operator==(const ConntrackEntry&) const = default;

  Ipv4Address client() const { return original.source; }
  Ipv4Address server() const { return original.destination; }
  Port client_port() const { return original.source_port; }
  Port server_port() const { return original.destination_port; }
};

// Gives every IPv4 TCP entry with (mark & mask) == value to `each`. Entries that come and go
// meanwhile may be missed or seen. Error: no permission, or the kernel did not answer.
struct MarkFilter {
  std::uint32_t value = 0;
  std::uint32_t mask = 0;
};
using OnEntry = std::function<void(const ConntrackEntry&)>;
Result<void> dump_conntrack(MarkFilter filter, const OnEntry& each);

// False when the entry is not there (any more).
Result<bool> erase_conntrack(const ConntrackEntry& entry);
// Writes the Revoked mark, with the entry's grant id, to the connection.
Result<bool> revoke_conntrack(const ConntrackEntry& entry);

// The attributes of one entry; false when it is not IPv4 TCP. For dump_conntrack() and tests.
bool parse_conntrack_entry(ByteSpan attributes, ConntrackEntry& entry);

}  // namespace dn::netfilter
