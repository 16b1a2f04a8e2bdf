// Injector: sends IP packets that the gateway made itself.
//
// A raw socket (IPPROTO_RAW): the packet goes out as it is, with any source address, through the
// output hook. One addressed to a server matches its connection's conntrack entry there and gets
// its NAT; the mark tells the rules which verdict to write to that entry. Never blocks: a packet
// that does not fit the socket's buffer is counted and lost like any packet on a wire. One thread
// at a time. Covered by tests/netfilter (needs root).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "net/file_descriptor.h"

namespace dn::netfilter {

struct InjectorCounters {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;     // of any cause, those below included
  std::uint64_t no_room = 0;    // socket buffer or device queue full
  std::uint64_t too_large = 0;  // larger than the MTU of its route
};

class Injector {
 public:
  // Error: CAP_NET_RAW is missing.
  static Result<Injector> open();

  // False when the kernel did not take the packet (or it has no IPv4 header).
  bool send(ByteSpan ip_packet, std::uint32_t mark);
  const InjectorCounters& counters() const { return counters_; }

 private:
  explicit Injector(net::FileDescriptor fd) : fd_(std::move(fd)) {}

  net::FileDescriptor fd_;
  InjectorCounters counters_;
};

}  // namespace dn::netfilter
