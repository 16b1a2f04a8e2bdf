// Packets of our own, timers and limits; see engine.h.
#include <algorithm>
#include <string>

#include "base/limits.h"
#include "engine/engine.h"
#include "engine/tcp_packet.h"

namespace dn::engine {
namespace {

// Alert record: fatal (2), access_denied (49); RFC 8446 section 6.2.
constexpr std::array<std::uint8_t, 7> kAccessDenied = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x31};
// Segments of our own in flight towards a server: the initial window of RFC 6928.
constexpr std::size_t kInFlightMax = 10 * kInjectedPayloadMax;

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

std::string forbidden_page(std::string_view reason) {
  std::string body = "discriminat refused this request: ";
  body += reason;
  body += "\n";
  return "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n" +
         body;
}

}  // namespace

void Engine::send_to_server(Flow& flow, std::size_t begin, std::size_t end, Call& call) {
  TcpPacketFields fields = towards_server(flow);
  const bool watch_acks = flow.owned || flow.protocol == Protocol::Unknown;
  const std::uint32_t mark =
      make_mark(watch_acks ? FlowMark::Owned : FlowMark::ClientGood, flow.grant);
  while (begin < end) {
    const std::size_t count = std::min(end - begin, kInjectedPayloadMax);
    fields.seq = flow.client_start + static_cast<std::uint32_t>(begin);
    fields.flags = wire::kTcpAck;
    if (begin + count == end) fields.flags |= wire::kTcpPsh;
    const TcpPacket packet(fields, flow.client.prefix().subspan(begin, count));
    call.sink.inject({packet.bytes(), mark});
    ++counters_.injected;
    begin += count;
  }
}

// Owned bytes: what the server has not acknowledged yet, as far as a window allows.
void Engine::resend(Flow& flow, Call& call) {
  const std::size_t end = std::min(flow.released, flow.server_acked + kInFlightMax);
  send_to_server(flow, flow.server_acked, end, call);
  flow.next_action = call.now.monotonic + flow.resend_after;
}

void Engine::acknowledge_for_server(Flow& flow, Call& call) {
  flow.owned = true;
  flow.acked_to_client = flow.client.prefix().size();
  const TcpPacket packet(towards_client(flow), {});
  call.sink.inject({packet.bytes(), 0});
  ++counters_.injected;
  ++counters_.acknowledged_for_server;
}

// A proper end: the client is told why in its own protocol, then both sides are reset. The reset to
// the server carries the Refused mark, which the kernel rules copy to the connection.
void Engine::end_both_sides(Flow& flow, std::string_view farewell, Call& call) {
  TcpPacketFields to_client = towards_client(flow);
  if (!farewell.empty()) {
    to_client.flags = wire::kTcpAck | wire::kTcpPsh;
    const ByteSpan payload = as_bytes(farewell.substr(0, kInjectedPayloadMax));
    const TcpPacket packet(to_client, payload);
    call.sink.inject({packet.bytes(), 0});
    to_client.seq += static_cast<std::uint32_t>(payload.size());
  }
  to_client.flags = wire::kTcpRst | wire::kTcpAck;
  to_client.has_timestamps = false;
  call.sink.inject({TcpPacket(to_client, {}).bytes(), 0});

  TcpPacketFields to_server = towards_server(flow);
  to_server.flags = wire::kTcpRst | wire::kTcpAck;
  to_server.has_timestamps = false;
  const std::uint32_t mark = make_mark(FlowMark::Refused, flow.grant);
  // Where exactly the server's window starts is not known while bytes are on their way (RFC 5961
  // section 3.2 accepts a reset only there): both candidates are told.
  if (flow.server_acked != flow.released) {
    to_server.seq = flow.client_start + static_cast<std::uint32_t>(flow.server_acked);
    call.sink.inject({TcpPacket(to_server, {}).bytes(), mark});
  }
  to_server.seq = flow.client_start + static_cast<std::uint32_t>(flow.released);
  call.sink.inject({TcpPacket(to_server, {}).bytes(), mark});
  counters_.injected += 3;
}

