#include "capture/link_layer.h"

namespace dn::capture {
namespace {

constexpr int kEncapsulationsMax = 8;
constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;
constexpr std::uint16_t kVlan = 0x8100, kServiceVlan = 0x88a8, kOldServiceVlan = 0x9100;
constexpr std::uint16_t kMpls = 0x8847, kMplsMulticast = 0x8848, kPppoeSession = 0x8864;
constexpr std::uint16_t kLengthMax = 1500;  // IEEE 802.3: up to here the field is a length

// PPP with or without HDLC framing (RFC 1662).
ByteSpan behind_ppp(ByteCursor cursor) {
  const ByteSpan start = cursor.rest();
  if (start.size() > 2 && start[0] == 0xff && start[1] == 0x03) cursor.take(2);
  const std::uint16_t protocol = cursor.take_u16();
  return protocol == 0x0021 || protocol == 0x0057 ? cursor.rest() : ByteSpan{};
}

// Labels of four bytes (RFC 3032); the last one has the bottom-of-stack bit. What follows says its
// version itself.
ByteSpan behind_mpls(ByteCursor cursor) {
  for (int label = 0; label < kEncapsulationsMax; ++label) {
    const bool bottom = (cursor.take_u32() & 0x100U) != 0;
    if (cursor.failed()) return {};
    if (bottom) return cursor.rest();
  }
  return {};
}

ByteSpan behind_ethertype(ByteCursor cursor) {
  for (int depth = 0; depth < kEncapsulationsMax; ++depth) {
    const std::uint16_t type = cursor.take_u16();
    if (cursor.failed()) return {};
    if (type <= kLengthMax) {
      // LLC of a SNAP frame (RFC 1042): aa aa 03, an organisation, then an EtherType.
      const std::uint32_t llc = cursor.take_u32();
      if (llc >> 8U != 0xaaaa03) return {};
      cursor.take(2);
      continue;
    }
    switch (type) {
      case kIpv4:
      case kIpv6: return cursor.rest();
      case kVlan:
      case kServiceVlan:
      case kOldServiceVlan: cursor.take(2); break;
      case kMpls:
      case kMplsMulticast: return behind_mpls(cursor);
      case kPppoeSession: cursor.take(6); return behind_ppp(cursor);
      default: return {};
    }
  }
  return {};
}

// Radiotap, an 802.11 data frame, LLC/SNAP.
ByteSpan behind_radiotap(ByteCursor cursor) {
  cursor.take(2);
  const unsigned low = cursor.take_u8();
  const unsigned length = low | unsigned{cursor.take_u8()} << 8U;
  if (length < 4) return {};
  cursor.take(length - 4);
  const std::uint8_t type = cursor.take_u8();
  const std::uint8_t flags = cursor.take_u8();
  cursor.take(22);
  if ((type & 0x0cU) != 0x08) return {};        // not data
  if ((flags & 0x03U) == 0x03) cursor.take(6);  // four addresses
  if ((type & 0x80U) != 0) cursor.take(2);      // QoS
  cursor.take(6);                               // LLC, organisation
  return cursor.failed() ? ByteSpan{} : behind_ethertype(cursor);
}

ByteSpan behind_link(std::uint32_t link_type, ByteSpan frame) {
  ByteCursor cursor(frame);
  switch (link_type) {
    case 0:
    case 108: cursor.take(4); return cursor.rest();            // BSD loopback
    case 1: cursor.take(12); return behind_ethertype(cursor);  // Ethernet
    case 12:
    case 14:
    case 101:
    case 228:
    case 229: return frame;  // raw IP
    case 9:
    case 50: return behind_ppp(cursor);
    case 104: cursor.take(2); return behind_ethertype(cursor);   // Cisco HDLC
    case 113: cursor.take(14); return behind_ethertype(cursor);  // Linux cooked
    case 127: return behind_radiotap(cursor);
    case 276: {  // Linux cooked v2
      const std::uint16_t type = cursor.take_u16();
      cursor.take(18);
      return type == kIpv4 || type == kIpv6 ? cursor.rest() : ByteSpan{};
    }
    default: return {};
  }
}

}  // namespace

ByteSpan ip_packet(std::uint32_t link_type, ByteSpan frame) {
  const ByteSpan packet = behind_link(link_type, frame);
  if (packet.empty() || (packet[0] >> 4U != 4 && packet[0] >> 4U != 6)) return {};
  return packet;
}

}  // namespace dn::capture
