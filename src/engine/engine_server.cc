// The server's side: its first flight is read, its acknowledgements decide the handover; see
// engine.h.
//
// Server bytes in front of a complete hello pass to the client as they come, in order: the client
// is already allowed to talk to this server, and holding them could deadlock with small windows. A
// refused server is cut off before its hello is complete at the client.
#include <algorithm>
#include <string>

#include "base/limits.h"
#include "engine/engine.h"
#include "wire/recognise.h"
#include "wire/ssh.h"

namespace dn::engine {
namespace {

bool could_be_ssh(ByteSpan prefix) {
  constexpr std::string_view kSsh = "SSH-";
  const std::string_view text = as_text(prefix);
  return text.substr(0, kSsh.size()) == kSsh.substr(0, text.size());
}

void keep_answer(Flow& flow, const ServerFacts& facts) {
  ServerAnswer& answer = flow.answer;
  copy_version(facts.version, answer.version);
  answer.post_quantum = facts.post_quantum;
  answer.http_code = facts.http_code;
}

}  // namespace

void Engine::on_server_segment(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  if (!flow.server_start_known) {
    flow.server_start = segment.seq;
    flow.server_start_known = true;
    flow.tcp.client_ack = segment.seq;
  }
  if (segment.has_ip_options) {
    refuse(index, Side::Client, Reason::IpOption, call);
    return;
  }
  if (segment.has_timestamps) flow.tcp.note_server_timestamp(segment.timestamp);
  note_server_ack(index, segment, call);
  const bool acked_all = flow.server_acked >= flow.released;
  if (!segment.payload.empty()) {
    on_server_payload(index, segment, call);
    if (segment.has(wire::kTcpFin)) note_end(index, Reason::ServerClosed, call);
    make_room_if_grown(index, call);
  } else if (segment.has(wire::kTcpRst) || segment.has(wire::kTcpFin)) {
    note_end(index, Reason::ServerClosed, call);
    pass(call);
  } else if (flow.owned && !acked_all) {
    // The client has these bytes acknowledged already; the server's progress is our business.
    ++counters_.ignored;
  } else if (flow.stage == Stage::ServerGood ||
             (flow.stage == Stage::ReadingServer && flow.protocol == Protocol::Unknown)) {
    hand_over_or_pass(index, flow.server_passed, call);
  } else {
    pass(call);
  }
}

// A reset or FIN while the server's answer is awaited or passes. It may be forged, or overtake the
// answer: it only shortens the wait and names the cause. Whoever broke off first is the cause.
void Engine::note_end(std::uint32_t index, Reason reason, Call& call) {
  Flow& flow = flows_.at(index);
  const bool answering = flow.stage == Stage::Answering;
  if ((flow.stage != Stage::ReadingServer && !answering) || flow.ended != Reason::None) return;
  flow.ended = reason;
  if (answering && reason == Reason::ServerClosed) write_answer_line(flow, call);
  flow.deadline = std::min(flow.deadline, call.now.monotonic + limits::kBrokenOffDeadline);
  arm(index);
}

void Engine::pass_server(Flow& flow, std::size_t end, Call& call) {
  flow.server_passed = std::max(flow.server_passed, end);
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
  flow.next_action = call.now.monotonic + flow.resend_after;
  send_owned(flow, call);
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
  const auto begin = static_cast<std::size_t>(offset);
  const std::size_t end = begin + segment.payload.size();
  if (flow.stage == Stage::ServerGood || flow.stage == Stage::Answering) {
    hand_over_or_pass(index, end, call);
    return;
  }
  if (begin > flow.server.prefix().size()) return;  // out of order: the server will send it again
  ServerState state = ServerState::NeedMore;
  const bool reading = flow.stage == Stage::ReadingServer;
  const bool in_place = reading && flow.server.prefix().empty();
  // The usual answer is complete in its first packet and needs no copy.
  if (in_place) state = read_server_bytes(index, segment.payload, call);
  if (state == ServerState::Refused) return;
  if (state != ServerState::Good) {
    const StreamPrefix::Insert inserted = flow.server.insert(begin, segment.payload);
    if (refuse_server_conflict(index, inserted, Side::Server, call)) return;
    if (reading && !in_place && inserted == StreamPrefix::Insert::Grew) {
      state = read_server_bytes(index, flow.server.prefix().subspan(flow.server_base), call);
    }
  }
  if (state == ServerState::Good) {
    hand_over_or_pass(index, end, call);
  } else if (state != ServerState::Refused) {
    pass_server(flow, end, call);
  }
}

bool Engine::refuse_server_conflict(std::uint32_t index, StreamPrefix::Insert inserted, Side side,
                                    Call& call) {
  switch (inserted) {
    case StreamPrefix::Insert::RetransmitConflict:
    case StreamPrefix::Insert::OverlapConflict:
      refuse(index, side, Reason::TcpRetransmitConflict, call);
      return true;
    case StreamPrefix::Insert::TooMuch: refuse(index, side, Reason::Overload, call); return true;
    case StreamPrefix::Insert::Kept:
    case StreamPrefix::Insert::Grew: break;
  }
  return false;
}

// The server speaks before the client has said anything that could be judged.
void Engine::on_server_first(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  const auto offset = static_cast<std::int32_t>(segment.seq - flow.server_start);
  if (offset < 0 || static_cast<std::size_t>(offset) > flow.server.prefix().size()) return;
  const auto begin = static_cast<std::size_t>(offset);
  const StreamPrefix::Insert inserted = flow.server.insert(begin, segment.payload);
  if (refuse_server_conflict(index, inserted, Side::Client, call)) return;
  if (!flow.server_first && !may_server_speak_first(index, call)) return;
  const ByteSpan prefix = flow.server.prefix();
  const std::size_t end = begin + segment.payload.size();
  if (flow.by_see_thru && !could_be_ssh(prefix)) {
    let_other_server_speak(index, end, call);
    return;
  }
  const auto banner = wire::parse_ssh_banner(prefix, wire::Side::Server);
  if (banner.status == wire::ParseStatus::Done || banner.status == wire::ParseStatus::NeedMore) {
    pass_server(flow, end, call);
  } else if (banner.status == wire::ParseStatus::Malformed) {
    refuse(index, Side::Client, banner.reason, call);
  } else {
    refuse(index, Side::Client, wire::recognise_server_first(prefix), call);
  }
}

// Whether a rule covers a server that speaks first here. When not, the packet is held or refused.
bool Engine::may_server_speak_first(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  const Judgement judgement = judge_server_first(
      flow.key.client, {flow.key.server, flow.key.server_port}, judge_context(flow, call.now));
  if (judgement.kind == Judgement::Kind::Resolve) {
    // Held by dropping: the server sends it again, and the answer will be there.
    if (judgement.find_client) {
      if (!flow.client_asked) flow.held_since = call.now.monotonic;
      find_client(index, call);
    } else if (flow.questions == 0) {
      ++flow.questions;
      if (!flow.client_asked) flow.held_since = call.now.monotonic;
      flow.names_since = call.now.monotonic;
      for (const DomainName& name : judgement.ask) call.sink.ask(name);
    }
    return false;
  }
  if (judgement.kind == Judgement::Kind::Refuse) {
    flow.evidence = judgement.evidence;
    const bool unnamed = judgement.reason == Reason::ProtoServerFirst;
    refuse(index, Side::Client,
           unnamed ? wire::recognise_server_first(flow.server.prefix()) : judgement.reason, call);
    return false;
  }
  flow.server_first = true;
  flow.by_see_thru = judgement.by_see_thru;
  flow.grant = judgement.grant;
  if (judgement.ssh_name) flow.name = judgement.ssh_name;
  if (flow.protocol == Protocol::Unknown && !flow.by_see_thru) flow.protocol = Protocol::Ssh;
  return true;
}

// See-thru: any protocol may speak first. What the client has said is not judged any more, so its
// bytes pass under the see-thru grant; those that are held already go first.
void Engine::let_other_server_speak(std::uint32_t index, std::size_t end, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.stage == Stage::Resolving) stop_waiting(index);
  flow.protocol = Protocol::Unknown;
  flow.may_continue = true;
  flow.evidence = records::Evidence::None;
  const Reason overruled = wire::recognise_server_first(flow.server.prefix());
  FlowLog::format_reason(flow.reason, overruled);
  write_client_line(flow, records::Outcome::Allowed, overruled, flow.reason, nullptr, call);
  if (flow.client.prefix().empty()) {
    hand_over(index, call);
    return;
  }
  flow.judged = flow.client.prefix().size();
  release(index, nullptr, call);
  pass_server(flow, end, call);
}