// Reason::None: the line has been written already.
void Engine::refuse(std::uint32_t index, Side side, Reason reason, std::string_view detail,
                    Call& call) {
  Flow& flow = flows_.at(index);
  const bool client_line = side == Side::Client && flow.reason.empty();
  if (reason != Reason::None) {
    std::string text;
    FlowLog::format_reason(text, reason, detail);
    ClientFacts http;
    if (flow.protocol == Protocol::Http) {
      http = read_client(flow.client.prefix(), scratch_).facts;
    }
    log_.write(flow, client_line ? records::PacketOrigin::Client : records::PacketOrigin::Server,
               records::Outcome::Disallowed, text,
               client_line && flow.protocol == Protocol::Http ? &http : nullptr, nullptr,
               policy_.get(), call.now, call.sink);
    ++(client_line ? counters_.client_refused : counters_.server_refused);
    flow.reason = text;
  }
  std::string farewell;
  if (flow.server.prefix().empty() || flow.after_retry) {
    if (flow.protocol == Protocol::Tls) farewell = as_text(kAccessDenied);
    if (flow.protocol == Protocol::Http) farewell = forbidden_page(flow.reason);
  }
  if (reason == Reason::None && flow.protocol == Protocol::Tls) farewell = as_text(kAccessDenied);
  end_both_sides(flow, farewell, call);
  if (call.verdict_due) drop(call);
  std::erase(resolving_, index);
  flow.stage = Stage::Refused;
  flow.deadline = call.now.monotonic + limits::kStragglers;
  flow.client.clear();
  flow.server.clear();
  flows_.recount_bytes(index);
  arm(index);
}

// One timer per flow: the next action of its stage, or the deadline.
void Engine::arm(std::uint32_t index) {
  const Flow& flow = flows_.at(index);
  MonotonicTime due = flow.deadline;
  const bool acts = flow.stage == Stage::Resolving ||
                    (flow.stage == Stage::ReadingClient && !flow.owned) ||
                    (flow.owned && flow.server_acked < flow.released);
  if (acts && flow.next_action > MonotonicTime{} && flow.next_action < due) due = flow.next_action;
  timers_.set(index, due);
}

void Engine::on_timer(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  const bool expired = call.now.monotonic >= flow.deadline;
  switch (flow.stage) {
    case Stage::Handed:
    case Stage::Refused:
    case Stage::Closing: close(index); return;
    case Stage::ReadingClient:
      if (expired) {
        refuse(index, Side::Client, timeout_reason(flow.protocol, flow.client.has_gap()), {}, call);
        return;
      }
      if (!flow.owned && flow.client.prefix().size() > flow.released) {
        acknowledge_for_server(flow, call);
      }
      flow.next_action = flow.deadline;
      break;
    case Stage::Resolving:
      if (expired) {
        flow.answers_pending = 0;
        rejudge(index, call);
        return;
      }
      ++flow.questions;
      flow.answers_pending = 1;
      if (flow.name) call.sink.ask(*flow.name);
      flow.next_action = flow.deadline;
      break;
    case Stage::ReadingServer:
    case Stage::ServerGood:
      if (expired) {
        refuse(index, Side::Server, Reason::ServerTimeout, {}, call);
        return;
      }
      if (flow.owned && flow.server_acked < flow.released) {
        flow.resend_after = std::min<Duration>(flow.resend_after * 2, limits::kResendMax);
        resend(flow, call);
      }
      break;
  }
  arm(index);
}

// At a limit the oldest flow of whoever uses most goes, not the newcomer's neighbours.
void Engine::make_room(std::uint32_t index, Call& call) {
  const Ipv4Address client = flows_.at(index).key.client;
  flows_.recount_bytes(index);
  for (int evictions = 0; evictions < 4; ++evictions) {
    const std::uint32_t victim = flows_.find_victim(client);
    if (victim == kNoFlow) return;
    ++counters_.evicted;
    const Stage stage = flows_.at(victim).stage;
    if (stage != Stage::Handed && stage != Stage::Refused && stage != Stage::Closing) {
      refuse(victim, Side::Client, Reason::Overload, {}, call);
    }
    close(victim);
    if (victim == index) return;
  }
}

}  // namespace dn::engine
