// Tables; then generated connections, where the engine's judge under a policy must say what the
// judge of the replay says from the line that the engine would have logged under another policy.
#include "review/replay_judge.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "engine/flow_log.h"
#include "engine/judge.h"
#include "engine/testing/flow_rig.h"

namespace dn::cli {
namespace {

using namespace engine::testing;
using namespace review;
using engine::DnsStatus;

constexpr Date kToday = std::chrono::year{2026} / 11 / 22;

FlowLine line(std::string_view dhost, std::string_view reason, std::string_view proto = "tls",
              Port port = 443) {
  FlowLine made;
  made.dhost = dhost;
  made.cat = "client";
  made.outcome = reason.starts_with("policy:") ? "allowed" : "disallowed";
  made.src = kClientAddress;
  made.dst = kServerAddress;
  made.dpt = port;
  made.proto = proto;
  made.reason = reason;
  return made;
}

struct Case {
  std::string_view what;
  std::vector<std::string> annotations;
  FlowLine line;
  std::string_view want;  // "policy sg-test: member", "see-thru: slug" or the slug
};

std::string judged(const Case& c, bool crls = false) {
  const auto policy = make_policy(c.annotations);
  const auto flow = read_logged_flow(c.line);
  if (!flow) return "not judged";
  const auto judgement = judge_again(*flow, *policy, crls, kToday);
  const std::string slug(slug_of(judgement.reason));
  if (!judgement.allowed) return slug + (judgement.uncertain ? " ?" : "");
  if (judgement.by_see_thru) return "see-thru: " + slug;
  return std::string(judgement.gid) + ": " + std::string(judgement.addr);
}

const std::string kOpen = "see-thru:2026-11-22";
const std::string kPast = "see-thru:2026-11-21";
const std::vector<Case> kCases = {
    {"still allowed", {"tls:a.test"}, line("a.test", "policy:sg-x: a.test"), "sg-test: a.test"},
    {"rule gone", {"tls:b.test"}, line("a.test", "policy:sg-x: a.test"), "not-allowlisted"},
    {"rule on another port",
     {"8443 tls:a.test"},
     line("a.test", "policy:sg-x: a.test"),
     "port-not-allowed"},
    {"new rule", {"tls:*.b.test"}, line("a.b.test", "not-allowlisted: x"), "sg-test: *.b.test"},
    {"still none", {"tls:b.test"}, line("a.test", "not-allowlisted: x"), "not-allowlisted"},
    {"see-thru of today",
     {kOpen},
     line("a.test", "policy:sg-x: a.test"),
     "see-thru: not-allowlisted"},
    {"see-thru is past", {kPast}, line("a.test", "policy:sg-x: a.test"), "not-allowlisted"},
    {"DNS disagreed", {"tls:a.test"}, line("a.test", "dns-mismatch: x"), "dns-mismatch"},
    {"DNS disagreed, address rule",
     {"tls:203.0.113.7"},
     line("a.test", "dns-mismatch: x"),
     "sg-test: 203.0.113.7"},
    {"DNS disagreed, see-thru",
     {"tls:a.test", kOpen},
     line("a.test", "dns-failed: x"),
     "see-thru: dns-failed"},
    {"DNS disagreed, no rule now", {}, line("a.test", "dns-mismatch: x"), "not-allowlisted"},
    {"no name", {"tls:a.test"}, line("203.0.113.7", "tls-no-sni: x"), "tls-no-sni"},
    {"no name, address rule",
     {"tls:203.0.113.7"},
     line("203.0.113.7", "tls-no-sni: x"),
     "sg-test: 203.0.113.7"},
    {"old version",
     {"tls:a.test"},
     line("a.test", "tls-version-client-too-old: x"),
     "tls-version-client-too-old"},
    {"old version, see-thru",
     {kOpen},
     line("a.test", "tls-version-client-too-old: x"),
     "see-thru: tls-version-client-too-old"},
    {"broken bytes",
     {"tls:a.test", kOpen},
     line("a.test", "tls-hello-malformed: x"),
     "tls-hello-malformed"},
    {"special", {kOpen}, line("169.254.169.254", "dst-special: x", "unknown"), "dst-special"},
    {"UDP", {kOpen}, line("203.0.113.7", "proto-not-tcp: x", "unknown"), "proto-not-tcp"},
    {"ssh by name",
     {"ssh:git.test"},
     line("git.test", "policy:sg-x: git.test", "ssh", 22),
     "sg-test: git.test"},
    {"ssh by address",
     {"ssh:203.0.113.7"},
     line("203.0.113.7", "not-allowlisted: x", "ssh", 22),
     "sg-test: 203.0.113.7"},
    {"ssh, name not known",
     {"ssh:git.test"},
     line("203.0.113.7", "not-allowlisted: x", "ssh", 22),
     "not-allowlisted ?"},
    {"ssh, no rule", {}, line("203.0.113.7", "not-allowlisted: x", "ssh", 22), "not-allowlisted"},
    {"ssh 1",
     {"ssh:git.test", kOpen},
     line("203.0.113.7", "ssh-version-client: x", "ssh"),
     "see-thru: ssh-version-client"},
    {"http", {"tls:a.test"}, line("a.test", "http-not-allowed: x", "http", 80), "http-not-allowed"},
    {"http, see-thru",
     {kOpen},
     line("a.test", "http-host-ip: x", "http", 80),
     "see-thru: http-host-ip"},
    {"server first",
     {kOpen},
     line("203.0.113.7", "proto-server-first: x", "unknown"),
     "see-thru: proto-server-first"},
    {"was no client", {"tls:a.test"}, line("a.test", "client-unknown: x"), "sg-test: a.test"},
    {"unknown protocol, was no client",
     {},
     line("x", "client-unknown: x", "unknown"),
     "proto-unknown"},
    {"a reason of the future", {}, line("a.test", "tls-quantum: x"), "not judged"},
    {"a protocol of the future", {}, line("a.test", "not-allowlisted: x", "quic"), "not judged"},
};

TEST(ReplayJudge, ExchangesThePolicyOnly) {
  for (const Case& c : kCases) EXPECT_EQ(judged(c), c.want) << c.what;
}

TEST(ReplayJudge, KeepsRevocationListsWhereThePolicyAllowsThem) {
  const Case c{"", {"tls:a.test"}, line("crl.test", "policy:sg-x: crl.test", "http", 80), ""};
  EXPECT_EQ(judged(c, true), ": ");
  EXPECT_EQ(judged(c, false), "http-not-allowed");
}

TEST(ReplayJudge, ReadsClientLinesOnly) {
  auto server = line("a.test", "policy:sg-x: a.test");
  server.cat = "server";
  EXPECT_FALSE(read_logged_flow(server));
  auto six = line("a.test", "proto-ipv6: x");
  six.src = "2001:db8::1";
  EXPECT_FALSE(read_logged_flow(six));
  auto unknown = line("a.test", "policy:sg-x: a.test");
  unknown.src = "10.9.9.9";
  const auto flow = read_logged_flow(unknown);
  ASSERT_TRUE(flow);
  EXPECT_EQ(judge_again(*flow, *make_policy({"tls:a.test"}), false, kToday).reason,
            Reason::ClientUnknown);
}

// ---- against the engine -------------------------------------------------------------------------

constexpr std::array kHosts = {"one.test", "two.test", "a.three.test", "moved.test", "gone.test"};

std::vector<std::string> random_annotations(std::mt19937& random) {
  const auto pick = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
  std::vector<std::string> annotations;
  constexpr std::array kMembers = {"one.test",   "two.test",  "*.three.test",
                                   "moved.test", "gone.test", "203.0.113.7"};
  for (unsigned count = pick(5); count > 0; --count) {
    constexpr std::array kPorts = {"", "443 ", "22 "};
    const std::string kind = pick(3) == 0 ? "ssh:" : "tls:";
    const std::string member = kMembers[pick(kMembers.size())];
    if (kind == "ssh:" && member.starts_with('*')) continue;
    annotations.push_back(kPorts[pick(3)] + kind + member);
  }
  if (pick(4) == 0)
    annotations.emplace_back(pick(2) == 0 ? "see-thru:2026-11-22" : "see-thru:2026-11-01");
  return annotations;
}

engine::ClientFacts random_facts(std::mt19937& random) {
  const auto pick = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
  engine::ClientFacts facts;
  switch (pick(8)) {
    case 0:
      facts.protocol = Protocol::Tls;
      facts.flaw = Reason::TlsNoSni;
      return facts;
    case 1:
      facts.protocol = Protocol::Ssh;
      facts.flaw = pick(4) == 0 ? Reason::SshVersionClient : Reason::None;
      return facts;
    case 2:
      facts.protocol = Protocol::Http;
      facts.flaw = Reason::HttpNotAllowed;
      return facts;
    case 3:
      facts.protocol = Protocol::Unknown;
      facts.flaw = Reason::ProtoUnknown;
      return facts;
    default: break;
  }
  facts.protocol = Protocol::Tls;
  facts.name = name(kHosts[pick(kHosts.size())]);
  facts.flaw = pick(6) == 0 ? Reason::TlsVersionClientTooOld : Reason::None;
  return facts;
}

// The client line that the engine writes for a judgement.
FlowLine line_of(const engine::ClientFacts& facts, const engine::Judgement& judgement, Port port) {
  std::string reason;
  const bool allowed = judgement.kind == engine::Judgement::Kind::Allow;
  if (allowed && !judgement.by_see_thru) {
    engine::FlowLog::format_rule(reason, judgement.rule);
  } else {
    engine::FlowLog::format_reason(reason, judgement.reason);
  }
  const auto& known = judgement.ssh_name ? judgement.ssh_name : facts.name;
  FlowLine made =
      line(known ? known->text() : kServerAddress, reason, to_text(facts.protocol), port);
  made.outcome = allowed ? "allowed" : "disallowed";
  if (judgement.by_see_thru) made.see_thru_exerted = true;
  return made;
}

TEST(ReplayJudge, SaysWhatTheEngineWouldHaveSaid) {
  engine::DnsLedger ledger;
  const Now now{MonotonicTime(1h), kStartOfTest, true};
  for (const std::string_view host : kHosts) {
    engine::DnsAnswer answer{name(host), DnsStatus::Answered, {}, {}, false};
    answer.addresses.push_back({ip(host == "moved.test" ? "203.0.113.99" : kServerAddress), 60s});
    if (host == "gone.test") answer = {name(host), DnsStatus::NoName, {}, {}, false};
    ledger.on_answer(answer, now.monotonic);
  }
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 4000; ++seed) {
    std::mt19937 random(seed);
    const auto before = make_policy(random_annotations(random));
    const auto candidate = make_policy(random_annotations(random));
    const auto facts = random_facts(random);
    const Port port = random() % 3 == 0 ? 22 : 443;
    engine::JudgeContext context{.policy = before.get(),
                                 .ledger = &ledger,
                                 .now = now,
                                 .looked_up = true,
                                 .may_wait = false};
    const auto old = engine::judge(facts, ip(kClientAddress), {ip(kServerAddress), port}, context);
    context.policy = candidate.get();
    const auto want = engine::judge(facts, ip(kClientAddress), {ip(kServerAddress), port}, context);
    const auto flow = read_logged_flow(line_of(facts, old, port));
    ASSERT_TRUE(flow);
    EXPECT_EQ(flow->allowed, old.kind == engine::Judgement::Kind::Allow);
    const auto told = judge_again(*flow, *candidate, false, kToday);
    // What nobody had looked up is taken to agree.
    const bool dns_was_told = old.reason == Reason::DnsMismatch || old.reason == Reason::DnsFailed;
    const bool name_lies =
        facts.name && (facts.name->text() == "moved.test" || facts.name->text() == "gone.test");
    if (name_lies && facts.flaw == Reason::None && !dns_was_told) continue;
    // The log does not know which names an SSH destination has besides the one that was allowed.
    const bool ssh =
        flow->protocol == Protocol::Ssh && !flow->reason && told.reason != Reason::None;
    if (told.uncertain || ssh) continue;
    ++compared;
    EXPECT_EQ(told.allowed, want.kind == engine::Judgement::Kind::Allow) << seed;
    EXPECT_EQ(told.by_see_thru, want.by_see_thru) << seed;
    if (facts.protocol != Protocol::Ssh) {
      EXPECT_EQ(told.reason, want.reason) << seed;
    }
  }
  EXPECT_GT(compared, 3000U);
}

}  // namespace
}  // namespace dn::cli
