// Frames of application/vnd.amazon.eventstream, the form of StartLiveTail's answer.
//
// A frame: u32 length of all, u32 length of the headers, u32 CRC-32 of these eight bytes, headers
// (u8 length and name, 7 for text, u16 length and value), payload, u32 CRC-32 of everything before;
// all big-endian. Covered by event_stream_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dn::logs {

// The CRC-32 of zlib and Ethernet (reflected 0x04C11DB7).
std::uint32_t crc32(std::string_view bytes);

enum class FrameKind : std::uint8_t { Event, Exception };

// `type` is the event's or the exception's; the payload is JSON.
std::string format_frame(FrameKind kind, std::string_view type, std::string_view payload);

}  // namespace dn::logs
