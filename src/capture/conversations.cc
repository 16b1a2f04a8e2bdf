#include "capture/conversations.h"

#include <algorithm>

#include "base/limits.h"
#include "wire/ip.h"

namespace dn::capture {
namespace {

constexpr std::size_t kSideBytesMax = 2 * limits::kFlowBytesMax;
constexpr std::size_t kConversationsMax = 1'000'000;
constexpr std::size_t kOfferedMax = 8;

// Bytes that only a server says.
bool plainly_server(ByteSpan bytes) {
  const std::string_view text = as_text(bytes);
  return text.starts_with("HTTP/1.") || (bytes.size() > 5 && bytes[0] == 0x16 && bytes[5] == 2);
}

struct Read {
  std::string src, dst;
  wire::TcpSegment segment;
};

std::optional<Read> read_tcp(ByteSpan ip) {
  Read read;
  if (const auto segment = wire::parse_tcp(ip)) {
    read.segment = *segment;
    read.src = to_text(segment->src);
    read.dst = to_text(segment->dst);
    return read;
  }
  // IPv6 without extension headers; the gateway itself refuses all of it.
  constexpr std::size_t kIpv6Header = 40, kNextHeader = 6;
  constexpr std::uint8_t kTcp = 6;
  if (ip.size() < kIpv6Header || ip[0] >> 4U != 6 || ip[kNextHeader] != kTcp) return {};
  const auto summary = wire::summarise_packet(ip);
  if (!summary) return {};
  const auto length = static_cast<std::size_t>(ip[4] << 8 | ip[5]);
  const ByteSpan body = ip.subspan(kIpv6Header);
  const auto segment = wire::parse_tcp_header(body.first(std::min(length, body.size())));
  if (!segment) return {};
  read.segment = *segment;
  read.src = summary->src_text;
  read.dst = summary->dst_text;
  return read;
}

}  // namespace

Conversations::Pending* Conversations::find(const Endpoint& from, const Endpoint& to, bool syn,
                                            std::uint32_t seq) {
  const auto key = std::minmax(from, to);
  const std::pair<Endpoint, Endpoint> pair(key.first, key.second);
  const auto known = latest_.find(pair);
  if (known != latest_.end()) {
    Pending& pending = all_[known->second];
    const Side& side = pending.sides[from == pending.first ? 0 : 1];
    const bool anew = syn && (!side.known_start || side.start != seq + 1);
    if (!anew) return &pending;
  }
  if (all_.size() == kConversationsMax) {
    ++left_out_;
    return nullptr;
  }
  latest_[pair] = all_.size();
  Pending& pending = all_.emplace_back();
  pending.first = from;
  pending.second = to;
  return &pending;
}

void Conversations::add(ByteSpan ip) {
  const auto read = read_tcp(ip);
  if (!read) return;
  const wire::TcpSegment& segment = read->segment;
  const Endpoint from{read->src, segment.spt};
  const Endpoint to{read->dst, segment.dpt};
  const bool syn = segment.has(wire::kTcpSyn) && !segment.has(wire::kTcpAck);
  Pending* const pending = find(from, to, syn, segment.seq);
  if (pending == nullptr) return;
  const bool by_second = from != pending->first;
  if (segment.has(wire::kTcpSyn)) {
    add_syn(*pending, by_second, segment);
  } else {
    add_data(*pending, by_second, segment);
  }
}

void Conversations::add_syn(Pending& pending, bool by_second, const wire::TcpSegment& segment) {
  Side& side = pending.sides[by_second ? 1 : 0];
  pending.saw_syn = true;
  if (!side.known_start) side.start = segment.seq + 1;
  side.known_start = true;
  if (segment.has(wire::kTcpAck)) {
    if (!by_second) pending.swapped = true;
    if (side.offered.size() < kOfferedMax) side.offered.push_back(segment.seq + 1);
  } else if (!segment.payload.empty()) {
    pending.anomaly = Reason::TcpSynData;
  }
}

void Conversations::add_data(Pending& pending, bool by_second, const wire::TcpSegment& segment) {
  Side& side = pending.sides[by_second ? 1 : 0];
  Side& other = pending.sides[by_second ? 0 : 1];
  // Of several SYN-ACKs only the one that the client acknowledged counts; without any, the first
  // acknowledgement says where the server begins.
  if (segment.has(wire::kTcpAck) && pending.saw_syn && by_second == pending.swapped) {
    const bool offered = std::ranges::find(other.offered, segment.ack) != other.offered.end();
    if (offered || !other.known_start) other.start = segment.ack;
    other.known_start = true;
  }
  if (segment.payload.empty()) return;
  if (!pending.any_payload) {
    pending.any_payload = true;
    pending.first_payload_by_second = by_second;
    if (!pending.saw_syn && plainly_server(segment.payload) && !by_second) pending.swapped = true;
  }
  if (segment.has(wire::kTcpUrg) && by_second == pending.swapped && side.bytes == 0) {
    pending.anomaly = Reason::TcpUrgent;
  }
  if (side.bytes + segment.payload.size() > kSideBytesMax) return;
  side.bytes += segment.payload.size();
  side.pieces.push_back({segment.seq, {segment.payload.begin(), segment.payload.end()}});
}

Conversation Conversations::assemble(const Pending& pending) {
  Conversation conversation;
  const bool swapped = pending.swapped;
  const Endpoint& client = swapped ? pending.second : pending.first;
  const Endpoint& server = swapped ? pending.first : pending.second;
  conversation.client = client.address;
  conversation.client_port = client.port;
  conversation.server = server.address;
  conversation.server_port = server.port;
  conversation.saw_syn = pending.saw_syn;
  conversation.anomaly = pending.anomaly;
  conversation.server_first = pending.any_payload && pending.first_payload_by_second != swapped;
  for (int index = 0; index < 2; ++index) {
    const Side& side = pending.sides[swapped ? 1 - index : index];
    if (side.pieces.empty()) continue;
    std::uint32_t start = side.known_start ? side.start : side.pieces.front().seq;
    if (!side.known_start) {
      for (const Piece& piece : side.pieces) {
        if (static_cast<std::int32_t>(piece.seq - start) < 0) start = piece.seq;
      }
    }
    auto& stream = index == 0 ? conversation.client_bytes : conversation.server_bytes;
    for (const Piece& piece : side.pieces) {
      const auto offset = static_cast<std::int32_t>(piece.seq - start);
      if (offset < 0) continue;
      const auto inserted = stream.insert(static_cast<std::size_t>(offset), piece.bytes);
      if (index != 0) continue;
      if (inserted == engine::StreamPrefix::Insert::Grew) {
        conversation.client_growth.push_back(stream.prefix().size());
      }
      if (conversation.anomaly != Reason::None) continue;  // the first one counts
      if (inserted == engine::StreamPrefix::Insert::RetransmitConflict) {
        conversation.anomaly = Reason::TcpRetransmitConflict;
      } else if (inserted == engine::StreamPrefix::Insert::OverlapConflict) {
        conversation.anomaly = Reason::TcpOverlapConflict;
      }
    }
  }
  return conversation;
}

std::vector<Conversation> Conversations::finish() {
  std::vector<Conversation> conversations;
  for (const Pending& pending : all_) conversations.push_back(assemble(pending));
  all_.clear();
  latest_.clear();
  return conversations;
}

}  // namespace dn::capture
