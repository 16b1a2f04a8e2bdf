// Packets and the opening and closing of flows; see engine.h for the theory of operation.
#include "engine/engine.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "base/limits.h"
#include "wire/recognise.h"

namespace dn::engine {
namespace {

constexpr std::uint32_t kIsnMask = (1U << 27U) - 1U;

// The offset of sequence number `at` in the client's stream, whose initial sequence number is known
// by its low 27 bits (engine/mark.h). Exact for offsets within ±64 MiB.
std::int32_t offset_from_isn(std::uint32_t at, std::uint32_t isn_low) {
  const std::uint32_t low = (at - 1U - isn_low) & kIsnMask;
  return low < 1U << 26U ? static_cast<std::int32_t>(low)
                         : static_cast<std::int32_t>(low) - static_cast<std::int32_t>(1U << 27U);
}

// Whether a packet belongs to a later connection with the same addresses and ports, or to one whose
// verdict was revoked. A connection that was handed over is not opening any more: a packet with
// that mark belongs to another one even if the client chose the same initial sequence number again.
bool is_out_of_date(const Flow& flow, std::uint32_t mark) {
  const bool handed = flow.stage == Stage::Handed;
  if (state_of(mark) == FlowMark::Revoked) return handed;
  if (state_of(mark) != FlowMark::Opening) return false;
  return handed || payload_of(mark) != ((flow.client_start - 1U) & kIsnMask);
}

wire::PacketSummary summarise(const wire::TcpSegment& segment) {
  wire::PacketSummary summary;
  summary.protocol = 6;
  summary.src = segment.src;
  summary.dst = segment.dst;
  summary.spt = segment.spt;
  summary.dpt = segment.dpt;
  return summary;
}

// Whether the receiver's TCP would take the payload as bytes of the stream: not with TCP-MD5, with
// a reset, or without an acknowledgement (RFC 9293 section 3.10.7.4).
bool carries_stream_bytes(const wire::TcpSegment& segment) {
  if (segment.has_forbidden_option) return false;
  return segment.payload.empty() || (segment.has(wire::kTcpAck) && !segment.has(wire::kTcpRst));
}

std::uint64_t hash_of(const DomainName& name) {
  return std::hash<std::string_view>{}(name.text());
}

}  // namespace

Engine::Engine(const EngineSettings& settings)
    : ledger_(settings.ledger),
      flows_(settings.hash_key),
      timers_(flows_),
      probe_source_(settings.probe_source) {}

void Engine::verdict(Call& call, bool accept, std::uint32_t mark) {
  DN_CHECK(call.verdict_due, "a packet gets one verdict");
  call.verdict_due = false;
  call.answer = {accept, mark};
}

void Engine::on_packet(const Packet& packet, const Now& now, EffectSink& sink) {
  ++counters_.packets;
  Call call{now, sink, true};
  const auto segment = wire::parse_tcp(packet.ip);
  if (!segment) {
    on_unjudgeable(packet, call);
  } else if (packet.checksum_unverified && !wire::tcp_checksum_valid(packet.ip)) {
    ++counters_.ignored;
  } else {
    on_tcp(packet, *segment, call);
  }
  call.sink.verdict(call.answer);
}

void Engine::write_drop(const wire::PacketSummary& summary, Reason reason, Call& call) {
  if (!summary.ipv6 && summary.src == probe_source_) return;
  ++counters_.strays[static_cast<std::size_t>(reason)];
  if (!log_.write_drop(summary, reason, policy_.get(), call.now, call.sink)) {
    ++counters_.log_lines_suppressed;
  }
}

// UDP, ICMP, IPv6, everything that is not a well-formed TCP/IPv4 packet: logged, never forwarded.
// The kernel rules answer refused UDP with "port unreachable", so that QUIC clients fall back at
// once.
void Engine::on_unjudgeable(const Packet& packet, Call& call) {
  ++counters_.not_tcp;
  const auto summary = wire::summarise_packet(packet.ip);
  if (!summary || !packet.from_inside) return;
  constexpr std::uint8_t kTcp = 6, kUdp = 17;
  if (summary->protocol == kTcp && !summary->ipv6) return;  // broken; its receiver drops it too
  Reason reason = summary->ipv6 ? Reason::ProtoIpv6 : Reason::ProtoNotTcp;
  if (summary->protocol == kUdp) {
    const Reason udp = wire::recognise_udp(summary->payload);
    if (udp == Reason::ProtoQuic) reason = udp;
  }
  write_drop(*summary, reason, call);
  if (summary->protocol == kUdp) verdict(call, true, make_mark(FlowMark::Refused));
}

void Engine::on_tcp(const Packet& packet, const Segment& segment, Call& call) {
  if (segment.has(wire::kTcpSyn)) {
    if (packet.from_inside && !segment.has(wire::kTcpAck)) on_syn(packet, segment, call);
    return;  // a SYN-ACK with payload or odd lengths is ignored
  }
  if (state_of(packet.mark) == FlowMark::Lost) {
    on_lost(packet, segment, call);
    return;
  }
  if (!carries_stream_bytes(segment)) {
    ++counters_.ignored;
    return;
  }
  const std::uint32_t index = find_or_open(packet, segment, call);
  if (index == kNoFlow) return;
  const Flow& flow = flows_.at(index);
  if (flow.stage == Stage::Refused) {
    ++counters_.ignored;
  } else if (flow.stage == Stage::Handed) {
    verdict(call, true, make_mark(FlowMark::Allowed, flow.grant));
  } else if (packet.from_inside) {
    on_client_segment(index, segment, call);
  } else {
    on_server_segment(index, segment, call);
  }
}

// The kernel rules queue a SYN when it carries payload or IP options, goes to a special
// destination, or comes again on a connection that has one. A repetition has the same number;
// another one would make the server and us disagree about where the stream starts.
void Engine::on_syn(const Packet& packet, const Segment& segment, Call& call) {
  Reason reason = Reason::TcpHandshakeAnomaly;
  if (segment.has_forbidden_option) {
    write_drop(summarise(segment), Reason::TcpOptionForbidden, call);
    return;  // its sender takes no answer that is not signed
  }
  if (segment.has_ip_options) {
    reason = Reason::IpOption;
  } else if (!segment.payload.empty()) {
    reason = Reason::TcpSynData;
  } else if (find_special(segment.dst) != nullptr) {
    reason = Reason::DstSpecial;
  } else if (state_of(packet.mark) == FlowMark::Opening) {
    if (payload_of(packet.mark) == (segment.seq & kIsnMask)) {
      pass(call);
    } else {
      ++counters_.ignored;
    }
    return;
  }
  write_drop(summarise(segment), reason, call);
  verdict(call, true, make_mark(FlowMark::Refused));
}

// TCP that belongs to no connection the kernel knows: conntrack was flushed, this gateway took over
// from another, or a client makes it up. The kernel rules answer with a reset, so that an honest
// client connects anew.
void Engine::on_lost(const Packet& packet, const Segment& segment, Call& call) {
  ++counters_.state_lost;
  if (!packet.from_inside) return;
  write_drop(summarise(segment), Reason::StateLost, call);
  verdict(call, true, make_mark(FlowMark::Refused));
}

std::uint32_t Engine::find_or_open(const Packet& packet, const Segment& segment, Call& call) {
  FlowKey key;
  key.client = packet.from_inside ? segment.src : segment.dst;
  key.server = packet.from_inside ? segment.dst : segment.src;
  key.client_port = packet.from_inside ? segment.spt : segment.dpt;
  key.server_port = packet.from_inside ? segment.dpt : segment.spt;
  std::uint32_t index = flows_.find(key);
  if (index != kNoFlow && is_out_of_date(flows_.at(index), packet.mark)) {
    if (flows_.at(index).stage == Stage::Answering) write_answer_line(flows_.at(index), call);
    close(index);
    index = kNoFlow;
  }
  if (index != kNoFlow) return index;
  if (segment.payload.empty()) {
    const FlowMark state = state_of(packet.mark);
    if (state != FlowMark::Owned && state != FlowMark::Revoked) pass(call);
    if (state != FlowMark::Revoked) return kNoFlow;
  }
  index = flows_.insert(key);
  Flow& flow = flows_.at(index);
  flow.deadline = call.now.monotonic + limits::kHelloDeadline;
  const std::uint32_t at = packet.from_inside ? segment.seq : segment.ack;
  if (state_of(packet.mark) == FlowMark::Opening) {
    flow.client_start =
        at - static_cast<std::uint32_t>(offset_from_isn(at, payload_of(packet.mark)));
    arm(index);
    make_room(index, call);
    return flows_.at(index).in_use ? index : kNoFlow;
  }
  // The client's bytes were released by an earlier run of the daemon, and nobody holds the copy any
  // more: tell both sides, so that they begin again.
  flow.client_start = at;
  flow.server_start = packet.from_inside ? segment.ack : segment.seq;
  flow.server_start_known = true;
  flow.tcp.client_ack = flow.server_start;
  if (state_of(packet.mark) == FlowMark::Revoked) {
    // Its lines were written when it was allowed; the config log tells of the removal.
    refuse(index, Side::Client, Reason::None, call);
    make_room(index, call);
    return kNoFlow;
  }
  ++counters_.state_lost;
  refuse(index, packet.from_inside ? Side::Client : Side::Server, Reason::StateLost, call);
  make_room(index, call);
  return kNoFlow;
}

void Engine::close(std::uint32_t index) {
  timers_.cancel(index);
  if (flows_.at(index).stage == Stage::Resolving) stop_waiting(index);
  flows_.erase(index);
}

JudgeContext Engine::judge_context(const Flow& flow, const Now& now) const {
  JudgeContext context;
  context.policy = policy_.get();
  context.ledger = &ledger_;
  context.now = now;
  context.looked_up = flow.questions > 0;
  context.may_wait =
      flow.questions == 0 || now.monotonic < flow.names_since + limits::kResolveDeadline;
  context.may_find_client =
      !flow.client_not_found && (!flow.client_asked || now.monotonic < flow.client_deadline);
  return context;
}

void Engine::on_dns_answer(const DnsAnswer& answer, const Now& now, EffectSink& sink) {
  ledger_.on_answer(answer, now.monotonic);
  Call call{now, sink};
  const std::uint64_t name_hash = hash_of(answer.name);
  // Collected first: rejudge() takes flows out of the list.
  answered_.clear();
  for (Waiting& waiting : waiting_) {
    if (waiting.name_hash != name_hash) continue;
    if (waiting.pending) --flows_.at(waiting.flow).answers_pending;
    waiting.pending = false;
    answered_.push_back(waiting.flow);
  }
  for (const std::uint32_t index : answered_) {
    if (flows_.at(index).stage == Stage::Resolving) rejudge(index, call);
  }
}

void Engine::ask(std::uint32_t index, const DomainName& name, Call& call) {
  const std::uint64_t name_hash = hash_of(name);
  const auto known = std::ranges::find_if(waiting_, [&](const Waiting& waiting) {
    return waiting.flow == index && waiting.name_hash == name_hash;
  });
  if (known == waiting_.end()) {
    waiting_.push_back({name_hash, index, true});
  } else {
    known->pending = true;
  }
  ++flows_.at(index).answers_pending;
  call.sink.ask(name);
}

void Engine::stop_waiting(std::uint32_t index) {
  flows_.at(index).answers_pending = 0;
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.flow == index; });
}

