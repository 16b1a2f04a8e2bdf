// Engine: decides what every queued packet may do.
//
// Theory of operation. The kernel forwards decided connections by their conntrack mark and queues
// the packets with payload of undecided ones, both directions. Per connection the engine goes
// through
//
//   Reading client ─► (Resolving, held) ─► Reading server ─► Server good ─► Handed over
//         │                 │                    │
//         └── malformed, refused, not verified, too old, time-out ──► Refused
//
// and a HelloRetryRequest leads from reading the server back to reading the client. A connection
// for one HTTP request is never handed over: from a good answer on it is Answering, server bytes
// pass one by one, and the first client byte behind the judged request ends it.
//
// What is parsed is what is sent. Held packets are dropped and their bytes kept; after the verdict
// the engine sends its copy (or lets the packet that completed the message pass, when that one
// holds nothing that was not judged). Client bytes are compared with the copy whenever they come
// again, until the server has acknowledged all of them: a decoy that the server never takes (low
// TTL, stale ACK, old timestamp) cannot be replaced by other bytes later. Only a server packet that
// acknowledges every released byte hands the connection to the kernel.
//
// Holding must not deadlock. A hello larger than the sender's window never completes while nothing
// is acknowledged. When a gap-free beginning has not grown for limits::kStallBeforeAck, the engine
// acknowledges it in the server's name and from then on owns its delivery: after the verdict it
// re-sends until the server has acknowledged it.
//
// One connection, one truth: a client line when the client is judged, and at most one server line,
// which waits for the handover or the refusal. A packet of a connection that was handed over or
// refused a moment ago finds its flow as a straggler; the mark tells it from a later connection.
//
// Resolving waits for the gateway's own look-ups: of the client, where it is unknown and the source
// of the policy can look for one, then of the name. The first ends with a new policy, with the news
// that there is none, or at its bound.
//
// Limits and time-outs: base/limits.h. Attacks considered: threat-model.md. No clock, no socket, no
// thread: time comes with each call, effects leave through the sink. One engine per packet queue,
// used by one thread. Covered by engine_test.cc, engine_delivery_test.cc, engine_evasion_test.cc,
// allocation_test.cc, fuzz/engine_fuzz.cc.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "base/time.h"
#include "engine/decisions.h"
#include "engine/dns_ledger.h"
#include "engine/effects.h"
#include "engine/flow_log.h"
#include "engine/flow_table.h"
#include "engine/judge.h"
#include "engine/mark.h"
#include "engine/tcp_packet.h"
#include "engine/timer_wheel.h"
#include "policy/policy_snapshot.h"
#include "wire/ip.h"

namespace dn::engine {

struct EngineSettings {
  std::uint64_t hash_key = 0;  // random, per process
  LedgerSettings ledger = {};
  // The gateway's own probe. Its packets are judged like others, but no line and no counter of
  // drops tells of them: it is no client.
  std::optional<Ipv4Address> probe_source = {};
};

// Counted since the start; read by the thread that owns the engine.
struct EngineCounters {
  std::uint64_t packets = 0;
  Decisions decisions;
  // Packets outside any judged connection that were dropped or refused, by reason.
  std::array<std::uint64_t, static_cast<std::size_t>(Reason::Count_)> strays{};
  Histogram handshake{kHandshakeBounds};  // from the client's first bytes to the hand-over
  Histogram held{kHandshakeBounds};       // what waited for look-ups, as held_ms of its line
  std::uint64_t handed_over = 0;
  std::uint64_t injected = 0, acknowledged_for_server = 0;
  std::uint64_t resolved_on_demand = 0, clients_asked = 0;
  std::uint64_t not_tcp = 0, state_lost = 0, ignored = 0;
  std::uint64_t evicted = 0;
  std::uint64_t log_lines_suppressed = 0;  // rate limit of repeated drops
};

class Engine {
 public:
  explicit Engine(const EngineSettings& settings);

  void on_packet(const Packet& packet, const Now& now, EffectSink& sink);
  void on_dns_answer(const DnsAnswer& answer, const Now& now, EffectSink& sink);
  // Also ends connections that are being judged under a rule that is gone.
  void on_policy(std::shared_ptr<const policy::PolicySnapshot> policy, const Now& now,
                 EffectSink& sink);
  // The look-up of EffectSink::ask_client() found nothing. (What it finds comes as a policy.)
  void on_client_unknown(Ipv4Address address, const Now& now, EffectSink& sink);
  // To be called at least every 10 ms while has_timers(), else once a second.
  void on_tick(const Now& now, EffectSink& sink);

  bool has_timers() const { return !timers_.empty(); }
  const EngineCounters& counters() const { return counters_; }
  std::size_t flows() const { return flows_.size(); }
  std::size_t held_bytes() const { return flows_.held_bytes(); }
  DnsLedger& ledger() { return ledger_; }

 private:
  using Segment = wire::TcpSegment;
  enum class Side : std::uint8_t { Client, Server };

  // One call of an on_… function. `verdict_due`: a packet is under judgement and undecided; its
  // verdict leaves last, after every injection of the call. No answer means no.
  struct Call {
    const Now& now;
    EffectSink& sink;
    bool verdict_due = false;
    Verdict answer = {};
  };
  // A flow that waits for the answer to a question about a name.
  struct Waiting {
    std::uint64_t name_hash = 0;
    std::uint32_t flow = kNoFlow;
    bool pending = true;
  };
  enum class ServerState : std::uint8_t { NeedMore, Good, Retry, Over, Refused };

