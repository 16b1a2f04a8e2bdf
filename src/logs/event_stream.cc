#include "logs/event_stream.h"

#include <array>

namespace dn::logs {
namespace {

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0xedb88320U : 0U);
    table.at(byte) = sum;
  }
  return table;
}();

void append_big_endian(std::string& out, std::uint32_t number, unsigned bytes) {
  for (unsigned shift = 8 * bytes; shift > 0; shift -= 8) {
    out += static_cast<char>(number >> (shift - 8) & 0xffU);
  }
}

// Names and values are our own and short.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  constexpr char kText = 7;
  append_big_endian(out, static_cast<std::uint32_t>(name.size()), 1);
  out += name;
  out += kText;
  append_big_endian(out, static_cast<std::uint32_t>(value.size()), 2);
  out += value;
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t sum = 0xffffffff;
  for (const char c : bytes) {
    sum = (sum >> 8U) ^ kCrcTable.at((sum ^ static_cast<unsigned char>(c)) & 0xffU);
  }
  return ~sum;
}

std::string format_frame(FrameKind kind, std::string_view type, std::string_view payload) {
  const bool event = kind == FrameKind::Event;
  std::string headers;
  append_header(headers, ":message-type", event ? "event" : "exception");
  append_header(headers, event ? ":event-type" : ":exception-type", type);
  append_header(headers, ":content-type", "application/x-amz-json-1.1");
  constexpr std::size_t kFixedBytes = 16;  // three numbers in front, one behind
  std::string frame;
  append_big_endian(frame,
                    static_cast<std::uint32_t>(kFixedBytes + headers.size() + payload.size()), 4);
  append_big_endian(frame, static_cast<std::uint32_t>(headers.size()), 4);
  append_big_endian(frame, crc32(frame), 4);
  frame += headers;
  frame += payload;
  append_big_endian(frame, crc32(frame), 4);
  return frame;
}

}  // namespace dn::logs
