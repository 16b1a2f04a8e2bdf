#include "capture/capture_file.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

namespace dn::capture {
namespace {

constexpr std::size_t kFileBytesMax = 1UL << 30U;
constexpr std::size_t kFragmentsMax = 4096;

// Integers in the byte order of the file.
class OrderedReader {
 public:
  OrderedReader(ByteSpan bytes, bool big_endian) : cursor_(bytes), big_endian_(big_endian) {}
  std::uint32_t u32() {
    const std::uint32_t value = cursor_.take_u32();
    return big_endian_ ? value : __builtin_bswap32(value);
  }
  std::uint16_t u16() {
    const std::uint16_t value = cursor_.take_u16();
    return big_endian_ ? value : __builtin_bswap16(value);
  }
  ByteSpan take(std::size_t count) { return cursor_.take(count); }
  bool failed() const { return cursor_.failed(); }
  std::size_t size() const { return cursor_.size(); }

 private:
  ByteCursor cursor_;
  bool big_endian_;
};

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;

// Skips 802.1Q and 802.1ad tags.
ByteSpan behind_ethertype(ByteCursor cursor) {
  for (int tag = 0; tag < 4; ++tag) {
    const std::uint16_t type = cursor.take_u16();
    if (type == kIpv4 || type == kIpv6) return cursor.rest();
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100) break;
    cursor.take(2);
  }
  return {};
}

// PPP with or without HDLC framing (RFC 1662).
ByteSpan behind_ppp(ByteCursor cursor) {
  if (cursor.size() > 2 && cursor.rest()[0] == 0xff && cursor.rest()[1] == 0x03) cursor.take(2);
  const std::uint16_t protocol = cursor.take_u16();
  return protocol == 0x0021 || protocol == 0x0057 ? cursor.rest() : ByteSpan{};
}

// Radiotap, an 802.11 data frame, LLC/SNAP.
ByteSpan behind_radiotap(ByteSpan frame) {
  OrderedReader head(frame, false);
  head.take(2);
  const std::size_t length = head.u16();
  if (head.failed() || length > frame.size()) return {};
  ByteCursor cursor(frame.subspan(length));
  const std::uint8_t type = cursor.take_u8();
  const std::uint8_t flags = cursor.take_u8();
  cursor.take(22);
  if ((type & 0x0cU) != 0x08) return {};        // not data
  if ((flags & 0x03U) == 0x03) cursor.take(6);  // four addresses
  if ((type & 0x80U) != 0) cursor.take(2);      // QoS
  cursor.take(6);                               // LLC, organisation
  return cursor.failed() ? ByteSpan{} : behind_ethertype(cursor);
}

// The IP packet behind the link layer header; empty when there is none.
ByteSpan ip_packet(std::uint32_t link_type, ByteSpan frame) {
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
    case 127: return behind_radiotap(frame);
    case 276: {  // Linux cooked v2
      const std::uint16_t type = cursor.take_u16();
      cursor.take(18);
      return type == kIpv4 || type == kIpv6 ? cursor.rest() : ByteSpan{};
    }
    default: return {};
  }
}

// Puts IPv4 fragments together (RFC 791). Overlaps and floods are given up, not guessed.
class Fragments {
 public:
  // The packet itself when it is whole; the reassembled one when this piece was the last missing.
  std::optional<ByteSpan> add(ByteSpan ip) {
    if (ip.size() < 20 || ip[0] >> 4U != 4) return ip;
    const auto field = static_cast<unsigned>(ip[6] << 8 | ip[7]);
    const bool more = (field & 0x2000U) != 0;
    const std::size_t offset = (field & 0x1fffU) * std::size_t{8};
    if (!more && offset == 0) return ip;
    const std::size_t header = std::size_t{4} * (ip[0] & 0xfU);
    const auto total = static_cast<std::size_t>(ip[2] << 8 | ip[3]);
    if (header < 20 || total < header || total > ip.size()) return {};
    std::array<std::uint8_t, 11> key{};
    std::memcpy(key.data(), ip.data() + 12, 8);
    std::memcpy(key.data() + 8, ip.data() + 4, 2);
    key[10] = ip[9];
    if (pending_.size() > kFragmentsMax) pending_.clear();
    Pending& pending = pending_[key];
    const ByteSpan body = ip.subspan(header, total - header);
    if (offset == 0) pending.header.assign(ip.begin(), ip.begin() + static_cast<long>(header));
    pending.pieces.emplace(offset, std::vector<std::uint8_t>(body.begin(), body.end()));
    if (!more) pending.size = offset + body.size();
    return finish(key, pending);
  }