void Engine::on_policy(std::shared_ptr<const policy::PolicySnapshot> policy, const Now& now,
                       EffectSink& sink) {
  policy_ = std::move(policy);
  Call call{now, sink};
  flows_.for_each([&](std::uint32_t index) {
    const Flow& flow = flows_.at(index);
    if (flow.client_asked && flow.stage == Stage::Resolving) rejudge(index, call);
    const bool granted = flow.stage == Stage::ReadingServer || flow.stage == Stage::ServerGood ||
                         flow.stage == Stage::Answering ||
                         (flow.stage == Stage::ReadingClient && flow.after_retry);
    if (!granted) return;
    const policy::ClientPolicy* rules =
        policy_ == nullptr ? nullptr : policy_->find_client(flow.key.client);
    if (rules != nullptr && rules->still_grants(flow.grant, flow.key.server_port)) return;
    refuse(index, Side::Server, Reason::RuleRemoved, call);
  });
}

void Engine::on_client_unknown(Ipv4Address address, const Now& now, EffectSink& sink) {
  Call call{now, sink};
  flows_.for_each_of(address, [&](std::uint32_t index) {
    Flow& flow = flows_.at(index);
    if (!flow.client_asked) return;
    flow.client_not_found = true;
    if (flow.stage == Stage::Resolving) {
      rejudge(index, call);
    } else if (flow.stage == Stage::ReadingClient && !flow.server_first &&
               !flow.client_line_written) {
      may_server_speak_first(index, call);
    }
  });
}

void Engine::on_tick(const Now& now, EffectSink& sink) {
  Call call{now, sink};
  timers_.advance(now.monotonic, [&](std::uint32_t index) { on_timer(index, call); });
  if (now.monotonic >= next_expiry_) {
    next_expiry_ = now.monotonic + limits::kLedgerExpiryInterval;
    ledger_.expire_some(now.monotonic);
  }
}

}  // namespace dn::engine
