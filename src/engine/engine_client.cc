// The client's side: bytes in, held, judged, released; see engine.h.
#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "engine/engine.h"

namespace dn::engine {
namespace {

void remember(Flow& flow, const wire::TcpSegment& segment) {
  flow.tcp.client_ack = segment.ack;
  flow.tcp.client_window = segment.window;
  flow.tcp.has_timestamps = segment.has_timestamps;
  flow.tcp.client_timestamp = segment.timestamp;
  flow.tcp.server_timestamp = segment.timestamp_echo;
  if (flow.server_start_known) return;
  // Nothing of the server has reached the client yet, so this is where its stream starts.
  flow.server_start = segment.ack;
  flow.server_start_known = true;
}

void set_version(Flow& flow, std::string_view version) {
  flow.version.fill('\0');
  std::memcpy(flow.version.data(), version.data(),
              std::min(version.size(), flow.version.size() - 1));
}

// What the flow remembers of the facts, whose views borrow the stream.
void keep_facts(Flow& flow, const ClientFacts& facts) {
  flow.protocol = facts.protocol;
  flow.name = facts.name;
  set_version(flow, facts.version);
  flow.tls_offered = facts.tls_offered;
  flow.post_quantum = facts.post_quantum;
  flow.ech = facts.ech;
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
  return facts;
}

}  // namespace

void Engine::on_client_segment(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  if (segment.payload.empty()) {
    pass(call);
    return;
  }
  on_client_payload(flow, index, segment, call);
}

void Engine::on_client_payload(Flow& flow, std::uint32_t index, const Segment& segment,
                               Call& call) {
  if (segment.has(wire::kTcpUrg)) {
    refuse(index, Side::Client, Reason::TcpUrgent, {}, call);
    return;
  }
  // Bytes before the stream's start (keep-alive probes, decoys) were never part of it.
  const auto offset = static_cast<std::int32_t>(segment.seq - flow.client_start);
  if (offset < 0) {
    ++counters_.ignored;
    return;
  }
  const auto begin = static_cast<std::size_t>(offset);
  const StreamPrefix::Insert inserted = flow.client.insert(begin, segment.payload);
  switch (inserted) {
    case StreamPrefix::Insert::RetransmitConflict:
      refuse(index, Side::Client, Reason::TcpRetransmitConflict, {}, call);
      return;
    case StreamPrefix::Insert::OverlapConflict:
      refuse(index, Side::Client, Reason::TcpOverlapConflict, {}, call);
      return;
    case StreamPrefix::Insert::TooMuch:
      ++counters_.ignored;  // beyond any window we gave; every parser decides before this limit
      return;
    case StreamPrefix::Insert::Grew:
    case StreamPrefix::Insert::Kept: break;
  }
  remember(flow, segment);
  if (flow.stage != Stage::ReadingClient) {
    pass_more(index, segment, call);
    return;
  }
  const bool repeats_released = begin + segment.payload.size() <= flow.released;
  if (repeats_released && !flow.owned) {
    pass(call);  // the same bytes again, on their way a second time
  } else if (inserted == StreamPrefix::Insert::Grew) {
    read_client_bytes(index, &segment, call);
  }
  make_room(index, call);
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
      refuse(index, Side::Client, reading.reason, {}, call);
      return;
    case ClientReading::Status::Done: break;
  }
  if (second) {
    if (reading.facts.name != flow.name) {
      refuse(index, Side::Client, Reason::TlsHrrSniChanged, {}, call);
      return;
    }
    flow.tls_offered = reading.facts.tls_offered;
    flow.judged += reading.consumed;
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
  refuse(index, Side::Client, judgement.reason, {}, call);
}

void Engine::resolve(std::uint32_t index, const Judgement& judgement, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.stage != Stage::Resolving) {
    flow.stage = Stage::Resolving;
    flow.held_since = call.now.monotonic;
    flow.deadline = call.now.monotonic + limits::kResolveDeadline;
    resolving_.push_back(index);
    ++counters_.resolved_on_demand;
  }
  ++flow.questions;
  flow.answers_pending = static_cast<int>(judgement.ask.size());
  for (const DomainName& name : judgement.ask) call.sink.ask(name);
  flow.next_action = flow.deadline;
  arm(index);
}

