#include "engine/flow_log.h"

#include <functional>

namespace dn::engine {
namespace {

using policy::FlowLogVerbosity;
using records::FlowRecord;
using records::Outcome;
using records::PacketOrigin;

bool wanted(const policy::PolicySnapshot* policy, Outcome outcome) {
  if (policy == nullptr) return true;
  switch (policy->verbosity()) {
    case FlowLogVerbosity::Full: return true;
    case FlowLogVerbosity::OnlyDisallowed: return outcome == Outcome::Disallowed;
    case FlowLogVerbosity::None: break;
  }
  return false;
}

void add_see_thru(FlowRecord& record, const policy::PolicySnapshot* policy, Ipv4Address client,
                  bool exerted, const Now& now) {
  const SeeThruState state = see_thru_state(policy, client, now);
  if (state.rule == nullptr) return;
  record.see_thru = records::SeeThruFields{state.days_remaining, state.rule->gid, exerted};
}

}  // namespace

void FlowLog::format_reason(std::string& out, Reason reason, std::string_view detail) {
  const ReasonRow& row = row_of(reason);
  out.assign(row.slug);
  out += ": ";
  out += detail.empty() ? row.sentence : detail;
}

void FlowLog::format_rule(std::string& out, const policy::RuleRef& rule, std::string_view word) {
  out.assign(word);
  out += ":";
  out += rule.gid;
  out += ": ";
  out += rule.addr;
}

void FlowLog::write(const Flow& flow, PacketOrigin origin, Outcome outcome, std::string_view text,
                    const ClientFacts* http, const policy::PolicySnapshot* policy, const Now& now,
                    EffectSink& sink) {
  if (!wanted(policy, outcome)) return;
  FlowRecord record;
  record.time = now.wall;
  record.cat = origin;
  record.outcome = outcome;
  record.proto = flow.protocol;
  record.reason = text;
  if (flow.name) record.dhost = flow.name->text();
  const FlowKey& key = flow.key;
  const bool from_client = origin == PacketOrigin::Client;
  record.src = from_client ? key.client : key.server;
  record.dst = from_client ? key.server : key.client;
  record.spt = from_client ? key.client_port : key.server_port;
  record.dpt = from_client ? key.server_port : key.client_port;
  // A server line names the Internet host too, not the client it answers.
  std::string server_text;
  if (!from_client && !flow.name) {
    server_text = to_text(key.server);
    record.dhost = server_text;
  }
  record.evidence = flow.evidence;
  record.ech = from_client && flow.ech;
  if (from_client) {
    record.proto_v = flow.version.data();
    record.pqc = flow.post_quantum;
    if (flow.was_held()) {
      record.held_ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(now.monotonic - flow.held_since)
              .count();
    }
  } else {
    record.proto_v = flow.answer.version.data();
    record.pqc = flow.answer.post_quantum;
    record.http_code = flow.answer.http_code;
  }
  if (from_client && http != nullptr) {
    record.http_method = http->http_method;
    record.http_path = http->http_path;
    record.http_user_agent = http->http_user_agent;
    if (!flow.name && !http->http_host.empty()) record.dhost = http->http_host;
  }
  const bool exerted = outcome == Outcome::Allowed && flow.by_see_thru;
  add_see_thru(record, policy, key.client, exerted, now);
  sink.log(record);
}

bool FlowLog::seen_lately(std::uint64_t hash, MonotonicTime now) {
  Recent& slot = recent_[hash % kRecentDrops];
  if (slot.hash == hash && now < slot.until) return true;
  if (now - window_start_ >= std::chrono::seconds(1)) {
    window_start_ = now;
    window_lines_ = 0;
  }
  if (++window_lines_ > kDropLinesPerSecond) return true;
  slot = {hash, now + std::chrono::minutes(1)};
  return false;
}

bool FlowLog::write_drop(const wire::PacketSummary& packet, Reason reason,
                         const policy::PolicySnapshot* policy, const Now& now, EffectSink& sink) {
  std::uint64_t hash = std::uint64_t{packet.src.value} << 32U | packet.dst.value;
  hash ^= (std::uint64_t{packet.spt} << 32U | std::uint64_t{packet.dpt} << 16U | packet.protocol) *
          0x9E3779B97F4A7C15ULL;
  if (packet.ipv6) {
    hash ^=
        std::hash<std::string>{}(packet.src_text) * 3 ^ std::hash<std::string>{}(packet.dst_text);
  }
  if (!wanted(policy, Outcome::Disallowed) || seen_lately(hash, now.monotonic)) return false;
  FlowRecord record;
  record.time = now.wall;
  record.src = packet.src;
  record.dst = packet.dst;
  record.src_text = packet.src_text;
  record.dst_text = packet.dst_text;
  record.spt = packet.spt;
  record.dpt = packet.dpt;
  record.proto = Protocol::Unknown;
  format_reason(text_, reason);
  record.reason = text_;
  record.evidence = records::Evidence::None;
  if (!packet.ipv6) add_see_thru(record, policy, packet.src, false, now);
  sink.log(record);
  return true;
}

}  // namespace dn::engine
