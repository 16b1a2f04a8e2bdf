// The server's side: its first flight is read, its acknowledgements decide the handover; see
// engine.h.
//
// Server bytes in front of a complete hello pass to the client as they come, in order: the client
// is already allowed to talk to this server, and holding them could deadlock with small windows. A
// refused server is cut off before its hello is complete at the client.
#include <string>

#include "base/limits.h"
#include "engine/engine.h"
#include "wire/recognise.h"
#include "wire/ssh.h"

namespace dn::engine {

void Engine::on_server_segment(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  if (!flow.server_start_known) {
    flow.server_start = segment.seq;
    flow.server_start_known = true;
    flow.tcp.client_ack = segment.seq;
  }
  note_server_ack(index, segment, call);
  const bool acked_all = flow.server_acked >= flow.released;
  if (!segment.payload.empty()) {
    on_server_payload(index, segment, call);
  } else if (flow.owned && !acked_all) {
    // The client has these bytes acknowledged already; the server's progress is our business.
    ++counters_.ignored;
  } else if (flow.stage == Stage::ServerGood ||
             (flow.stage == Stage::ReadingServer && flow.protocol == Protocol::Unknown)) {
    hand_over_or_pass(index, call);
  } else {
    pass(call);
  }
  make_room(index, call);
}

void Engine::pass_server(Flow& flow, Call& call) {
  flow.server_passed = flow.server.prefix().size();
  pass(call);
}

void Engine::note_server_ack(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  if (!segment.has(wire::kTcpAck)) return;
  const auto acked = static_cast<std::int32_t>(segment.ack - flow.client_start);
  // A server that acknowledges more than it was given (a FIN counts one) proves nothing more.
  if (acked <= 0 || static_cast<std::size_t>(acked) <= flow.server_acked) return;
  flow.server_acked = std::min(static_cast<std::size_t>(acked), flow.released);
  if (!flow.owned || flow.stage == Stage::ReadingClient) return;
  flow.resend_after = limits::kResendInterval;
  if (flow.server_acked < flow.released) resend(flow, call);
  arm(index);
}

void Engine::on_server_payload(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  const bool reading_client = flow.stage == Stage::ReadingClient || flow.stage == Stage::Resolving;
  if (reading_client && !flow.after_retry) {
    on_server_first(index, segment, call);
    return;
  }
  const auto offset = static_cast<std::int32_t>(segment.seq - flow.server_start);
  if (offset < 0) {
    ++counters_.ignored;
    return;
  }
  if (flow.stage == Stage::ServerGood) {
    hand_over_or_pass(index, call);
    return;
  }
  const auto begin = static_cast<std::size_t>(offset);
  if (begin > flow.server.prefix().size()) return;  // out of order: the server will send it again
  switch (flow.server.insert(begin, segment.payload)) {
    case StreamPrefix::Insert::RetransmitConflict:
    case StreamPrefix::Insert::OverlapConflict:
      refuse(index, Side::Server, Reason::TcpRetransmitConflict, {}, call);
      return;
    case StreamPrefix::Insert::TooMuch:
      refuse(index, Side::Server, Reason::TlsHelloTooLarge, {}, call);
      return;
    case StreamPrefix::Insert::Kept: pass_server(flow, call); return;
    case StreamPrefix::Insert::Grew: break;
  }
  if (flow.stage == Stage::ReadingServer) {
    read_server_bytes(index, call);
  } else {
    pass_server(flow, call);  // behind a HelloRetryRequest or an alert
  }
}

// The server speaks before the client has said anything that could be judged.
void Engine::on_server_first(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  const auto offset = static_cast<std::int32_t>(segment.seq - flow.server_start);
  if (offset < 0 || static_cast<std::size_t>(offset) > flow.server.prefix().size()) return;
  const auto inserted = flow.server.insert(static_cast<std::size_t>(offset), segment.payload);
  if (inserted != StreamPrefix::Insert::Grew && inserted != StreamPrefix::Insert::Kept) {
    refuse(index, Side::Client, Reason::TcpRetransmitConflict, {}, call);
    return;
  }
  const ByteSpan prefix = flow.server.prefix();
  const Reason looks_like = wire::recognise_server_first(prefix);
  if (!flow.server_first) {
    const Judgement judgement = judge_server_first(
        flow.key.client, {flow.key.server, flow.key.server_port}, judge_context(flow, call.now));
    if (judgement.kind == Judgement::Kind::Resolve) {
      // Held by dropping: the server sends it again, and the answer will be there.
      if (flow.questions++ == 0) {
        flow.held_since = call.now.monotonic;
        for (const DomainName& name : judgement.ask) call.sink.ask(name);
      }
      return;
    }
    if (judgement.kind == Judgement::Kind::Refuse) {
      const bool named = judgement.reason == Reason::ProtoServerFirst;
      refuse(index, Side::Client, named ? looks_like : judgement.reason, {}, call);
      return;
    }
    flow.server_first = true;
    flow.by_see_thru = judgement.by_see_thru;
    flow.grant = judgement.grant;
    if (judgement.ssh_name) flow.name = judgement.ssh_name;
  }
  const auto banner = wire::parse_ssh_banner(prefix, wire::Side::Server);
  if (banner.status == wire::ParseStatus::Done || banner.status == wire::ParseStatus::NeedMore) {
    flow.server_line_pending = banner.status == wire::ParseStatus::Done;
    pass_server(flow, call);
    return;
  }
  if (!flow.by_see_thru) {
    const bool malformed = banner.status == wire::ParseStatus::Malformed;
    refuse(index, Side::Client, malformed ? banner.reason : looks_like, {}, call);
    return;
  }
  // See-thru: any protocol may speak first. Nothing of the client has been judged, so its bytes
  // pass from here on under the see-thru grant.
  FlowLog::format_reason(flow.reason, looks_like);
  flow.evidence = records::Evidence::None;
  flow.stage = Stage::Handed;
  flow.deadline = call.now.monotonic + limits::kStragglers;
  log_.write(flow, records::PacketOrigin::Client, records::Outcome::Allowed, flow.reason, nullptr,
             nullptr, policy_.get(), call.now, call.sink);
  ++counters_.client_allowed;
  ++counters_.handed_over;
  arm(index);
  verdict(call, true, make_mark(FlowMark::Allowed, flow.grant));
}

void Engine::read_server_bytes(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  const ServerReading reading =
      read_server(flow.protocol, flow.server.prefix().subspan(flow.server_base), flow.tls_offered,
                  flow.after_retry, scratch_);
  if (reading.status == ServerReading::Status::NeedMore) {
    if (call.verdict_due) pass_server(flow, call);
    return;
  }
  if (reading.status == ServerReading::Status::Malformed) {
    refuse(index, Side::Server, reading.reason, {}, call);
    return;
  }
  flow.server_line_pending = false;
  const ServerFacts& facts = reading.facts;
  if (facts.flaw != Reason::None) {
    const SeeThruState see_thru = see_thru_state(policy_.get(), flow.key.client, call.now);
    if (!see_thru.active) {
      log_server_line(flow, facts, facts.flaw, false, call);
      refuse(index, Side::Server, Reason::None, {}, call);
      return;
    }
    if (!flow.by_see_thru) flow.grant = see_thru.rule->grant;
    flow.by_see_thru = true;
    log_server_line(flow, facts, facts.flaw, true, call);
  } else if (facts.hello_retry_request) {
    flow.stage = Stage::ReadingClient;
    flow.after_retry = true;
    flow.judged = flow.released;
    flow.server_base += reading.consumed;
    flow.deadline = call.now.monotonic + limits::kHelloDeadline;
    arm(index);
    pass_server(flow, call);
    return;
  } else if (facts.alert) {
    log_server_line(flow, facts, Reason::TlsAlert, true, call);
    flow.stage = Stage::Closing;
    flow.deadline = call.now.monotonic + limits::kStragglers;
    arm(index);
    pass_server(flow, call);
    return;
  } else if (flow.protocol != Protocol::Unknown) {
    log_server_line(flow, facts, Reason::None, true, call);
  }
  flow.stage = Stage::ServerGood;
  hand_over_or_pass(index, call);
}

void Engine::log_server_line(Flow& flow, const ServerFacts& facts, Reason reason, bool allowed,
                             Call& call) {
  std::string text = flow.reason;
  if (reason == Reason::TlsAlert) {
    FlowLog::format_reason(
        text, reason,
        "the server refused the handshake with alert " + std::to_string(facts.alert_description));
  } else if (reason != Reason::None) {
    FlowLog::format_reason(text, reason);
  }
  log_.write(flow, records::PacketOrigin::Server,
             allowed ? records::Outcome::Allowed : records::Outcome::Disallowed, text, nullptr,
             &facts, policy_.get(), call.now, call.sink);
  ++(allowed ? counters_.server_allowed : counters_.server_refused);
}

// The server is good. Once it has acknowledged every released byte, nothing that the client sends
// again can change what it read, and the kernel takes over.
void Engine::hand_over_or_pass(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.server_acked < flow.released) {
    if (call.verdict_due) pass_server(flow, call);
    return;
  }
  if (!call.verdict_due) return;  // the next packet carries the mark
  flow.stage = Stage::Handed;
  flow.deadline = call.now.monotonic + limits::kStragglers;
  ++counters_.handed_over;
  arm(index);
  verdict(call, true, make_mark(FlowMark::Allowed, flow.grant));
}

}  // namespace dn::engine
