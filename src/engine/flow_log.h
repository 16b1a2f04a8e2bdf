// FlowLog: turns decisions into flow records, and keeps repeated drops from flooding the log.
//
// Connections that are judged get exactly one client line and at most one server line, whatever
// happens on the wire. Packets outside any judged connection (UDP, IPv6, lost state) are logged
// once per addresses, ports and protocol in a minute, and at most kDropLinesPerSecond in all; what
// was left out is counted. Covered by flow_log_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/reason.h"
#include "base/time.h"
#include "engine/effects.h"
#include "engine/flow_table.h"
#include "engine/judge.h"
#include "policy/policy_snapshot.h"
#include "wire/ip.h"

namespace dn::engine {

class FlowLog {
 public:
  // "slug: sentence" or "slug: detail".
  static void format_reason(std::string& out, Reason reason, std::string_view detail = {});
  // "policy:<gid>: <addr>", or with another first word.
  static void format_rule(std::string& out, const policy::RuleRef& rule,
                          std::string_view word = "policy");

  // A client or server line of a judged connection; `text` is the reason as logged. `http`: the
  // request's facts, for a client line; may be null.
  void write(const Flow& flow, records::PacketOrigin origin, records::Outcome outcome,
             std::string_view text, const ClientFacts* http, const policy::PolicySnapshot* policy,
             const Now& now, EffectSink& sink);

  // A dropped packet outside any judged connection. False when it was suppressed.
  bool write_drop(const wire::PacketSummary& packet, Reason reason,
                  const policy::PolicySnapshot* policy, const Now& now, EffectSink& sink);

 private:
  static constexpr std::size_t kRecentDrops = 8192;
  static constexpr unsigned kDropLinesPerSecond = 50;
  bool seen_lately(std::uint64_t hash, MonotonicTime now);

  struct Recent {
    std::uint64_t hash = 0;
    MonotonicTime until;
  };
  std::array<Recent, kRecentDrops> recent_{};
  MonotonicTime window_start_;
  unsigned window_lines_ = 0;
  std::string text_;
};

}  // namespace dn::engine
