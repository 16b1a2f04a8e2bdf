// Packets that the gateway makes itself: acknowledgements, re-sent bytes, alerts, resets.
//
// A fixed buffer, no heap. TTL 64, no DF: a router may fragment what we cut ourselves, since the
// path's MSS is not known here. Covered by tcp_packet_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"
#include "wire/ip.h"

namespace dn::engine {

// Payload bytes per made packet: fits every path of the Internet with 1280-byte links.
inline constexpr std::size_t kInjectedPayloadMax = 1220;

struct TcpPacketFields {
  Ipv4Address src, dst;
  Port spt = 0, dpt = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0xffff;
  bool has_timestamps = false;
  std::uint32_t timestamp = 0, timestamp_echo = 0;
};

class TcpPacket {
 public:
  // `payload` is at most kInjectedPayloadMax bytes.
  TcpPacket(const TcpPacketFields& fields, ByteSpan payload);
  ByteSpan bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, 20 + 32 + kInjectedPayloadMax> bytes_;
  std::size_t size_ = 0;
};

struct Flow;
// Headers of a packet to one end of a flow, in the name of the other: `seq` right behind what that
// end has been sent (towards_client) or to be set by the caller (towards_server), `ack` for what
// was seen of it. Flag ACK.
TcpPacketFields towards_client(const Flow& flow);
TcpPacketFields towards_server(const Flow& flow);

}  // namespace dn::engine
