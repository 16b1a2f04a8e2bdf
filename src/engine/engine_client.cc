// The client's side: bytes in, held, judged, released; see engine.h.
#include <algorithm>

#include "base/limits.h"
#include "engine/engine.h"

namespace dn::engine {
namespace {

void remember(Flow& flow, const wire::TcpSegment& segment) {
  if (!segment.has(wire::kTcpAck)) return;
  flow.tcp.client_ack = segment.ack;
  flow.tcp.client_window = segment.window;
  flow.tcp.has_timestamps = segment.has_timestamps;
  flow.tcp.client_timestamp = segment.timestamp;
  if (segment.has_timestamps) flow.tcp.note_server_timestamp(segment.timestamp_echo);
  if (flow.server_passed > 0 || !flow.server.prefix().empty()) return;
  // Nothing of the server has reached the client yet, so this is where its stream starts.
  flow.server_start = segment.ack;
  flow.server_start_known = true;
}

// What the flow remembers of the facts, whose views borrow the stream.
void keep_facts(Flow& flow, const ClientFacts& facts) {
  flow.protocol = facts.protocol;
  flow.name = facts.name;
  copy_version(facts.version, flow.version);
  flow.tls_offered = facts.tls_offered;
  flow.post_quantum = facts.post_quantum;
  flow.ech = facts.ech;
  flow.flaw = facts.flaw;
  flow.may_continue = facts.protocol != Protocol::Tls || facts.early_data;
}

// The facts as far as the flow remembers them, for judging again after a look-up.
ClientFacts remembered_facts(const Flow& flow) {
  ClientFacts facts;
  facts.protocol = flow.protocol;
  facts.name = flow.name;
  facts.version = flow.version.data();
  facts.tls_offered = flow.tls_offered;
  facts.post_quantum = flow.post_quantum;
  facts.ech = flow.ech;
  facts.flaw = flow.flaw;
  return facts;
}

// The judged bytes are out and the client goes on unread: bytes behind our copy need none.
bool continues_unread(const Flow& flow) {
  return (flow.stage == Stage::ReadingServer || flow.stage == Stage::ServerGood) &&
         flow.may_continue && flow.protocol != Protocol::Tls;
}

// The part of a segment that has its place in our copy.
ByteSpan comparable(const Flow& flow, std::size_t begin, ByteSpan payload) {
  if (!continues_unread(flow)) return payload;
  const std::size_t room = limits::kFlowBytesMax - std::min(limits::kFlowBytesMax, begin);
  return payload.first(std::min(payload.size(), room));
}

}  // namespace

void Engine::on_client_segment(std::uint32_t index, const Segment& segment, Call& call) {
  remember(flows_.at(index), segment);
  if (segment.has_ip_options) {
    refuse(index, Side::Client, Reason::IpOption, call);
  } else if (segment.payload.empty()) {
    if (segment.has(wire::kTcpRst)) note_end(index, Reason::ClientReset, call);
    pass(call);
  } else if (segment.has(wire::kTcpUrg)) {
    refuse(index, Side::Client, Reason::TcpUrgent, call);
  } else {
    on_client_payload(index, segment, call);
    make_room_if_grown(index, call);
  }
}

void Engine::on_client_payload(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  // Bytes before the stream's start (keep-alive probes, decoys) were never part of it.
  const auto offset = static_cast<std::int32_t>(segment.seq - flow.client_start);
  if (offset < 0) {
    ++counters_.ignored;
    return;
  }
  if (flow.client_spoke_at == MonotonicTime{}) flow.client_spoke_at = call.now.monotonic;
  const auto begin = static_cast<std::size_t>(offset);
  const std::size_t end = begin + segment.payload.size();
  if (flow.one_request && end > flow.judged) {
    refuse(index, Side::Client, Reason::HttpSecondRequest, call);
    return;
  }
  const StreamPrefix::Insert inserted =
      flow.client.insert(begin, comparable(flow, begin, segment.payload));
  switch (inserted) {
    case StreamPrefix::Insert::RetransmitConflict:
      refuse(index, Side::Client, Reason::TcpRetransmitConflict, call);
      return;
    case StreamPrefix::Insert::OverlapConflict:
      refuse(index, Side::Client, Reason::TcpOverlapConflict, call);
      return;
    case StreamPrefix::Insert::TooMuch:
      ++counters_.ignored;  // beyond any window we gave; every parser decides before this limit
      return;
    case StreamPrefix::Insert::Grew:
    case StreamPrefix::Insert::Kept: break;
  }
  if (flow.owned && end <= flow.acked_to_client && flow.server_acked < end) {
    repeat_acknowledgement(flow, call);  // it got lost; the bytes are ours to deliver
  } else if (flow.stage != Stage::ReadingClient) {
    pass_more(index, segment, call);
  } else if (end <= flow.released) {
    pass(call);  // the same bytes again, on their way a second time
  } else if (inserted == StreamPrefix::Insert::Grew) {
    read_client_bytes(index, &segment, call);
  }
}

void Engine::read_client_bytes(std::uint32_t index, const Segment* segment, Call& call) {
  Flow& flow = flows_.at(index);
  const bool second = flow.after_retry;
  const ClientReading reading =
      second ? read_second_hello(flow.client.prefix().subspan(flow.judged), scratch_)
             : read_client(flow.client.prefix(), scratch_);
  switch (reading.status) {
    case ClientReading::Status::NeedMore:
      if (!second) flow.protocol = reading.facts.protocol;
      hold(index, call);
      return;
    case ClientReading::Status::Malformed:
      if (!second) keep_facts(flow, reading.facts);
      refuse(index, Side::Client, reading.reason, call);
      return;
    case ClientReading::Status::Done: break;
  }
  if (second) {
    if (reading.facts.name != flow.name) {
      refuse(index, Side::Client, Reason::TlsHrrSniChanged, call);
      return;
    }
    flow.tls_offered = reading.facts.tls_offered;
    flow.judged += reading.consumed;
    flow.may_continue = false;  // no early data any more (RFC 8446 section 4.2.10)
    release(index, segment, call);
    return;
  }
  keep_facts(flow, reading.facts);
  flow.judged = reading.consumed;
  judge_flow(index, reading.facts, segment, call);
}

void Engine::hold(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  flow.next_action = call.now.monotonic + limits::kStallBeforeAck;
  if (flow.owned) acknowledge_for_server(flow, call);
  arm(index);
}

void Engine::judge_flow(std::uint32_t index, const ClientFacts& facts, const Segment* segment,
                        Call& call) {
  Flow& flow = flows_.at(index);
  const Destination destination{flow.key.server, flow.key.server_port};
  const Judgement judgement =
      judge(facts, flow.key.client, destination, judge_context(flow, call.now));
  if (judgement.ssh_name) flow.name = judgement.ssh_name;
  switch (judgement.kind) {
    case Judgement::Kind::Allow: allow(index, facts, judgement, segment, call); return;
    case Judgement::Kind::Resolve: resolve(index, judgement, call); return;
    case Judgement::Kind::Refuse: break;
  }
  flow.evidence = judgement.evidence;
  refuse(index, Side::Client, judgement.reason, call);
}

void Engine::resolve(std::uint32_t index, const Judgement& judgement, Call& call) {
  Flow& flow = flows_.at(index);
  const bool begins = flow.stage != Stage::Resolving;
  if (begins) {
    flow.stage = Stage::Resolving;
    flow.held_since = call.now.monotonic;
  }
  if (judgement.find_client) {
    find_client(index, call);
    flow.deadline = flow.client_deadline;
  } else {
    if (begins || flow.questions == 0) {
      flow.names_since = call.now.monotonic;
      flow.deadline = call.now.monotonic + limits::kResolveDeadline;
      ++counters_.resolved_on_demand;
    }
    ++flow.questions;
    for (const DomainName& name : judgement.ask) ask(index, name, call);
  }
  flow.next_action = flow.deadline;
  arm(index);
}

// Once per flow, whatever comes later: a client that stays unknown cannot make more work.
void Engine::find_client(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.client_asked) return;
  flow.client_asked = true;
  flow.client_deadline = call.now.monotonic + limits::kClientSearchDeadline;
  ++counters_.clients_asked;
  call.sink.ask_client(flow.key.client);
}