// `bytes`: the server's, from where its awaited message starts.
Engine::ServerState Engine::read_server_bytes(std::uint32_t index, ByteSpan bytes, Call& call) {
  Flow& flow = flows_.at(index);
  const ServerReading reading =
      read_server(flow.protocol, bytes, flow.tls_offered, flow.after_retry, scratch_);
  if (reading.status == ServerReading::Status::NeedMore) return ServerState::NeedMore;
  const ServerFacts& facts = reading.facts;
  keep_answer(flow, facts);
  if (reading.status == ServerReading::Status::Malformed) {
    refuse(index, Side::Server, reading.reason, call);
    return ServerState::Refused;
  }
  if (facts.flaw != Reason::None) {
    const SeeThruState see_thru = see_thru_state(policy_.get(), flow.key.client, call.now);
    if (!see_thru.active) {
      refuse(index, Side::Server, facts.flaw, call);
      return ServerState::Refused;
    }
    if (!flow.by_see_thru) flow.grant = see_thru.rule->grant;
    flow.by_see_thru = true;
    flow.answer.flaw = facts.flaw;
  } else if (facts.hello_retry_request) {
    await_second_hello(index, reading.consumed, call);
    return flow.stage == Stage::Refused ? ServerState::Refused : ServerState::Retry;
  } else if (facts.alert) {
    std::string reason;
    FlowLog::format_reason(
        reason, Reason::TlsAlert,
        "the server refused the handshake with alert " + std::to_string(facts.alert_description));
    write_server_line(flow, records::Outcome::Allowed, Reason::TlsAlert, reason, call);
    flow.stage = Stage::Closing;
    flow.deadline = call.now.monotonic + limits::kStragglers;
    arm(index);
    return ServerState::Over;
  }
  flow.stage = flow.one_request ? Stage::Answering : Stage::ServerGood;
  flow.answer_deadline = call.now.monotonic + limits::kOneRequestDeadline;
  return ServerState::Good;
}

