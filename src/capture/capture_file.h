// Capture files: pcap and pcapng in, IP packets out.
//
// Formats: libpcap's classic one (both byte orders, micro- and nanoseconds) and pcapng
// (draft-ietf-opsawg-pcapng: section, interface, enhanced and simple packet blocks). link_layer.h
// says which link types; packets of others are counted and skipped. IPv4 fragments are put together
// (fragments.h). Files come from anywhere, so every length is checked; checksums are not, because
// captures made on a sender hold them unfilled. Covered by capture_file_test.cc,
// fuzz/capture_fuzz.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace dn::capture {

struct CaptureCounts {
  std::size_t packets = 0;  // IP packets given out
  std::size_t skipped = 0;  // other link types, no IP, cut off
};

using OnIpPacket = std::function<void(ByteSpan ip)>;

// The packets of a capture in their order. Error: not a capture file; a file that ends in the
// middle of a packet is no error.
Result<CaptureCounts> read_capture(ByteSpan file, const OnIpPacket& on_packet);

// A whole file, at most 1 GiB.
Result<std::string> read_file(const std::string& path);

}  // namespace dn::capture
