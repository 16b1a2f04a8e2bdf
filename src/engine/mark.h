// Mark: what packet marks and conntrack marks mean (32 bits, shared with the kernel rules).
//
//    31                              5  4  3      0
//   +---------------------------------+---+--------+
//   | grant id, or low ISN bits       | Q | state  |
//   +---------------------------------+---+--------+
//
// The conntrack mark is the state of a connection; it survives the daemon. While a connection is
// opening, its upper bits hold the low 27 bits of the client's initial sequence number, written by
// the kernel rule that sees the first SYN: so the engine knows where the stream starts without
// having to see the SYN. Only the first SYN writes them: a later one with another number would move
// the start, and with it what the engine takes for the hello. Afterwards they hold the grant id of
// the rule that allowed the connection.
// A packet mark is a verdict. Q ("queued") is set on packets headed for the queue; every verdict
// replaces the whole mark, and a packet that still carries Q behind the queue's place is dropped: a
// lost queue rule does not open the gate.
#pragma once

#include <cstdint>

namespace dn::engine {

enum class FlowMark : std::uint32_t {
  None = 0,        // no SYN was seen: the connection is older than the rules
  Allowed = 1,     // conntrack: the kernel forwards without asking
  Refused = 2,     // conntrack: no packet passes any more
  ClientGood = 3,  // conntrack: client side judged good, server side pending
  Owned = 4,       // conntrack: as ClientGood, and acknowledgements are queued too
  PassOnce = 5,    // packet only: forward this packet, leave the conntrack mark alone
  Lost = 6,        // packet only, set by the kernel rules with Q: TCP without conntrack entry
  Revoked = 7,     // conntrack: was allowed, its rule is gone; every packet is queued, and the next
                   // one tells both ends
  Opening = 8,     // conntrack: undecided; the upper bits hold the ISN
};

inline constexpr std::uint32_t kStateMask = 0xf;
inline constexpr std::uint32_t kQueuedFlag = 0x10;
inline constexpr unsigned kPayloadShift = 5;

constexpr std::uint32_t make_mark(FlowMark state, std::uint32_t grant = 0) {
  return grant << kPayloadShift | static_cast<std::uint32_t>(state);
}
constexpr FlowMark state_of(std::uint32_t mark) {
  return static_cast<FlowMark>(mark & kStateMask);
}
constexpr std::uint32_t payload_of(std::uint32_t mark) {
  return mark >> kPayloadShift;
}

}  // namespace dn::engine
