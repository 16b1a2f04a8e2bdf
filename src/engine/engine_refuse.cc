// The lines of a connection and its end by refusal; see engine.h.
//
// A connection gets one client line and at most one server line. What comes to light about the
// client after its line was written goes into the server line, with the outcome that counts.
#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"
#include "engine/engine.h"

namespace dn::engine {
namespace {

// Alert record: fatal (2), access_denied (49); RFC 8446 section 6.2.
constexpr std::array<std::uint8_t, 7> kAccessDenied = {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x31};

std::string forbidden_page(std::string_view reason) {
  std::string body = "discriminat refused this request: ";
  body += reason;
  body += "\n";
  return "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n" +
         body;
}

// What the client is told in its own protocol. Only between two messages of the server: in the
// middle of one it would be read as its continuation.
std::string farewell_of(const Flow& flow) {
  if (flow.server_passed != 0 && flow.server_passed != flow.server_base) return {};
  if (flow.protocol == Protocol::Tls) return std::string(as_text(kAccessDenied));
  if (flow.protocol == Protocol::Http) return forbidden_page(flow.reason);
  return {};
}

}  // namespace

// Reason::None: a rule allows it, and `text` names the rule.
void Engine::write_client_line(Flow& flow, records::Outcome outcome, Reason reason,
                               std::string_view text, const ClientFacts* http, Call& call) {
  flow.client_line_written = true;
  flow.client_reason = reason;
  log_.write(flow, records::PacketOrigin::Client, outcome, text, http, policy_.get(), call.now,
             call.sink);
  counters_.decisions.count({records::PacketOrigin::Client, outcome, reason, flow.protocol});
  if (flow.was_held()) counters_.held.add(call.now.monotonic - flow.held_since);
}

void Engine::write_server_line(Flow& flow, records::Outcome outcome, Reason reason,
                               std::string_view text, Call& call) {
  flow.server_line_written = true;
  log_.write(flow, records::PacketOrigin::Server, outcome, text, nullptr, policy_.get(), call.now,
             call.sink);
  counters_.decisions.count({records::PacketOrigin::Server, outcome, reason, flow.protocol});
}

void Engine::write_refusal(Flow& flow, Side side, Reason reason, Call& call) {
  std::string text;
  FlowLog::format_reason(text, reason);
  if (side == Side::Client && !flow.client_line_written) {
    ClientFacts http;
    if (flow.protocol == Protocol::Http) http = read_client(flow.client.prefix(), scratch_).facts;
    write_client_line(flow, records::Outcome::Disallowed, reason, text, &http, call);
  } else if (!flow.server_line_written) {
    write_server_line(flow, records::Outcome::Disallowed, reason, text, call);
  }
  flow.reason = std::move(text);
}

// Reason::None: without a line.
void Engine::refuse(std::uint32_t index, Side side, Reason reason, Call& call) {
  Flow& flow = flows_.at(index);
  if (reason != Reason::None) write_refusal(flow, side, reason, call);
  end_both_sides(flow, reason == Reason::None ? std::string() : farewell_of(flow), call);
  if (call.verdict_due) drop(call);
  if (flow.stage == Stage::Resolving) stop_waiting(index);
  flow.stage = Stage::Refused;
  flow.deadline = call.now.monotonic + limits::kStragglers;
  flow.client.clear();
  flow.server.clear();
  flows_.recount_bytes(index);
  arm(index);
}

// A proper end: the client is told why in its own protocol, then both sides are reset. The reset to
// the server carries the Refused mark, which the kernel rules copy to the connection.
void Engine::end_both_sides(Flow& flow, std::string_view farewell, Call& call) {
  TcpPacketFields to_client = towards_client(flow);
  if (!farewell.empty()) {
    const ByteSpan payload = as_bytes(farewell.substr(0, kInjectedPayloadMax));
    to_client.flags = wire::kTcpAck | wire::kTcpPsh;
    inject(to_client, payload, 0, call);
    to_client.seq += static_cast<std::uint32_t>(payload.size());
  }
  to_client.flags = wire::kTcpRst | wire::kTcpAck;
  to_client.has_timestamps = false;
  inject(to_client, {}, 0, call);

  TcpPacketFields to_server = towards_server(flow);
  to_server.flags = wire::kTcpRst | wire::kTcpAck;
  to_server.has_timestamps = false;
  const std::uint32_t mark = make_mark(FlowMark::Refused, flow.grant);
  // Where exactly the server's window starts is not known while bytes are on their way (RFC 5961
  // section 3.2 accepts a reset only there): both candidates are told.
  if (flow.server_acked != flow.released) {
    to_server.seq = flow.client_start + static_cast<std::uint32_t>(flow.server_acked);
    inject(to_server, {}, mark, call);
  }
  to_server.seq = flow.client_start + static_cast<std::uint32_t>(flow.released);
  inject(to_server, {}, mark, call);
}

void Engine::inject(const TcpPacketFields& fields, ByteSpan payload, std::uint32_t mark,
                    Call& call) {
  const TcpPacket packet(fields, payload);
  call.sink.inject({packet.bytes(), mark});
  ++counters_.injected;
}

}  // namespace dn::engine
