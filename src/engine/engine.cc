// Packets and the opening and closing of flows; see engine.h for the theory of operation.
#include "engine/engine.h"

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

bool starts_elsewhere(const Flow& flow, std::uint32_t mark) {
  return state_of(mark) == FlowMark::Opening &&
         payload_of(mark) != ((flow.client_start - 1U) & kIsnMask);
}

}  // namespace

Engine::Engine(const EngineSettings& settings)
    : ledger_(settings.ledger),
      flows_(settings.hash_key),
      timers_(flows_) {}

void Engine::verdict(Call& call, bool accept, std::uint32_t mark) {
  DN_CHECK(call.verdict_due, "a packet gets one verdict");
  call.verdict_due = false;
  call.sink.verdict({accept, mark});
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
  // No answer means no.
  if (call.verdict_due) drop(call);
}

// UDP, ICMP, IPv6, everything that is not a well-formed TCP/IPv4 packet: logged, never forwarded.
// The kernel rules answer refused UDP with "port unreachable", so that QUIC clients fall back at
// once.
void Engine::on_unjudgeable(const Packet& packet, Call& call) {
  ++counters_.not_tcp;
  const auto summary = wire::summarise_packet(packet.ip);
  if (!summary || !packet.from_inside) return;
  constexpr std::uint8_t kUdp = 17;
  Reason reason = summary->ipv6 ? Reason::ProtoIpv6 : Reason::ProtoNotTcp;
  if (summary->protocol == kUdp) {
    const Reason udp = wire::recognise_udp(summary->payload);
    if (udp == Reason::ProtoQuic) reason = udp;
  }
  if (!log_.write_drop(*summary, reason, policy_.get(), call.now, call.sink)) {
    ++counters_.log_lines_suppressed;
  }
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
  const std::uint32_t index = find_or_open(packet, segment, call);
  if (index == kNoFlow) return;
  Flow& flow = flows_.at(index);
  if (flow.stage == Stage::Refused) {
    ++counters_.ignored;
  } else if (flow.stage == Stage::Handed) {
    verdict(call, true, make_mark(FlowMark::Allowed, flow.grant));
  } else if (segment.has_forbidden_option) {
    ++counters_.ignored;  // the server's TCP would discard it, so its bytes are not of the stream
  } else if (segment.has_ip_options) {
    refuse(index, Side::Client, Reason::IpOption, {}, call);
  } else if (packet.from_inside) {
    on_client_segment(index, segment, call);
  } else {
    on_server_segment(index, segment, call);
  }
}

// The kernel rules queue a SYN when it carries payload, goes to a special destination, or comes
// again on a connection that has one. A repetition has the same number; another one would make the
// server and us disagree about where the stream starts.
void Engine::on_syn(const Packet& packet, const Segment& segment, Call& call) {
  if (state_of(packet.mark) == FlowMark::Opening && segment.payload.empty() &&
      find_special(segment.dst) == nullptr) {
    if (payload_of(packet.mark) == (segment.seq & kIsnMask)) {
      pass(call);
    } else {
      ++counters_.ignored;
    }
    return;
  }
  wire::PacketSummary summary;
  summary.protocol = 6;
  summary.src = segment.src;
  summary.dst = segment.dst;
  summary.spt = segment.spt;
  summary.dpt = segment.dpt;
  const Reason reason = segment.payload.empty() || find_special(segment.dst) ? Reason::DstSpecial
                                                                             : Reason::TcpSynData;
  if (!log_.write_drop(summary, reason, policy_.get(), call.now, call.sink)) {
    ++counters_.log_lines_suppressed;
  }
  verdict(call, true, make_mark(FlowMark::Refused));
}

// TCP that belongs to no connection the kernel knows: conntrack was flushed, this gateway took over
// from another, or a client makes it up. The kernel rules answer with a reset, so that an honest
// client connects anew.
void Engine::on_lost(const Packet& packet, const Segment& segment, Call& call) {
  ++counters_.state_lost;
  if (!packet.from_inside) return;
  wire::PacketSummary summary;
  summary.protocol = 6;
  summary.src = segment.src;
  summary.dst = segment.dst;
  summary.spt = segment.spt;
  summary.dpt = segment.dpt;
  if (!log_.write_drop(summary, Reason::StateLost, policy_.get(), call.now, call.sink)) {
    ++counters_.log_lines_suppressed;
  }
  verdict(call, true, make_mark(FlowMark::Refused));
}

std::uint32_t Engine::find_or_open(const Packet& packet, const Segment& segment, Call& call) {
  FlowKey key;
  key.client = packet.from_inside ? segment.src : segment.dst;
  key.server = packet.from_inside ? segment.dst : segment.src;
  key.client_port = packet.from_inside ? segment.spt : segment.dpt;
  key.server_port = packet.from_inside ? segment.dpt : segment.spt;
  std::uint32_t index = flows_.find(key);
  if (index != kNoFlow && starts_elsewhere(flows_.at(index), packet.mark)) {
    close(index);  // the ports are used anew
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
    refuse(index, Side::Client, Reason::None, {}, call);
    return kNoFlow;
  }
  ++counters_.state_lost;
  refuse(index, packet.from_inside ? Side::Client : Side::Server, Reason::StateLost, {}, call);
  return kNoFlow;
}

void Engine::close(std::uint32_t index) {
  timers_.cancel(index);
  std::erase(resolving_, index);
  flows_.erase(index);
}

JudgeContext Engine::judge_context(const Flow& flow, const Now& now) const {
  JudgeContext context;
  context.policy = policy_.get();
  context.ledger = &ledger_;
  context.now = now;
  context.looked_up = flow.questions > 0;
  context.may_wait =
      flow.questions == 0 || now.monotonic < flow.held_since + limits::kResolveDeadline;
  return context;
}

void Engine::on_dns_answer(const DnsAnswer& answer, const Now& now, EffectSink& sink) {
  ledger_.on_answer(answer, now.monotonic);
  Call call{now, sink, false};
  // rejudge() may take flows out of the list.
  const std::vector<std::uint32_t> waiting = resolving_;
  for (const std::uint32_t index : waiting) {
    Flow& flow = flows_.at(index);
    if (flow.stage != Stage::Resolving) continue;
    if (flow.protocol == Protocol::Tls && flow.name != answer.name) continue;
    if (flow.answers_pending > 0) --flow.answers_pending;
    rejudge(index, call);
  }
}

void Engine::on_policy(std::shared_ptr<const policy::PolicySnapshot> policy, const Now& now,
                       EffectSink& sink) {
  policy_ = std::move(policy);
  Call call{now, sink, false};
  flows_.for_each([&](std::uint32_t index) {
    Flow& flow = flows_.at(index);
    if (flow.stage != Stage::ReadingServer && flow.stage != Stage::ServerGood) return;
    const policy::ClientPolicy* rules =
        policy_ == nullptr ? nullptr : policy_->find_client(flow.key.client);
    if (rules != nullptr && rules->still_grants(flow.grant, flow.key.server_port)) return;
    refuse(index, Side::Server, Reason::RuleRemoved, {}, call);
  });
}

void Engine::on_tick(const Now& now, EffectSink& sink) {
  Call call{now, sink, false};
  timers_.advance(now.monotonic, [&](std::uint32_t index) { on_timer(index, call); });
  ledger_.expire_some(now.monotonic);
}

}  // namespace dn::engine