  // engine.cc: packets and flows
  void on_tcp(const Packet& packet, const Segment& segment, Call& call);
  void on_unjudgeable(const Packet& packet, Call& call);
  void on_syn(const Packet& packet, const Segment& segment, Call& call);
  void on_lost(const Packet& packet, const Segment& segment, Call& call);
  std::uint32_t find_or_open(const Packet& packet, const Segment& segment, Call& call);
  void close(std::uint32_t index);
  void verdict(Call& call, bool accept, std::uint32_t mark);
  void drop(Call& call) { verdict(call, false, 0); }
  void pass(Call& call) { verdict(call, true, make_mark(FlowMark::PassOnce)); }
  void write_drop(const wire::PacketSummary& summary, Reason reason, Call& call);

  // engine_client.cc
  void on_client_segment(std::uint32_t index, const Segment& segment, Call& call);
  void on_client_payload(std::uint32_t index, const Segment& segment, Call& call);
  void read_client_bytes(std::uint32_t index, const Segment* segment, Call& call);
  void judge_flow(std::uint32_t index, const ClientFacts& facts, const Segment* segment,
                  Call& call);
  void rejudge(std::uint32_t index, Call& call);
  void hold(std::uint32_t index, Call& call);
  void resolve(std::uint32_t index, const Judgement& judgement, Call& call);
  void find_client(std::uint32_t index, Call& call);
  void ask(std::uint32_t index, const DomainName& name, Call& call);
  void stop_waiting(std::uint32_t index);
  void allow(std::uint32_t index, const ClientFacts& facts, const Judgement& judgement,
             const Segment* segment, Call& call);
  void release(std::uint32_t index, const Segment* segment, Call& call);
  void pass_more(std::uint32_t index, const Segment& segment, Call& call);

  // engine_server.cc
  void on_server_segment(std::uint32_t index, const Segment& segment, Call& call);
  void on_server_payload(std::uint32_t index, const Segment& segment, Call& call);
  void on_server_first(std::uint32_t index, const Segment& segment, Call& call);
  bool may_server_speak_first(std::uint32_t index, Call& call);
  void let_other_server_speak(std::uint32_t index, std::size_t end, Call& call);
  bool refuse_server_conflict(std::uint32_t index, StreamPrefix::Insert inserted, Side side,
                              Call& call);
  ServerState read_server_bytes(std::uint32_t index, ByteSpan bytes, Call& call);
  void await_second_hello(std::uint32_t index, std::size_t consumed, Call& call);
  void note_server_ack(std::uint32_t index, const Segment& segment, Call& call);
  void hand_over_or_pass(std::uint32_t index, std::size_t end, Call& call);
  void hand_over(std::uint32_t index, Call& call);
  void pass_answer(std::uint32_t index, std::size_t end, Call& call);
  void write_answer_line(Flow& flow, Call& call);
  void end_answer(std::uint32_t index, Call& call);
  // Forwards a server packet and notes how far the client's view of the server stream reaches.
  void pass_server(Flow& flow, std::size_t end, Call& call);

  // engine_refuse.cc: the lines of a connection, its end
  void write_client_line(Flow& flow, records::Outcome outcome, Reason reason, std::string_view text,
                         const ClientFacts* http, Call& call);
  void write_server_line(Flow& flow, records::Outcome outcome, Reason reason, std::string_view text,
                         Call& call);
  void write_refusal(Flow& flow, Side side, Reason reason, Call& call);
  void refuse(std::uint32_t index, Side side, Reason reason, Call& call);
  void end_both_sides(Flow& flow, std::string_view farewell, Call& call);
  void inject(const TcpPacketFields& fields, ByteSpan payload, std::uint32_t mark, Call& call);

  // engine_send.cc: owned bytes, timers, limits
  void acknowledge_for_server(Flow& flow, Call& call);
  void repeat_acknowledgement(const Flow& flow, Call& call);
  static std::uint32_t mark_of_released(const Flow& flow);
  void send_to_server(Flow& flow, std::size_t begin, std::size_t end, Call& call);
  void send_owned(Flow& flow, Call& call);
  void arm(std::uint32_t index);
  void on_timer(std::uint32_t index, Call& call);
  void on_read_timer(std::uint32_t index, bool expired, Call& call);
  void on_resolve_timer(std::uint32_t index, bool expired, Call& call);
  void make_room(std::uint32_t index, Call& call);
  void make_room_if_grown(std::uint32_t index, Call& call);
  void note_end(std::uint32_t index, Reason reason, Call& call);
  JudgeContext judge_context(const Flow& flow, const Now& now) const;

  std::shared_ptr<const policy::PolicySnapshot> policy_;
  DnsLedger ledger_;
  FlowTable flows_;
  TimerWheel<FlowTable> timers_;
  FlowLog log_;
  std::optional<Ipv4Address> probe_source_;
  wire::HandshakeScratch scratch_;
  MonotonicTime next_expiry_;  // of the ledger
  std::vector<Waiting> waiting_;
  std::vector<std::uint32_t> answered_;  // on_dns_answer's own
  EngineCounters counters_;
};

}  // namespace dn::engine