void Engine::await_second_hello(std::uint32_t index, std::size_t consumed, Call& call) {
  Flow& flow = flows_.at(index);
  flow.stage = Stage::ReadingClient;
  flow.after_retry = true;
  flow.server_base += consumed;
  flow.deadline = call.now.monotonic + limits::kHelloDeadline;
  flow.next_action = flow.deadline;
  arm(index);
  // Early data, or a hello that came too soon: it would not count as new when it is sent again.
  if (flow.client.prefix().size() > flow.judged) read_client_bytes(index, nullptr, call);
}

// The server is good. Once it has acknowledged every released byte, nothing that the client sends
// again can change what it read, and the kernel takes over.
void Engine::hand_over_or_pass(std::uint32_t index, std::size_t end, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.stage == Stage::Answering) {
    pass_answer(index, end, call);
  } else if (flow.server_acked < flow.released) {
    pass_server(flow, end, call);
  } else {
    hand_over(index, call);
  }
}

void Engine::hand_over(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.protocol != Protocol::Unknown) write_answer_line(flow, call);
  flow.stage = Stage::Handed;
  flow.deadline = call.now.monotonic + limits::kStragglers;
  ++counters_.handed_over;
  // Under see-thru a server may have spoken before the client did.
  if (flow.client_spoke_at != MonotonicTime{}) {
    counters_.handshake.add(call.now.monotonic - flow.client_spoke_at);
  }
  arm(index);
  verdict(call, true, make_mark(FlowMark::Allowed, flow.grant));
}

// Bytes of the answer to the one request, which nobody reads. The kernel must go on asking, because
// only the engine knows where the request ends; so the mark stays ClientGood, whatever passes.
void Engine::pass_answer(std::uint32_t index, std::size_t end, Call& call) {
  Flow& flow = flows_.at(index);
  if (end > limits::kOneRequestAnswerBytesMax) {
    refuse(index, Side::Server, Reason::Overload, call);
    return;
  }
  flow.server.clear();
  flow.server_passed = std::max(flow.server_passed, end);
  const Duration pause =
      flow.ended == Reason::None ? limits::kOneRequestPause : limits::kBrokenOffDeadline;
  flow.deadline = std::min(flow.answer_deadline, call.now.monotonic + pause);
  arm(index);
  if (flow.server_acked < flow.released) {
    pass(call);
  } else {
    verdict(call, true, make_mark(FlowMark::ClientGood, flow.grant));
  }
}

// A connection for one request has its line at its end: until then a second request could still
// make a refusal of it.
void Engine::write_answer_line(Flow& flow, Call& call) {
  if (flow.server_line_written) return;
  const bool flawed = flow.answer.flaw != Reason::None;
  if (flawed) FlowLog::format_reason(flow.reason, flow.answer.flaw);
  write_server_line(flow, records::Outcome::Allowed, flawed ? flow.answer.flaw : flow.client_reason,
                    flow.reason, call);
}

// Nothing has come for a while, or the time is up. Ends that closed their connection need no word.
void Engine::end_answer(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  write_answer_line(flow, call);
  if (flow.ended == Reason::None) {
    refuse(index, Side::Server, Reason::None, call);
  } else {
    close(index);
  }
}

}  // namespace dn::engine
