// Link layers of captures: from a frame to the IP packet in it.
//
// Link types (tcpdump.org/linktypes.html): Ethernet, BSD loopback, raw IP, PPP, Cisco HDLC, Linux
// cooked v1 and v2, 802.11 with radiotap. Behind an EtherType: VLAN tags (802.1Q, 802.1ad), MPLS
// labels, PPPoE sessions, LLC/SNAP; at most kEncapsulationsMax of them, nested in any order. Left
// out: tunnels inside IP. Covered by capture_file_test.cc.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace dn::capture {

// The IPv4 or IPv6 packet of the frame, with whatever padding follows it; empty when there is none.
ByteSpan ip_packet(std::uint32_t link_type, ByteSpan frame);

}  // namespace dn::capture