 private:
  struct Pending {
    std::vector<std::uint8_t> header;
    std::map<std::size_t, std::vector<std::uint8_t>> pieces;
    std::size_t size = 0;  // 0: the last piece has not come
  };
  std::optional<ByteSpan> finish(const std::array<std::uint8_t, 11>& key, const Pending& pending) {
    if (pending.size == 0 || pending.header.empty()) return {};
    std::vector<std::uint8_t> whole = pending.header;
    std::size_t at = 0;
    for (const auto& [offset, piece] : pending.pieces) {
      if (offset != at) return {};
      whole.insert(whole.end(), piece.begin(), piece.end());
      at += piece.size();
    }
    if (at != pending.size || whole.size() > 0xffff) return {};
    whole[2] = static_cast<std::uint8_t>(whole.size() >> 8U);
    whole[3] = static_cast<std::uint8_t>(whole.size());
    whole[6] = whole[7] = 0;
    finished_ = std::move(whole);
    pending_.erase(key);
    return ByteSpan(finished_);
  }

  std::map<std::array<std::uint8_t, 11>, Pending> pending_;
  std::vector<std::uint8_t> finished_;
};

class Reader {
 public:
  explicit Reader(const OnIpPacket& on_packet) : on_packet_(on_packet) {}

  void frame(std::uint32_t link_type, ByteSpan bytes) {
    const ByteSpan ip = ip_packet(link_type, bytes);
    if (ip.empty() || (ip[0] >> 4U != 4 && ip[0] >> 4U != 6)) {
      ++counts_.skipped;
      return;
    }
    if (const auto whole = fragments_.add(ip)) {
      ++counts_.packets;
      on_packet_(*whole);
    }
  }
  const CaptureCounts& counts() const { return counts_; }

 private:
  const OnIpPacket& on_packet_;
  Fragments fragments_;
  CaptureCounts counts_;
};

void read_classic(ByteSpan file, bool big_endian, Reader& reader) {
  OrderedReader head(file, big_endian);
  head.take(20);
  const std::uint32_t link_type = head.u32() & 0xffffU;
  while (!head.failed() && head.size() > 0) {
    head.take(8);
    const std::uint32_t captured = head.u32();
    head.u32();
    const ByteSpan frame = head.take(captured);
    if (head.failed()) return;
    reader.frame(link_type, frame);
  }
}

void read_pcapng(ByteSpan file, Reader& reader) {
  constexpr std::uint32_t kSection = 0x0a0d0d0a, kInterface = 1, kSimple = 3, kEnhanced = 6;
  bool big_endian = false;
  std::vector<std::uint32_t> link_types;
  ByteSpan rest = file;
  while (rest.size() >= 12) {
    if (OrderedReader(rest, true).u32() == kSection) {
      big_endian = OrderedReader(rest.subspan(8), true).u32() == 0x1a2b3c4d;
      link_types.clear();
    }
    OrderedReader block(rest, big_endian);
    const std::uint32_t type = block.u32();
    const std::uint32_t length = block.u32();
    if (length < 12 || length % 4 != 0 || length > rest.size()) return;
    if (type == kInterface) link_types.push_back(block.u16());
    if (type == kEnhanced) {
      const std::uint32_t interface = block.u32();
      block.take(8);
      const std::uint32_t captured = block.u32();
      block.u32();
      const ByteSpan frame = block.take(captured);
      if (!block.failed() && interface < link_types.size()) {
        reader.frame(link_types[interface], frame);
      }
    }
    if (type == kSimple && !link_types.empty()) {
      const std::uint32_t original = block.u32();
      reader.frame(link_types[0], block.take(std::min<std::size_t>(original, length - 16)));
    }
    rest = rest.subspan(length);
  }
}

}  // namespace

Result<CaptureCounts> read_capture(ByteSpan file, const OnIpPacket& on_packet) {
  Reader reader(on_packet);
  switch (ByteCursor(file).take_u32()) {
    case 0xa1b2c3d4:
    case 0xa1b23c4d: read_classic(file, true, reader); break;
    case 0xd4c3b2a1:
    case 0x4d3cb2a1: read_classic(file, false, reader); break;
    case 0x0a0d0d0a: read_pcapng(file, reader); break;
    default: return fail("neither pcap nor pcapng");
  }
  return reader.counts();
}

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(path + ": " + error.message());
  if (size > kFileBytesMax) return fail(path + ": larger than 1 GiB; cut it with editcap");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(path + ": cannot be read");
  return std::move(text).str();
}

}  // namespace dn::capture