// After an answer, a new policy, or at a time-out: judges again, and decides whether another
// question is worth it.
void Engine::rejudge(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  JudgeContext context = judge_context(flow, call.now);
  const ClientFacts facts = flow.protocol == Protocol::Http
                                ? read_client(flow.client.prefix(), scratch_).facts
                                : remembered_facts(flow);
  const Destination destination{flow.key.server, flow.key.server_port};
  const Judgement judgement = judge(facts, flow.key.client, destination, context);
  if (judgement.ssh_name) flow.name = judgement.ssh_name;
  if (judgement.kind == Judgement::Kind::Resolve) {
    // The client is still unknown, or known by now and its name is asked for the first time.
    if (judgement.find_client || flow.questions == 0) {
      resolve(index, judgement, call);
      return;
    }
    // A round robin may show the address in another answer; ask again a little later.
    const bool more = flow.questions < static_cast<int>(limits::kDnsQuestionsPerHold);
    if (flow.answers_pending > 0) return;
    if (more && flow.protocol != Protocol::Ssh) {
      flow.next_action = call.now.monotonic + limits::kQuestionInterval;
      arm(index);
      return;
    }
  }
  stop_waiting(index);
  if (judgement.kind == Judgement::Kind::Allow) {
    allow(index, facts, judgement, nullptr, call);
    return;
  }
  // No further question is worth waiting for.
  context.may_wait = context.may_find_client = false;
  const Judgement last = judge(facts, flow.key.client, destination, context);
  flow.evidence = last.evidence;
  if (last.kind == Judgement::Kind::Allow) {
    allow(index, facts, last, nullptr, call);
  } else {
    refuse(index, Side::Client, last.reason, call);
  }
}

