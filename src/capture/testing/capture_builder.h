// Captures from their parts, for tests: TCP segments in IPv4 or IPv6, frames, pcap and pcapng
// files.
//
// Lengths are the true ones unless a test breaks them; checksums stay zero, as in captures made on
// a sender. Test code only.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/ip.h"
#include "wire/testing/hello_builder.h"

namespace dn::capture::testing {

using wire::testing::Bytes;
using wire::testing::fill;
using wire::testing::join;
using wire::testing::number;
using wire::testing::text;
using wire::testing::u16;

inline Bytes u32(std::size_t value) {
  return number(value, 4);
}

// -- packets --------------------------------------------------------------------------------------

struct Tcp {
  std::size_t spt = 1000, dpt = 443;
  std::size_t seq = 0, ack = 0;
  std::size_t flags = wire::kTcpAck;
  Bytes payload = {};
};

inline Bytes tcp(const Tcp& s) {
  return join({u16(s.spt), u16(s.dpt), u32(s.seq), u32(s.ack), number(0x50, 1), number(s.flags, 1),
               u16(8192), u16(0), u16(0), s.payload});
}

inline constexpr std::size_t kClient = 0xc0000201, kServer = 0xc0000202;  // 192.0.2.1, 192.0.2.2

// `fragment` is the field of flags and offset.
inline Bytes ipv4(std::size_t src, std::size_t dst, const Bytes& body, std::size_t fragment = 0,
                  std::size_t id = 7) {
  return join({number(0x4500, 2), u16(20 + body.size()), u16(id), u16(fragment), number(0x4006, 2),
               u16(0), u32(src), u32(dst), body});
}

inline Bytes ipv6(const Bytes& src, const Bytes& dst, const Bytes& body,
                  std::size_t next_header = 6) {
  return join(
      {u32(0x60000000), u16(body.size()), number(next_header, 1), number(64, 1), src, dst, body});
}

inline Bytes from_client(Tcp segment) {
  return ipv4(kClient, kServer, tcp(segment));
}
inline Bytes from_server(Tcp segment) {
  std::swap(segment.spt, segment.dpt);
  return ipv4(kServer, kClient, tcp(segment));
}

// -- frames ---------------------------------------------------------------------------------------

inline Bytes ethernet(const Bytes& packet, std::size_t type = 0x0800) {
  return join({fill(12, 2), u16(type), packet});
}

// -- files ----------------------------------------------------------------------------------------

inline Bytes little(std::size_t value, std::size_t bytes) {
  const Bytes big = number(value, bytes);
  return {big.rbegin(), big.rend()};
}

// Numbers of a file in its byte order.
struct Order {
  bool big_endian = false;
  Bytes operator()(std::size_t value, std::size_t bytes = 4) const {
    return big_endian ? number(value, bytes) : little(value, bytes);
  }
};

inline Bytes pcap(const std::vector<Bytes>& frames, std::size_t link_type = 1, Order order = {},
                  std::size_t magic = 0xa1b2c3d4) {
  Bytes file = join(
      {order(magic), order(2, 2), order(4, 2), order(0), order(0), order(65535), order(link_type)});
  for (const Bytes& frame : frames) {
    file = join({file, order(1), order(0), order(frame.size()), order(frame.size()), frame});
  }
  return file;
}

inline Bytes block(std::size_t type, const Bytes& body, Order order = {}) {
  const Bytes padding = fill((4 - body.size() % 4) % 4);
  const std::size_t length = 12 + body.size() + padding.size();
  return join({order(type), order(length), body, padding, order(length)});
}
inline Bytes section(Order order = {}) {
  return block(0x0a0d0d0a, join({order(0x1a2b3c4d), order(1, 2), order(0, 2), fill(8, 0xff)}),
               order);
}
inline Bytes interface(std::size_t link_type, Order order = {}) {
  return block(1, join({order(link_type, 2), order(0, 2), order(65535)}), order);
}
inline Bytes enhanced(const Bytes& frame, std::size_t interface_number = 0, Order order = {}) {
  return block(
      6, join({order(interface_number), fill(8), order(frame.size()), order(frame.size()), frame}),
      order);
}
inline Bytes simple(const Bytes& frame, Order order = {}) {
  return block(3, join({order(frame.size()), frame}), order);
}

}  // namespace dn::capture::testing
