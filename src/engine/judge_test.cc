// Tables: facts × policy × ledger → kind, reason, evidence, see-thru.
#include "engine/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/flow_rig.h"

namespace dn::engine {

void PrintTo(Judgement::Kind kind, std::ostream* out) {
  constexpr const char* kNames[] = {"Allow", "Refuse", "Resolve"};
  *out << kNames[static_cast<std::size_t>(kind)];
}

namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = Judgement::Kind;
using records::Evidence;

const Ipv4Address kClient = ip(kClientAddress);
const Ipv4Address kServer = ip(kServerAddress);

ClientFacts tls(std::string_view host, Reason flaw = Reason::None) {
  ClientFacts facts;
  facts.protocol = Protocol::Tls;
  if (!host.empty()) facts.name = name(host);
  facts.version = "1.3";
  facts.flaw = host.empty() ? Reason::TlsNoSni : flaw;
  return facts;
}
ClientFacts ssh(Reason flaw = Reason::None) {
  ClientFacts facts;
  facts.protocol = Protocol::Ssh;
  facts.flaw = flaw;
  return facts;
}
ClientFacts other(Protocol protocol, Reason flaw) {
  ClientFacts facts;
  facts.protocol = protocol;
  facts.flaw = flaw;
  return facts;
}

struct Case {
  std::string_view what;
  ClientFacts facts;
  Kind kind;
  Reason reason = Reason::None;
  Evidence evidence = Evidence::None;
  std::string_view rule = "";
  Port port = 443;
};

// What the ledger knows: "fresh.test" has the server's address, "moved.test" another one,
// "inside.test" a private one, "gone.test" none, "broken.test" fails.
struct JudgeTest : ::testing::Test {
  JudgeTest() {
    context.now = {MonotonicTime(1h), kStartOfTest, true};
    add("fresh.test", DnsStatus::Answered, kServerAddress);
    add("moved.test", DnsStatus::Answered, "203.0.113.99");
    add("inside.test", DnsStatus::Answered, "10.1.1.1");
    add("gone.test", DnsStatus::NoName);
    add("broken.test", DnsStatus::Failed);
    context.ledger = &ledger;
  }
  void add(std::string_view host, DnsStatus status, std::string_view address = "") {
    DnsAnswer answer{name(host), status, {}, {}, false};
    if (!address.empty()) answer.addresses.push_back({ip(address), 60s});
    ledger.on_answer(answer, context.now.monotonic);
  }
  void use(const std::vector<std::string>& annotations) {
    policy = make_policy(annotations);
    context.policy = policy.get();
  }
  Judgement judged(const ClientFacts& facts, Port port = 443, Ipv4Address client = kClient) {
    return judge(facts, client, {kServer, port}, context);
  }

  void expect_judgements(const std::vector<Case>& cases) {
    for (const Case& test : cases) {
      const Judgement judgement = judged(test.facts, test.port);
      EXPECT_EQ(judgement.kind, test.kind) << test.what;
      EXPECT_EQ(slug_of(judgement.reason), slug_of(test.reason)) << test.what;
      EXPECT_EQ(judgement.evidence, test.evidence) << test.what;
      EXPECT_EQ(judgement.rule.addr, test.rule) << test.what;
      EXPECT_EQ(judgement.grant != 0, test.kind == Kind::Allow) << test.what;
      EXPECT_FALSE(judgement.by_see_thru);
      EXPECT_THAT(judgement.ask, IsEmpty()) << test.what;
    }
  }

