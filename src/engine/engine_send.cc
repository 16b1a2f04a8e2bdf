// Owned bytes, timers and limits; see engine.h.
#include <algorithm>

#include "base/limits.h"
#include "engine/engine.h"

namespace dn::engine {
namespace {

// Segments of our own in flight towards a server: the initial window of RFC 6928.
constexpr std::size_t kInFlightMax = 10 * kInjectedPayloadMax;

}  // namespace

// Of a packet with client bytes that were judged good. Acknowledgements are queued too where they
// alone tell how far the server has come.
std::uint32_t Engine::mark_of_released(const Flow& flow) {
  const bool watch_acks = flow.owned || flow.protocol == Protocol::Unknown;
  return make_mark(watch_acks ? FlowMark::Owned : FlowMark::ClientGood, flow.grant);
}

void Engine::send_to_server(Flow& flow, std::size_t begin, std::size_t end, Call& call) {
  TcpPacketFields fields = towards_server(flow);
  const std::uint32_t mark = mark_of_released(flow);
  while (begin < end) {
    const std::size_t count = std::min(end - begin, kInjectedPayloadMax);
    fields.seq = flow.client_start + static_cast<std::uint32_t>(begin);
    fields.flags = wire::kTcpAck;
    if (begin + count == end) fields.flags |= wire::kTcpPsh;
    inject(fields, flow.client.prefix().subspan(begin, count), mark, call);
    begin += count;
  }
}

// Owned bytes that have not been sent since the last time-out, as far as a window allows.
void Engine::send_owned(Flow& flow, Call& call) {
  const std::size_t begin = std::max(flow.sent, flow.server_acked);
  const std::size_t end = std::min(flow.released, flow.server_acked + kInFlightMax);
  if (begin >= end) return;
  send_to_server(flow, begin, end, call);
  flow.sent = end;
}

void Engine::acknowledge_for_server(Flow& flow, Call& call) {
  flow.owned = true;
  flow.acked_to_client = flow.client.prefix().size();
  repeat_acknowledgement(flow, call);
}

void Engine::repeat_acknowledgement(const Flow& flow, Call& call) {
  TcpPacketFields fields = towards_client(flow);
  fields.ack = flow.client_start + static_cast<std::uint32_t>(flow.acked_to_client);
  inject(fields, {}, 0, call);
  ++counters_.acknowledged_for_server;
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
    case Stage::Refused: close(index); return;
    // The alert has had its time. Both ends are told, and the kernel that no more comes.
    case Stage::Closing: refuse(index, Side::Server, Reason::None, call); return;
    case Stage::ReadingClient: on_read_timer(index, expired, call); return;
    case Stage::Resolving: on_resolve_timer(index, expired, call); return;
    case Stage::ReadingServer:
    case Stage::ServerGood:
    case Stage::Answering: break;
  }
  if (expired && flow.stage == Stage::Answering) {
    end_answer(index, call);
    return;
  }
  if (expired) {
    const Reason reason = flow.ended == Reason::None ? Reason::ServerTimeout : flow.ended;
    refuse(index, Side::Server, reason, call);
    return;
  }
  if (flow.owned && flow.server_acked < flow.released) {
    flow.resend_after = std::min<Duration>(flow.resend_after * 2, limits::kResendMax);
    flow.next_action = call.now.monotonic + flow.resend_after;
    flow.sent = flow.server_acked;
    send_owned(flow, call);
  }
  arm(index);
}

// The client's bytes do not grow any more, or have taken too long.
void Engine::on_read_timer(std::uint32_t index, bool expired, Call& call) {
  Flow& flow = flows_.at(index);
  if (expired) {
    refuse(index, Side::Client, timeout_reason(flow.protocol, flow.client.has_gap()), call);
    return;
  }
  if (!flow.owned && flow.client.prefix().size() > flow.released) {
    acknowledge_for_server(flow, call);
  }
  flow.next_action = flow.deadline;
  arm(index);
}

void Engine::on_resolve_timer(std::uint32_t index, bool expired, Call& call) {
  Flow& flow = flows_.at(index);
  if (expired) {
    flow.answers_pending = 0;
    rejudge(index, call);
    return;
  }
  ++flow.questions;
  flow.next_action = flow.deadline;
  if (flow.name) ask(index, *flow.name, call);
  arm(index);
}

void Engine::make_room_if_grown(std::uint32_t index, Call& call) {
  if (flows_.recount_bytes(index)) make_room(index, call);
}

// At a limit the oldest flow of whoever uses most goes, not the newcomer's neighbours.
void Engine::make_room(std::uint32_t index, Call& call) {
  const Ipv4Address client = flows_.at(index).key.client;
  for (int evictions = 0; evictions < 4; ++evictions) {
    const std::uint32_t victim = flows_.find_victim(client);
    if (victim == kNoFlow) return;
    ++counters_.evicted;
    const Stage stage = flows_.at(victim).stage;
    if (stage == Stage::Answering && flows_.at(victim).ended != Reason::None) {
      write_answer_line(flows_.at(victim), call);
    } else if (stage != Stage::Handed && stage != Stage::Refused && stage != Stage::Closing) {
      // The packet under judgement belongs to the newcomer; its verdict is still due.
      Call other{call.now, call.sink};
      refuse(victim, Side::Client, Reason::Overload, victim == index ? call : other);
    }
    close(victim);
    if (victim == index) return;
  }
}

}  // namespace dn::engine