// After an answer, or at a time-out: judges again, and decides whether another question is worth
// it.
void Engine::rejudge(std::uint32_t index, Call& call) {
  Flow& flow = flows_.at(index);
  JudgeContext context = judge_context(flow, call.now);
  const ClientFacts facts = remembered_facts(flow);
  const Destination destination{flow.key.server, flow.key.server_port};
  const Judgement judgement = judge(facts, flow.key.client, destination, context);
  if (judgement.ssh_name) flow.name = judgement.ssh_name;
  if (judgement.kind == Judgement::Kind::Resolve) {
    // A round robin may show the address in another answer; ask again a little later.
    const bool more = flow.questions < static_cast<int>(limits::kDnsQuestionsPerHold);
    if (flow.answers_pending > 0) return;
    if (more && flow.protocol == Protocol::Tls) {
      flow.next_action = call.now.monotonic + limits::kQuestionInterval;
      arm(index);
      return;
    }
  }
  std::erase(resolving_, index);
  if (judgement.kind == Judgement::Kind::Allow) {
    allow(index, facts, judgement, nullptr, call);
    return;
  }
  // No further question is worth waiting for.
  flow.evidence = judgement.evidence;
  context.may_wait = false;
  const Judgement last = judge(facts, flow.key.client, destination, context);
  if (last.kind == Judgement::Kind::Allow) {
    allow(index, facts, last, nullptr, call);
  } else {
    refuse(index, Side::Client, last.reason, {}, call);
  }
}

void Engine::allow(std::uint32_t index, const ClientFacts& facts, const Judgement& judgement,
                   const Segment* segment, Call& call) {
  Flow& flow = flows_.at(index);
  flow.grant = judgement.grant;
  flow.by_see_thru = judgement.by_see_thru;
  flow.evidence = judgement.evidence;
  if (judgement.by_see_thru) {
    FlowLog::format_reason(flow.reason, judgement.reason);
  } else {
    FlowLog::format_rule(flow.reason, judgement.rule);
  }
  log_.write(flow, records::PacketOrigin::Client, records::Outcome::Allowed, flow.reason, &facts,
             nullptr, policy_.get(), call.now, call.sink);
  ++counters_.client_allowed;
  release(index, segment, call);
}

// Lets the judged bytes go. The packet that completed them passes as it is when it continues
// exactly where the released bytes end and holds nothing that was not judged; otherwise our copy is
// sent.
void Engine::release(std::uint32_t index, const Segment* segment, Call& call) {
  Flow& flow = flows_.at(index);
  const std::size_t until = flow.may_continue ? flow.client.prefix().size() : flow.judged;
  const bool watch_acks = flow.owned || flow.protocol == Protocol::Unknown;
  const std::uint32_t mark =
      make_mark(watch_acks ? FlowMark::Owned : FlowMark::ClientGood, flow.grant);
  bool packet_passes = false;
  std::size_t copy_until = until;
  if (segment != nullptr && !flow.owned && call.verdict_due) {
    const std::size_t begin = segment->seq - flow.client_start;
    const std::size_t end = begin + segment->payload.size();
    packet_passes = end == until && begin >= flow.released;
    if (packet_passes) copy_until = begin;
  }
  flow.stage = Stage::ReadingServer;
  flow.deadline = call.now.monotonic + limits::kServerDeadline;
  const std::size_t from = flow.released;
  flow.released = until;
  if (flow.owned) {
    flow.resend_after = limits::kResendInterval;
    resend(flow, call);
  } else {
    send_to_server(flow, from, copy_until, call);
  }
  if (packet_passes) verdict(call, true, mark);
  if (flow.server_line_pending) read_server_bytes(index, call);
  arm(index);
}

// Client bytes after its hello, before the handover. Known ones are repetitions and pass, since the
// server may have lost them; new ones pass in order where the protocol says that the client goes on
// (SSH, early data, see-thru), else they wait with the client until the handover.
void Engine::pass_more(std::uint32_t index, const Segment& segment, Call& call) {
  Flow& flow = flows_.at(index);
  if (flow.stage == Stage::Resolving || flow.stage == Stage::Closing || flow.owned) return;
  const std::size_t begin = segment.seq - flow.client_start;
  const std::size_t end = begin + segment.payload.size();
  if (end <= flow.released) {
    pass(call);
    return;
  }
  if (!flow.may_continue || begin > flow.released || end > flow.client.prefix().size()) return;
  flow.released = end;
  pass(call);
}

}  // namespace dn::engine