  DnsLedger ledger;
  std::shared_ptr<const policy::PolicySnapshot> policy;
  JudgeContext context;
};

TEST_F(JudgeTest, DecidesByRulesThenByTheLedger) {
  use({"443 tls:fresh.test,moved.test,inside.test,gone.test,broken.test,unknown.test,*.wild.test",
       "8443 tls:other.test", "22 ssh:fresh.test"});
  context.may_wait = false;
  using R = Reason;
  const std::vector<Case> cases = {
      {"known", tls("fresh.test"), Kind::Allow, R::None, Evidence::Dns, "fresh.test"},
      {"another address", tls("moved.test"), Kind::Refuse, R::DnsMismatch},
      {"private", tls("inside.test"), Kind::Refuse, R::DnsPrivateAddress},
      {"no such name", tls("gone.test"), Kind::Refuse, R::DnsFailed},
      {"failing", tls("broken.test"), Kind::Refuse, R::DnsFailed},
      {"never looked up", tls("unknown.test"), Kind::Refuse, R::DnsNotReady},
      {"pattern", tls("a.wild.test"), Kind::Refuse, R::DnsNotReady},
      {"pattern covers one label", tls("a.b.wild.test"), Kind::Refuse, R::NotAllowlisted},
      {"not listed", tls("evil.test"), Kind::Refuse, R::NotAllowlisted},
      {"another port", tls("other.test"), Kind::Refuse, R::PortNotAllowed},
      {"listed name on another port", tls("fresh.test"), Kind::Refuse, R::PortNotAllowed,
       Evidence::None, "", 8443},
      {"no name", tls(""), Kind::Refuse, R::TlsNoSni},
      {"too old", tls("fresh.test", R::TlsVersionClientTooOld), Kind::Refuse,
       R::TlsVersionClientTooOld},
      {"ssh", ssh(), Kind::Allow, R::None, Evidence::Dns, "fresh.test", 22},
      {"ssh on another port", ssh(), Kind::Refuse, R::PortNotAllowed, Evidence::None, "", 443},
      {"old ssh", ssh(R::SshVersionClient), Kind::Refuse, R::SshVersionClient, Evidence::None, "",
       22},
      {"http", other(Protocol::Http, R::HttpNotAllowed), Kind::Refuse, R::HttpNotAllowed},
      {"unknown", other(Protocol::Unknown, R::ProtoTunnel), Kind::Refuse, R::ProtoTunnel},
  };
  expect_judgements(cases);
}

ClientFacts http(std::string_view method, std::string_view host, std::string_view target,
                 std::string_view port = "", bool body = false) {
  ClientFacts facts = other(Protocol::Http, Reason::HttpNotAllowed);
  if (!host.empty()) facts.name = name(host);
  facts.http_method = method;
  facts.http_target = target;
  facts.http_path = target.substr(target.rfind("/"));
  facts.http_port = port;
  facts.http_has_body = body;
  return facts;
}

TEST_F(JudgeTest, ARevocationListMayBeFetchedFromExactlyItsPlace) {
  use({"443 tls:api.test", "80 tls:other.test", "crl:api.test http://fresh.test/A.crl?n=1",
       "crl:api.test http://fresh.test:81/b.crl", "crl:api.test http://moved.test/c.crl",
       "crl:no-rule.test http://fresh.test/d.crl"});
  context.may_wait = false;
  using R = Reason;
  const auto allowed = [](std::string_view what, const ClientFacts& facts, Port port = 80) {
    return Case{what, facts, Kind::Allow, R::None, Evidence::Dns, "api.test", port};
  };
  const auto refused = [](std::string_view what, const ClientFacts& facts, Reason reason,
                          Port port = 80) {
    return Case{what, facts, Kind::Refuse, reason, Evidence::None, "", port};
  };
  expect_judgements({
      allowed("GET", http("GET", "fresh.test", "/A.crl?n=1")),
      allowed("HEAD", http("HEAD", "fresh.test", "/A.crl?n=1")),
      allowed("port in Host", http("GET", "fresh.test", "/A.crl?n=1", "80")),
      allowed("another port", http("GET", "fresh.test", "/b.crl"), 81),
      allowed("another port in Host", http("GET", "fresh.test", "/b.crl", "81"), 81),
      refused("POST", http("POST", "fresh.test", "/A.crl?n=1"), R::HttpMethod),
      refused("OPTIONS", http("OPTIONS", "fresh.test", "/A.crl?n=1"), R::HttpMethod),
      refused("lower case", http("get", "fresh.test", "/A.crl?n=1"), R::HttpMethod),
      refused("body", http("GET", "fresh.test", "/A.crl?n=1", "", true), R::HttpBody),
      refused("no query", http("GET", "fresh.test", "/A.crl"), R::HttpPath),
      refused("other query", http("GET", "fresh.test", "/A.crl?n=2"), R::HttpPath),
      refused("longer", http("GET", "fresh.test", "/A.crl?n=1&x"), R::HttpPath),
      refused("other case", http("GET", "fresh.test", "/a.crl?n=1"), R::HttpPath),
      refused("dots", http("GET", "fresh.test", "/x/../A.crl?n=1"), R::HttpPath),
      refused("slashes", http("GET", "fresh.test", "//A.crl?n=1"), R::HttpPath),
      refused("escapes", http("GET", "fresh.test", "/%41.crl?n=1"), R::HttpPath),
      refused("fragment", http("GET", "fresh.test", "/A.crl?n=1#a"), R::HttpPath),
      refused("absolute", http("GET", "fresh.test", "http://fresh.test/A.crl?n=1"), R::HttpPath),
      refused("path of the other port", http("GET", "fresh.test", "/b.crl"), R::HttpPath),
      refused("list of no rule", http("GET", "fresh.test", "/d.crl"), R::HttpPath),
      refused("Host names another port", http("GET", "fresh.test", "/A.crl?n=1", "81"),
              R::HttpNotAllowed),
      refused("odd port", http("GET", "fresh.test", "/A.crl?n=1", "65616"), R::HttpNotAllowed),
      refused("other host", http("GET", "api.test", "/A.crl?n=1"), R::HttpNotAllowed),
      refused("host below", http("GET", "a.fresh.test", "/A.crl?n=1"), R::HttpNotAllowed),
      refused("host of a tls rule", http("GET", "other.test", "/A.crl?n=1"), R::HttpNotAllowed),
      refused("no host", http("GET", "", "/A.crl?n=1"), R::HttpNotAllowed),
      refused("port 443", http("GET", "fresh.test", "/A.crl?n=1"), R::HttpNotAllowed, 443),
      refused("wrong address", http("GET", "moved.test", "/c.crl"), R::DnsMismatch),
  });
  ClientFacts upgrade = http("GET", "fresh.test", "/A.crl?n=1");
  upgrade.flaw = R::HttpUpgrade;
  expect_judgements({refused("upgrade", upgrade, R::HttpUpgrade)});
}

TEST_F(JudgeTest, AListIsForOneRequestUnlessSeeThruIsInForce) {
  const std::vector<std::string> rules = {"443 tls:api.test",
                                          "crl:api.test http://fresh.test/a.crl",
                                          "crl:api.test http://moved.test/b.crl"};
  const ClientFacts facts = http("GET", "fresh.test", "/a.crl");
  use(rules);
  const Judgement alone = judged(facts, 80);
  EXPECT_TRUE(alone.crl);
  EXPECT_TRUE(alone.one_request);
  EXPECT_EQ(alone.grant, policy::make_grant("sg-test", "x509-crl", "http://fresh.test/a.crl"));
  const Judgement held = judged(http("GET", "moved.test", "/b.crl"), 80);
  EXPECT_EQ(held.kind, Kind::Resolve);
  EXPECT_EQ(held.ask, std::vector{name("moved.test")});
  EXPECT_FALSE(held.crl);
  std::vector<std::string> more = rules;
  more.emplace_back("see-thru:2026-11-22");
  use(more);
  const Judgement see_thru = judged(facts, 80);
  EXPECT_TRUE(see_thru.crl);
  EXPECT_FALSE(see_thru.one_request);
  EXPECT_FALSE(see_thru.by_see_thru);
  EXPECT_EQ(see_thru.grant, policy::make_grant("sg-test", "see-thru", ""));
  context.now.wall_trusted = false;
  EXPECT_TRUE(judged(facts, 80).one_request);
}

TEST_F(JudgeTest, AnAddressRuleNeedsNoName) {
  use({"443 tls:fresh.test", "9000 tls:203.0.113.7"});
  using R = Reason;
  expect_judgements({
      {"address rule", tls("whatever.test"), Kind::Allow, R::None, Evidence::AddressRule,
       "203.0.113.7", 9000},
      {"address rule without a name", tls(""), Kind::Allow, R::None, Evidence::AddressRule,
       "203.0.113.7", 9000},
      {"address on another port", tls("evil.test"), Kind::Refuse, R::PortNotAllowed, Evidence::None,
       "", 9001},
      {"too old at an allowed address", tls("x.test", R::TlsVersionClientTooOld), Kind::Refuse,
       R::TlsVersionClientTooOld, Evidence::None, "", 9000},
  });
}

TEST_F(JudgeTest, WaitsOnlyForNamesThatARuleMatched) {
  use({"443 tls:fresh.test,moved.test,broken.test,*.wild.test", "22 ssh:moved.test,gone.test"});
  const std::vector<std::pair<std::string_view, bool>> names = {
      {"fresh.test", false}, {"moved.test", true}, {"broken.test", true},   {"a.wild.test", true},
      {"evil.test", false},  {"wild.test", false}, {"a.b.wild.test", false}};
  for (const auto& [host, waits] : names) {
    const Judgement judgement = judged(tls(host));
    EXPECT_EQ(judgement.kind == Kind::Resolve, waits) << host;
    EXPECT_EQ(judgement.ask, waits ? std::vector{name(host)} : std::vector<DomainName>()) << host;
  }
  EXPECT_THAT(judged(ssh(), 22).ask, SizeIs(2));
  EXPECT_THAT(judged(ssh(), 443).ask, IsEmpty());
  EXPECT_THAT(judged(other(Protocol::Http, Reason::HttpNotAllowed)).ask, IsEmpty());
}

TEST_F(JudgeTest, SaysWhenTheAnswerIsFresh) {
  use({"tls:fresh.test", "22 ssh:fresh.test"});
  context.looked_up = true;
  EXPECT_EQ(judged(tls("fresh.test")).evidence, Evidence::DnsFresh);
  const Judgement by_ssh = judged(ssh(), 22);
  EXPECT_EQ(by_ssh.evidence, Evidence::DnsFresh);
  EXPECT_EQ(by_ssh.ssh_name, name("fresh.test"));
}

TEST_F(JudgeTest, RefusesWithoutPolicyAndStrangers) {
  EXPECT_EQ(judged(tls("fresh.test")).reason, Reason::PolicyMissing);
  EXPECT_EQ(judge_server_first(kClient, {kServer, 22}, context).reason, Reason::PolicyMissing);
  use({"tls:fresh.test", "see-thru:2099-01-01"});
  const Judgement stranger = judged(tls("fresh.test"), 443, ip("10.9.9.9"));
  EXPECT_EQ(stranger.kind, Kind::Refuse);
  EXPECT_EQ(stranger.reason, Reason::ClientUnknown);
  EXPECT_EQ(judge_server_first(ip("10.9.9.9"), {kServer, 22}, context).reason,
            Reason::ClientUnknown);
}

TEST_F(JudgeTest, AStrangerIsLookedForWhereOneMayBeFound) {
  const Ipv4Address stranger = ip("10.9.9.9");
  policy::PolicyInput input = make_input({"tls:fresh.test", "see-thru:2099-01-01"});
  input.clients_may_be_found = true;
  policy = compile(input);
  context.policy = policy.get();
  EXPECT_EQ(judged(tls("fresh.test"), 443, stranger).kind, Kind::Refuse);  // waited long enough
  context.may_find_client = true;
  const Judgement held = judged(tls("fresh.test"), 443, stranger);
  EXPECT_EQ(held.kind, Kind::Resolve);
  EXPECT_TRUE(held.find_client);
  EXPECT_THAT(held.ask, IsEmpty());
  EXPECT_TRUE(judge_server_first(stranger, {kServer, 22}, context).find_client);
  EXPECT_EQ(judged(tls("fresh.test")).kind, Kind::Allow);
  use({"tls:fresh.test"});  // a source that finds none
  EXPECT_EQ(judged(tls("fresh.test"), 443, stranger).kind, Kind::Refuse);
}

TEST_F(JudgeTest, SeeThruOverrulesEveryRefusalOfPolicyAndKeepsTheReason) {
  use({"443 tls:fresh.test,moved.test", "see-thru:2026-11-22"});
  context.may_wait = false;
  const std::vector<std::pair<ClientFacts, Reason>> cases = {
      {tls("evil.test"), Reason::NotAllowlisted},
      {tls("moved.test"), Reason::DnsMismatch},
      {tls(""), Reason::TlsNoSni},
      {tls("fresh.test", Reason::TlsVersionClientTooOld), Reason::TlsVersionClientTooOld},
      {ssh(), Reason::NotAllowlisted},
      {other(Protocol::Http, Reason::HttpNotAllowed), Reason::HttpNotAllowed},
      {other(Protocol::Unknown, Reason::StarttlsSmtp), Reason::StarttlsSmtp},
  };
  for (const auto& [facts, reason] : cases) {
    const Judgement judgement = judged(facts);
    EXPECT_EQ(judgement.kind, Kind::Allow) << slug_of(reason);
    EXPECT_EQ(judgement.reason, reason);
    EXPECT_TRUE(judgement.by_see_thru);
    EXPECT_NE(judgement.grant, 0U);
    EXPECT_EQ(judgement.evidence, Evidence::None);
  }
  const Judgement by_rule = judged(tls("fresh.test"));
  EXPECT_FALSE(by_rule.by_see_thru);
  EXPECT_EQ(by_rule.rule.addr, "fresh.test");
}

TEST_F(JudgeTest, SeeThruIsInForceUntilTheEndOfItsDayByATrustedClock) {
  using namespace std::chrono;
  const struct {
    std::string_view date;
    WallTime wall;
    bool trusted, active;
    int days;
  } cases[] = {
      {"2026-11-22", WallTime{sys_days{2026y / 11 / 22}}, true, true, 0},
      {"2026-11-22", WallTime{sys_days{2026y / 11 / 22}} + 24h - 1ms, true, true, 0},
      {"2026-11-22", WallTime{sys_days{2026y / 11 / 23}}, true, false, 0},
      {"2026-11-22", WallTime{sys_days{2027y / 1 / 1}}, true, false, 0},
      {"2026-11-25", WallTime{sys_days{2026y / 11 / 22}}, true, true, 3},
      {"2026-11-25", WallTime{sys_days{2026y / 11 / 22}}, false, false, 3},
      {"2028-02-29", WallTime{sys_days{2028y / 2 / 28}}, true, true, 1},
      {"2026-11-25", WallTime{}, false, false, 20782},
  };
  for (const auto& test : cases) {
    use({"see-thru:" + std::string(test.date)});
    const Now now{MonotonicTime{}, test.wall, test.trusted};
    const SeeThruState state = see_thru_state(policy.get(), kClient, now);
    ASSERT_NE(state.rule, nullptr);
    EXPECT_EQ(state.active, test.active) << test.date << " " << test.days;
    EXPECT_EQ(state.days_remaining, test.days);
  }
  EXPECT_EQ(see_thru_state(policy.get(), ip("10.9.9.9"), context.now).rule, nullptr);
  EXPECT_EQ(see_thru_state(nullptr, kClient, context.now).rule, nullptr);
}

TEST_F(JudgeTest, TheDefaultSeeThruCoversStrangersToo) {
  policy::Preferences preferences;
  preferences.see_thru = std::chrono::year(2026) / std::chrono::December / 24;
  policy = make_policy({"tls:fresh.test"}, preferences);
  context.policy = policy.get();
  const Judgement stranger = judged(tls("evil.test"), 443, ip("10.9.9.9"));
  EXPECT_EQ(stranger.kind, Kind::Allow);
  EXPECT_TRUE(stranger.by_see_thru);
  EXPECT_EQ(stranger.reason, Reason::ClientUnknown);
  const Judgement known = judged(tls("evil.test"));
  EXPECT_TRUE(known.by_see_thru);
  EXPECT_EQ(known.reason, Reason::NotAllowlisted);
}

TEST_F(JudgeTest, AServerMaySpeakFirstOnlyWhereAnSshRuleHoldsItsAddress) {
  use({"22 ssh:fresh.test", "2222 ssh:moved.test", "443 tls:fresh.test"});
  const Judgement covered = judge_server_first(kClient, {kServer, 22}, context);
  EXPECT_EQ(covered.kind, Kind::Allow);
  EXPECT_EQ(covered.ssh_name, name("fresh.test"));
  const Judgement elsewhere = judge_server_first(kClient, {kServer, 443}, context);
  EXPECT_EQ(elsewhere.kind, Kind::Refuse);
  EXPECT_EQ(elsewhere.reason, Reason::ProtoServerFirst);
  EXPECT_THAT(elsewhere.ask, IsEmpty());
  EXPECT_EQ(judge_server_first(kClient, {kServer, 2222}, context).kind, Kind::Resolve);
  context.may_wait = false;
  EXPECT_EQ(judge_server_first(kClient, {kServer, 2222}, context).reason, Reason::ProtoServerFirst);
}

TEST_F(JudgeTest, AsksAboutABoundedNumberOfSshNames) {
  std::string rule = "22 ssh:n0.test";
  for (int i = 1; i < 100; ++i) rule += ",n" + std::to_string(i) + ".test";
  use({rule});
  const Judgement judgement = judged(ssh(), 22);
  EXPECT_EQ(judgement.kind, Kind::Resolve);
  EXPECT_THAT(judgement.ask, SizeIs(32));
}

}  // namespace
}  // namespace dn::engine
