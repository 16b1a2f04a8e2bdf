#include "engine/tcp_packet.h"

#include <algorithm>

#include "base/check.h"
#include "engine/flow_table.h"

namespace dn::engine {
namespace {

class Writer {
 public:
  explicit Writer(std::uint8_t* at) : at_(at) {}
  void u8(std::uint32_t v) { *at_++ = static_cast<std::uint8_t>(v); }
  void u16(std::uint32_t v) { u8(v >> 8U), u8(v); }
  void u32(std::uint32_t v) { u16(v >> 16U), u16(v); }
  void bytes(ByteSpan v) { at_ = std::copy(v.begin(), v.end(), at_); }

 private:
  std::uint8_t* at_;
};

// RFC 1071; `sum` carries what was added before.
std::uint16_t checksum(ByteSpan bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8);
    if (i + 1 < bytes.size()) sum += bytes[i + 1];
  }
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

std::uint32_t words(std::uint32_t v) {
  return (v >> 16U) + (v & 0xffffU);
}

}  // namespace

TcpPacket::TcpPacket(const TcpPacketFields& f, ByteSpan payload) {
  DN_CHECK(payload.size() <= kInjectedPayloadMax, "the caller cuts payloads");
  const std::size_t tcp_header = f.has_timestamps ? 32 : 20;
  size_ = 20 + tcp_header + payload.size();
  Writer ip(bytes_.data());
  ip.u8(0x45), ip.u8(0), ip.u16(static_cast<std::uint32_t>(size_));
  ip.u32(0);  // no identification, no DF
  ip.u8(64), ip.u8(6), ip.u16(0), ip.u32(f.src.value), ip.u32(f.dst.value);
  Writer(bytes_.data() + 10).u16(checksum({bytes_.data(), 20}, 0));

  Writer tcp(bytes_.data() + 20);
  tcp.u16(f.spt), tcp.u16(f.dpt), tcp.u32(f.seq), tcp.u32(f.ack);
  tcp.u8(static_cast<std::uint32_t>(tcp_header / 4) << 4U), tcp.u8(f.flags), tcp.u16(f.window);
  tcp.u32(0);
  if (f.has_timestamps) {
    tcp.u32(0x0101080a), tcp.u32(f.timestamp), tcp.u32(f.timestamp_echo);
  }
  tcp.bytes(payload);
  const std::size_t tcp_bytes = tcp_header + payload.size();
  const std::uint32_t pseudo =
      words(f.src.value) + words(f.dst.value) + 6 + static_cast<std::uint32_t>(tcp_bytes);
  Writer(bytes_.data() + 36).u16(checksum({bytes_.data() + 20, tcp_bytes}, pseudo));
}

TcpPacketFields towards_client(const Flow& flow) {
  TcpPacketFields f;
  f.src = flow.key.server;
  f.dst = flow.key.client;
  f.spt = flow.key.server_port;
  f.dpt = flow.key.client_port;
  // Right behind the server bytes that were forwarded: what the client expects next.
  f.seq = flow.server_start + static_cast<std::uint32_t>(flow.server_passed);
  f.ack = flow.client_start + static_cast<std::uint32_t>(flow.client.prefix().size());
  f.flags = wire::kTcpAck;
  f.has_timestamps = flow.tcp.has_timestamps;
  f.timestamp = flow.tcp.server_timestamp;
  f.timestamp_echo = flow.tcp.client_timestamp;
  return f;
}

TcpPacketFields towards_server(const Flow& flow) {
  TcpPacketFields f;
  f.src = flow.key.client;
  f.dst = flow.key.server;
  f.spt = flow.key.client_port;
  f.dpt = flow.key.server_port;
  f.ack = flow.tcp.client_ack;
  f.flags = wire::kTcpAck;
  f.window = flow.tcp.client_window;
  f.has_timestamps = flow.tcp.has_timestamps;
  f.timestamp = flow.tcp.client_timestamp;
  f.timestamp_echo = flow.tcp.server_timestamp;
  return f;
}

}  // namespace dn::engine
