#include "capture/capture_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "capture/fragments.h"
#include "capture/link_layer.h"

namespace dn::capture {
namespace {

constexpr std::size_t kFileBytesMax = 1UL << 30U;

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

class Reader {
 public:
  explicit Reader(const OnIpPacket& on_packet) : on_packet_(on_packet) {}

  void frame(std::uint32_t link_type, ByteSpan bytes) {
    const ByteSpan ip = ip_packet(link_type, bytes);
    if (ip.empty()) {
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

//  type u32 | length u32 | body | length u32         every block, in the section's byte order
class PcapngReader {
 public:
  explicit PcapngReader(Reader& reader) : reader_(reader) {}

  // Stops at the first block whose lengths contradict each other or the file.
  void read(ByteSpan file) {
    for (ByteSpan rest = file; rest.size() >= kBlockBytesMin;) {
      if (ByteCursor(rest).take_u32() == kSection) {
        big_endian_ = ByteCursor(rest.subspan(8)).take_u32() == kByteOrderMagic;
        link_types_.clear();
      }
      OrderedReader head(rest, big_endian_);
      const std::uint32_t type = head.u32();
      const std::uint32_t length = head.u32();
      if (length < kBlockBytesMin || length % 4 != 0 || length > rest.size()) return;
      if (OrderedReader(rest.subspan(length - 4), big_endian_).u32() != length) return;
      block(type, rest.subspan(8, length - kBlockBytesMin));
      rest = rest.subspan(length);
    }
  }

 private:
  static constexpr std::size_t kBlockBytesMin = 12;
  static constexpr std::uint32_t kSection = 0x0a0d0d0a, kByteOrderMagic = 0x1a2b3c4d;
  static constexpr std::uint32_t kInterface = 1, kSimple = 3, kEnhanced = 6;

  void block(std::uint32_t type, ByteSpan bytes) {
    OrderedReader body(bytes, big_endian_);
    if (type == kInterface) {
      link_types_.push_back(body.u16());
    } else if (type == kEnhanced) {
      const std::uint32_t interface = body.u32();
      body.take(8);
      const std::uint32_t captured = body.u32();
      body.u32();
      packet(interface, body.take(captured), body.failed());
    } else if (type == kSimple) {
      const std::uint32_t original = body.u32();
      packet(0, body.take(std::min<std::size_t>(original, body.size())), body.failed());
    }
  }
  void packet(std::uint32_t interface, ByteSpan frame, bool failed) {
    if (!failed && interface < link_types_.size()) reader_.frame(link_types_[interface], frame);
  }

  Reader& reader_;
  bool big_endian_ = false;
  std::vector<std::uint32_t> link_types_;  // by interface, of the current section
};

}  // namespace

Result<CaptureCounts> read_capture(ByteSpan file, const OnIpPacket& on_packet) {
  Reader reader(on_packet);
  switch (ByteCursor(file).take_u32()) {
    case 0xa1b2c3d4:
    case 0xa1b23c4d: read_classic(file, true, reader); break;
    case 0xd4c3b2a1:
    case 0x4d3cb2a1: read_classic(file, false, reader); break;
    case 0x0a0d0d0a: PcapngReader(reader).read(file); break;
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