void Engine::allow(std::uint32_t index, const ClientFacts& facts, const Judgement& judgement,
                   const Segment* segment, Call& call) {
  Flow& flow = flows_.at(index);
  flow.grant = judgement.grant;
  flow.by_see_thru = judgement.by_see_thru;
  flow.evidence = judgement.evidence;
  if (judgement.one_request) {
    flow.one_request = true;
    flow.may_continue = false;
    if (flow.client.prefix().size() > flow.judged) {
      refuse(index, Side::Client, Reason::HttpSecondRequest, call);
      return;
    }
  }
  if (judgement.by_see_thru) {
    FlowLog::format_reason(flow.reason, judgement.reason);
  } else {
    FlowLog::format_rule(flow.reason, judgement.rule, judgement.crl ? "x509-crl" : "policy");
  }
  const Reason overruled = judgement.by_see_thru ? judgement.reason : Reason::None;
  write_client_line(flow, records::Outcome::Allowed, overruled, flow.reason, &facts, call);
  release(index, segment, call);
}

// Lets the judged bytes go. The packet that completed them passes as it is when it holds nothing
// that was not judged; what is missing in front of it, or else all, is sent from our copy.
void Engine::release(std::uint32_t index, const Segment* segment, Call& call) {
  Flow& flow = flows_.at(index);
  const std::size_t until = flow.may_continue ? flow.client.prefix().size() : flow.judged;
  bool packet_passes = false;
  std::size_t copy_until = until;
  if (segment != nullptr && !flow.owned && call.verdict_due) {
    const std::size_t begin = segment->seq - flow.client_start;
    const std::size_t end = begin + segment->payload.size();
    packet_passes = end == until;
    if (packet_passes) copy_until = begin;
  }
  flow.stage = Stage::ReadingServer;
  flow.deadline = call.now.monotonic + limits::kServerDeadline;
  // A server that was allowed to speak first may be refused now that the client has spoken.
  if (flow.server_first &&
      read_server_bytes(index, flow.server.prefix(), call) == ServerState::Refused) {
    return;
  }
  const std::size_t from = flow.released;
  flow.released = until;
  if (flow.owned) {
    flow.sent = std::max(flow.sent, flow.server_acked);
    flow.resend_after = limits::kResendInterval;
    flow.next_action = call.now.monotonic + flow.resend_after;
    send_owned(flow, call);
  } else {
    send_to_server(flow, from, copy_until, call);
  }
  if (packet_passes) verdict(call, true, mark_of_released(flow));
  arm(index);
}

// Client bytes after its hello, before the handover. Known ones are repetitions and pass, since the
// server may have lost them; new ones pass in order where the protocol says that the client goes on
// (SSH, early data, see-thru), else they wait with the client until the handover.
void Engine::pass_more(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.stage == Stage::Resolving || flow.stage == Stage::Closing) return;
  if (flow.owned && flow.server_acked < flow.released) return;  // ours first
  const std::size_t begin = segment.seq - flow.client_start;
  const std::size_t end = std::min(begin + segment.payload.size(), limits::kFlowBytesMax);
  const bool copy_is_full = flow.released == limits::kFlowBytesMax;
  if (end <= flow.released && !copy_is_full) {
    pass(call);
    return;
  }
  if (!flow.may_continue) return;
  if (!copy_is_full && (begin > flow.released || end > flow.client.prefix().size())) return;
  if (flow.protocol == Protocol::Tls) {
    // Early data only: another hello here would answer a HelloRetryRequest ahead of time.
    const ClientReading reading = read_client(flow.client.prefix(), scratch_);
    if (reading.status == ClientReading::Status::Malformed) {
      refuse(index, Side::Client, reading.reason, call);
      return;
    }
  }
  flow.released = std::max(flow.released, end);
  flow.sent = std::max(flow.sent, flow.released);
  pass(call);
}

}  // namespace dn::engine
