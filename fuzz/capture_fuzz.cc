// Fuzzes capture/: a file of any bytes, its packets, the conversations in them and what the engine
// reads there. The input is a capture file.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "capture/capture_file.h"
#include "capture/conversations.h"
#include "engine/protocols.h"

namespace {

using namespace dn;

std::vector<std::vector<std::uint8_t>> packets_of(ByteSpan file) {
  std::vector<std::vector<std::uint8_t>> packets;
  const auto counts = capture::read_capture(file, [&](ByteSpan ip) {
    DN_CHECK(!ip.empty() && (ip[0] >> 4U == 4 || ip[0] >> 4U == 6), "IP and nothing else");
    packets.emplace_back(ip.begin(), ip.end());
  });
  DN_CHECK(!counts || counts->packets == packets.size(), "packets are counted");
  return packets;
}

void check_conversation(const capture::Conversation& conversation,
                        wire::HandshakeScratch& scratch) {
  const ByteSpan client = conversation.client_bytes.prefix();
  DN_CHECK(client.size() <= limits::kFlowBytesMax, "bounded");
  DN_CHECK(conversation.server_bytes.prefix().size() <= limits::kFlowBytesMax, "bounded");
  const auto& growth = conversation.client_growth;
  DN_CHECK(std::ranges::is_sorted(growth), "a prefix never shrinks");
  DN_CHECK(growth.empty() ? client.empty() : growth.back() == client.size(), "told to the end");
  for (const std::size_t size : growth) {
    const auto reading = engine::read_client(client.first(size), scratch);
    if (reading.status != engine::ClientReading::Status::NeedMore) break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan file(data, size);
  const auto packets = packets_of(file);
  const auto of_half = packets_of(file.first(size / 2));
  DN_CHECK(of_half.size() <= packets.size() &&
               std::equal(of_half.begin(), of_half.end(), packets.begin()),
           "a truncated file gives the same first packets");
  static wire::HandshakeScratch scratch;
  capture::Conversations conversations;
  for (const auto& packet : packets) conversations.add(packet);
  for (const auto& conversation : conversations.finish()) {
    check_conversation(conversation, scratch);
  }
  return 0;
}
