// What a compiled policy answers: clients, matches, grants, see-thru, names, and the findings on
// the way. Each part of the compiler has its own test file; here they work together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "policy/policy_snapshot.h"

namespace dn::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Outcome = Finding::Outcome;
using Category = Finding::Category;

constexpr Date day(int year, unsigned month, unsigned d) {
  return {std::chrono::year(year), std::chrono::month(month), std::chrono::day(d)};
}
constexpr Date kToday = day(2026, 11, 22);
constexpr Protocol kTls = Protocol::Tls;
constexpr Protocol kSsh = Protocol::Ssh;
constexpr const char* kArn = "arn:aws:ssm:eu-west-1:123456789012:parameter/egress";

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}
Ipv4Address address(std::string_view text) {
  return parse_ipv4(text).value();
}

const PublicSuffixes& builtin() {
  static const PublicSuffixes list = PublicSuffixes::parse(builtin_public_suffix_list()).value();
  return list;
}

// A policy in the making.
struct Draft {
  PolicyInput input;

  Draft& rule(const std::string& gid, std::string description, Port from = 443, Port to = 443,
              std::string protocol = "tcp") {
    EgressRule rule{.description = std::move(description),
                    .ip_protocol = std::move(protocol),
                    .from_port = from,
                    .to_port = to,
                    .where = "here"};
    for (SecurityGroup& group : input.groups) {
      if (group.gid == gid) {
        group.egress.push_back(std::move(rule));
        return *this;
      }
    }
    input.groups.push_back({.gid = gid, .egress = {std::move(rule)}, .where = "there"});
    return *this;
  }
  Draft& client(std::string_view prefix, std::vector<std::string> gids) {
    input.clients.push_back(
        {.prefix = parse_ipv4_prefix(prefix).value(), .gids = std::move(gids), .where = {}});
    return *this;
  }
  CompiledPolicy compile() const { return compile_policy(input, builtin(), kToday); }
};

// The address "10.0.0.1" with one group.
CompiledPolicy compile_one(std::string description, Port from = 443, Port to = 443,
                           std::string protocol = "tcp") {
  Draft draft;
  draft.rule("sg-a", std::move(description), from, to, std::move(protocol));
  return draft.client("10.0.0.1", {"sg-a"}).compile();
}

const ClientPolicy& policy_of(const CompiledPolicy& compiled, std::string_view client) {
  return *compiled.snapshot->find_client(address(client));
}

std::string rule_of(const std::optional<RuleRef>& rule) {
  return rule ? std::string(rule->gid) + ": " + std::string(rule->addr) : "none";
}

TEST(CompilePolicy, AnEmptyPolicyKnowsNobody) {
  const CompiledPolicy compiled = Draft().compile();
  EXPECT_EQ(compiled.snapshot->find_client(address("10.0.0.1")), nullptr);
  EXPECT_FALSE(compiled.snapshot->is_known_client(address("10.0.0.1")));
  EXPECT_TRUE(compiled.snapshot->exact_names().empty());
  EXPECT_TRUE(compiled.findings.empty());
}

TEST(CompilePolicy, AClientWithoutRulesIsKnownAndAllowedNothing) {
  const CompiledPolicy compiled =
      Draft().rule("sg-a", "web").client("10.0.0.1", {"sg-a"}).compile();
  EXPECT_TRUE(compiled.snapshot->is_known_client(address("10.0.0.1")));
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_EQ(rule_of(client.match_name(kTls, 443, name("a.com"))), "none");
  EXPECT_EQ(client.see_thru(), nullptr);
}

TEST(MatchName, CoversExactlyWhatTheRuleSays) {
  const CompiledPolicy compiled =
      compile_one("discriminat:tls:github.com,*.github.com,api-?.example.com");
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  const struct {
    const char* name;
    const char* want;
  } cases[] = {{"github.com", "sg-a: github.com"}, {"api.github.com", "sg-a: *.github.com"},
               {"a.b.github.com", "none"},         {"api-1.example.com", "sg-a: api-?.example.com"},
               {"api-12.example.com", "none"},     {"example.com", "none"},
               {"github.com.evil.net", "none"}};
  for (const auto& c : cases) {
    EXPECT_EQ(rule_of(client.match_name(kTls, 443, name(c.name))), c.want) << c.name;
    EXPECT_EQ(rule_of(client.match_name(kSsh, 443, name(c.name))), "none") << c.name;
    EXPECT_EQ(rule_of(client.match_name(Protocol::Http, 443, name(c.name))), "none") << c.name;
    EXPECT_EQ(rule_of(client.match_name(kTls, 444, name(c.name))), "none") << c.name;
  }
}

TEST(MatchName, ExactNamesComeBeforePatternsAndSmallGidsFirst) {
  const CompiledPolicy compiled = Draft()
                                      .rule("sg-b", "discriminat:tls:api.github.com")
                                      .rule("sg-a", "discriminat:tls:*.github.com")
                                      .rule("sg-c", "discriminat:tls:api.github.com")
                                      .client("10.0.0.1", {"sg-c", "sg-a", "sg-b"})
                                      .client("10.0.0.2", {"sg-c"})
                                      .client("10.0.0.3", {"sg-a"})
                                      .compile();
  const auto match = [&](const char* client) {
    return rule_of(policy_of(compiled, client).match_name(kTls, 443, name("api.github.com")));
  };
  EXPECT_EQ(match("10.0.0.1"), "sg-b: api.github.com");
  EXPECT_EQ(match("10.0.0.2"), "sg-c: api.github.com");
  EXPECT_EQ(match("10.0.0.3"), "sg-a: *.github.com");
}

TEST(MatchName, IsTheUnionOverTheGroupsOfAClient) {
  const CompiledPolicy compiled = Draft()
                                      .rule("sg-a", "discriminat:tls:a.com", 443)
                                      .rule("sg-a", "discriminat:tls:a.com", 8443, 8443)
                                      .rule("sg-b", "discriminat:ssh:a.com", 22, 22)
                                      .rule("sg-c", "discriminat:tls:c.com")
                                      .client("10.0.0.1", {"sg-a", "sg-b"})
                                      .compile();
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_EQ(rule_of(client.match_name(kTls, 443, name("a.com"))), "sg-a: a.com");
  EXPECT_EQ(rule_of(client.match_name(kTls, 8443, name("a.com"))), "sg-a: a.com");
  EXPECT_EQ(rule_of(client.match_name(kSsh, 22, name("a.com"))), "sg-b: a.com");
  EXPECT_EQ(rule_of(client.match_name(kSsh, 443, name("a.com"))), "none");
  EXPECT_EQ(rule_of(client.match_name(kTls, 443, name("c.com"))), "none");
}

TEST(MatchName, APatternOfAnotherGroupDoesNotHideOne) {
  const CompiledPolicy compiled = Draft()
                                      .rule("sg-a", "discriminat:tls:api*.x.com")
                                      .rule("sg-b", "discriminat:tls:*.x.com", 8443, 8443)
                                      .client("10.0.0.1", {"sg-b"})
                                      .compile();
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_EQ(rule_of(client.match_name(kTls, 8443, name("api.x.com"))), "sg-b: *.x.com");
  EXPECT_EQ(rule_of(client.match_name(kTls, 443, name("api.x.com"))), "none");
}

TEST(MatchName, GivesTheGrantOfTheRule) {
  const CompiledPolicy compiled = compile_one("discriminat:tls:API.github.com");
  const auto rule = policy_of(compiled, "10.0.0.1").match_name(kTls, 443, name("api.github.com"));
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->grant, make_grant("sg-a", "tls", "api.github.com"));
}

TEST(MatchAddress, CoversOneAddressForOneProtocol) {
  const CompiledPolicy compiled = compile_one("discriminat:tls:8.8.8.8,1.2.3.40", 853, 853);
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_EQ(rule_of(client.match_address(kTls, 853, address("8.8.8.8"))), "sg-a: 8.8.8.8");
  EXPECT_EQ(rule_of(client.match_address(kTls, 853, address("1.2.3.40"))), "sg-a: 1.2.3.40");
  EXPECT_EQ(rule_of(client.match_address(kTls, 853, address("1.2.3.4"))), "none");
  EXPECT_EQ(rule_of(client.match_address(kTls, 443, address("8.8.8.8"))), "none");
  EXPECT_EQ(rule_of(client.match_address(kSsh, 853, address("8.8.8.8"))), "none");
  EXPECT_TRUE(client.matches_on_other_port(kTls, 443, address("8.8.8.8")));
  EXPECT_FALSE(client.matches_on_other_port(kTls, 853, address("8.8.8.8")));
  EXPECT_FALSE(client.matches_on_other_port(kSsh, 443, address("8.8.8.8")));
}

TEST(MatchesOnOtherPort, SeesExactNamesAndPatterns) {
  const CompiledPolicy compiled = compile_one("discriminat:tls:a.com,*.b.com", 443, 444);
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_TRUE(client.matches_on_other_port(kTls, 445, name("a.com")));
  EXPECT_TRUE(client.matches_on_other_port(kTls, 22, name("x.b.com")));
  EXPECT_FALSE(client.matches_on_other_port(kTls, 444, name("a.com")));
  EXPECT_FALSE(client.matches_on_other_port(kTls, 22, name("b.com")));
  EXPECT_FALSE(client.matches_on_other_port(kSsh, 22, name("a.com")));
}

TEST(Carrier, BindsToThePortsOfTheRule) {
  const struct {
    const char* protocol;
    Port from;
    Port to;
    Port inside;
    bool covered;
  } cases[] = {{"tcp", 443, 443, 443, true},   {"6", 8000, 8100, 8100, true},
               {"TCP", 443, 443, 443, true},   {"tcp", 8000, 8100, 8101, false},
               {"tcp", 0, 65535, 0, true},     {"-1", 443, 443, 22, true},
               {"all", 0, 0, 65535, true},     {"udp", 443, 443, 443, false},
               {"icmp", 443, 443, 443, false}, {"17", 443, 443, 443, false},
               {"tcp", 444, 443, 443, false}};
  for (const auto& c : cases) {
    const CompiledPolicy compiled = compile_one("discriminat:tls:a.com", c.from, c.to, c.protocol);
    const auto rule = policy_of(compiled, "10.0.0.1").match_name(kTls, c.inside, name("a.com"));
    EXPECT_EQ(rule.has_value(), c.covered) << c.protocol << c.from << "-" << c.to;
  }
}

TEST(Carrier, OtherProtocolsWarnAndHaveNoEffect) {
  const CompiledPolicy compiled = compile_one("discriminat:tls:a.com,b.com", 443, 443, "udp");
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  const Finding& problem = compiled.findings.problems()[0];
  EXPECT_EQ(problem.outcome, Outcome::Warning);
  EXPECT_EQ(problem.addr, "a.com,b.com");
  EXPECT_THAT(problem.reason, HasSubstr("set the protocol of the rule to \"tcp\""));
  EXPECT_EQ(problem.where, "here");
  EXPECT_TRUE(compiled.snapshot->exact_names().empty());
}

TEST(Members, ABadOneNeverCostsItsNeighbours) {
  const CompiledPolicy compiled = compile_one(
      "discriminat:tls:a.com,https://b.com,*.com,,10.0.0.0/8,10.1.2.3,[::1],c.com:443,d.com");
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_TRUE(client.match_name(kTls, 443, name("a.com")));
  EXPECT_TRUE(client.match_name(kTls, 443, name("d.com")));
  EXPECT_FALSE(client.match_name(kTls, 443, name("c.com")));
  EXPECT_FALSE(client.match_name(kTls, 443, name("evil.com")));
  EXPECT_FALSE(client.match_address(kTls, 443, address("10.1.2.3")));
  const auto& problems = compiled.findings.problems();
  ASSERT_EQ(problems.size(), 7U);
  for (const Finding& problem : problems) {
    EXPECT_EQ(problem.outcome, Outcome::Rejected);
    EXPECT_EQ(problem.gid, "sg-a");
    EXPECT_EQ(problem.proto, "tls");
    EXPECT_FALSE(problem.reason.empty());
  }
  EXPECT_EQ(problems[1].category, Category::WildcardAddr);
  EXPECT_EQ(problems[1].reason, "publicsuffix[.]org list matched with `com`");
}

TEST(Members, AWildcardInAnSshRuleWarnsAndHasNoEffect) {
  const CompiledPolicy compiled = compile_one("discriminat:ssh:*.github.com,github.com", 22, 22);
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_FALSE(client.match_name(kSsh, 22, name("api.github.com")));
  EXPECT_TRUE(client.match_name(kSsh, 22, name("github.com")));
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_EQ(compiled.findings.problems()[0].outcome, Outcome::Warning);
  EXPECT_EQ(compiled.findings.problems()[0].category, Category::WildcardAddr);
  EXPECT_THAT(compiled.findings.problems()[0].reason, HasSubstr("SSH carries no host name"));
}

TEST(Members, WildcardsFollowThePreference) {
  Draft draft;
  draft.rule("sg-a", "discriminat:tls:*.com,?.example.com").client("10.0.0.1", {"sg-a"});
  draft.input.preferences.wildcard_exposure = WildcardExposure::Nuclear;
  EXPECT_TRUE(policy_of(draft.compile(), "10.0.0.1").match_name(kTls, 443, name("evil.com")));
  draft.input.preferences.wildcard_exposure = WildcardExposure::None;
  EXPECT_FALSE(policy_of(draft.compile(), "10.0.0.1").match_name(kTls, 443, name("a.example.com")));
}

TEST(Members, AnAnnotationWithoutEffectIsRejectedAsAWhole) {
  const CompiledPolicy compiled = compile_one("discriminat:foo:a.com");
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_EQ(compiled.findings.problems()[0].outcome, Outcome::Rejected);
  EXPECT_EQ(compiled.findings.problems()[0].addr, "discriminat:foo:a.com");
}

TEST(Members, AnotherCaseOfThePrefixWarnsAndHasItsEffect) {
  const CompiledPolicy compiled = compile_one("DiscrimiNAT:TLS:a.com");
  EXPECT_TRUE(policy_of(compiled, "10.0.0.1").match_name(kTls, 443, name("a.com")));
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_EQ(compiled.findings.problems()[0].outcome, Outcome::Warning);
  EXPECT_EQ(compiled.findings.problems()[0].reason,
            "upper case in the prefix; write \"discriminat:tls:\"");
}

TEST(Members, ProblemsOfOneRuleAreBounded) {
  std::string description = "discriminat:tls:good.com";
  for (int i = 0; i < 3000; ++i) description += ",b" + std::to_string(i) + ":1";
  const CompiledPolicy compiled = compile_one(description);
  EXPECT_TRUE(policy_of(compiled, "10.0.0.1").match_name(kTls, 443, name("good.com")));
  const auto& problems = compiled.findings.problems();
  ASSERT_EQ(problems.size(), 1001U);
  EXPECT_EQ(problems.back().category, Category::Self);
  EXPECT_THAT(problems.back().reason, HasSubstr("2000 more rejections"));
}

TEST(Lists, StandForTheirContent) {
  Draft draft;
  draft.rule("sg-a", std::string("discriminat:tls:") + kArn + ",b.com", 8443, 8443)
      .client("10.0.0.1", {"sg-a"});
  draft.input.lists[kArn] = "# ours\na.com\n*.example.com, x:1\n";
  const CompiledPolicy compiled = draft.compile();
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_TRUE(client.match_name(kTls, 8443, name("a.com")));
  EXPECT_TRUE(client.match_name(kTls, 8443, name("b.com")));
  EXPECT_TRUE(client.match_name(kTls, 8443, name("x.example.com")));
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_EQ(compiled.findings.problems()[0].addr, "x:1");
}

TEST(Lists, WarnOrAreRejectedWhenTheyCannotBeRead) {
  const struct {
    const char* content;  // nullptr: never read
    Outcome outcome;
    const char* want;
  } cases[] = {
      {nullptr, Outcome::Warning, "the list has not been read yet"},
      {"# nothing", Outcome::Warning, "the list is empty"},
      {"{}", Outcome::Rejected, "the list is a JSON object"},
      {"[\"a.com\"", Outcome::Rejected, "no JSON array of strings"},
      {"arn:aws:ssm:eu-west-1:1:parameter/x", Outcome::Rejected, "a list cannot name another list"},
  };
  for (const auto& c : cases) {
    Draft draft;
    draft.rule("sg-a", std::string("discriminat:tls:") + kArn + ",b.com")
        .client("10.0.0.1", {"sg-a"});
    if (c.content != nullptr) draft.input.lists[kArn] = c.content;
    const CompiledPolicy compiled = draft.compile();
    EXPECT_TRUE(policy_of(compiled, "10.0.0.1").match_name(kTls, 443, name("b.com")));
    ASSERT_EQ(compiled.findings.problems().size(), 1U) << c.want;
    EXPECT_EQ(compiled.findings.problems()[0].outcome, c.outcome) << c.want;
    EXPECT_THAT(compiled.findings.problems()[0].reason, HasSubstr(c.want));
  }
}

TEST(SeeThru, TheLatestDateWinsAndIgnoresTheCarrier) {
  const CompiledPolicy compiled =
      Draft()
          .rule("sg-b", "discriminat:see-thru:2026-12-24", 53, 53, "udp")
          .rule("sg-b", "discriminat:see-thru:2026-12-1")
          .rule("sg-a", "discriminat:see-thru:2026-12-24")
          .rule("sg-c", "discriminat:see-thru:2026-12-23")
          .client("10.0.0.1", {"sg-c", "sg-b", "sg-a"})
          .client("10.0.0.2", {"sg-c"})
          .compile();
  const SeeThru* see_thru = policy_of(compiled, "10.0.0.1").see_thru();
  ASSERT_NE(see_thru, nullptr);
  EXPECT_EQ(see_thru->until, day(2026, 12, 24));
  EXPECT_EQ(see_thru->gid, "sg-a");
  EXPECT_EQ(see_thru->grant, make_grant("sg-a", "see-thru", ""));
  EXPECT_EQ(policy_of(compiled, "10.0.0.2").see_thru()->gid, "sg-c");
  EXPECT_THAT(compiled.findings.problems(), IsEmpty());
}

TEST(SeeThru, TheDefaultCoversUnknownClientsAndLosesToAGroupAtTheSameDate) {
  Draft draft;
  draft.rule("sg-a", "discriminat:see-thru:2026-12-24")
      .rule("sg-b", "discriminat:see-thru:2026-12-23")
      .client("10.0.0.1", {"sg-a"})
      .client("10.0.0.2", {"sg-b"})
      .client("10.0.0.3", {});
  draft.input.preferences.see_thru = day(2026, 12, 24);
  const CompiledPolicy compiled = draft.compile();
  EXPECT_EQ(policy_of(compiled, "10.0.0.1").see_thru()->gid, "sg-a");
  EXPECT_EQ(policy_of(compiled, "10.0.0.2").see_thru()->gid, "%default");
  EXPECT_EQ(policy_of(compiled, "10.0.0.3").see_thru()->gid, "%default");
  const ClientPolicy* unknown = compiled.snapshot->find_client(address("10.9.9.9"));
  ASSERT_NE(unknown, nullptr);
  EXPECT_EQ(unknown->see_thru()->gid, "%default");
  EXPECT_FALSE(compiled.snapshot->is_known_client(address("10.9.9.9")));
  EXPECT_TRUE(unknown->still_grants(unknown->see_thru()->grant, 443));
}

TEST(SeeThru, APastDateWarnsAndIsCarried) {
  const CompiledPolicy compiled = compile_one("discriminat:see-thru:2026-11-21");
  EXPECT_EQ(policy_of(compiled, "10.0.0.1").see_thru()->until, day(2026, 11, 21));
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_EQ(compiled.findings.problems()[0].category, Category::SeeThru);
  EXPECT_EQ(compiled.findings.problems()[0].outcome, Outcome::Warning);
  EXPECT_EQ(compiled.findings.problems()[0].thru_date, "2026-11-21");
  EXPECT_THAT(compile_one("discriminat:see-thru:2026-11-22").findings.problems(), IsEmpty())
      << "the date is inclusive";
}

TEST(SeeThru, AnImpossibleDateIsRejected) {
  const CompiledPolicy compiled = compile_one("discriminat:see-thru:2026-02-30 soon");
  EXPECT_EQ(policy_of(compiled, "10.0.0.1").see_thru(), nullptr);
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_EQ(compiled.findings.problems()[0].category, Category::SeeThru);
  EXPECT_EQ(compiled.findings.problems()[0].outcome, Outcome::Rejected);
  EXPECT_EQ(compiled.findings.problems()[0].thru_date, "2026-02-30");
}

TEST(Clients, AreFoundByTheLongestPrefix) {
  const CompiledPolicy compiled = Draft()
                                      .rule("sg-a", "discriminat:tls:a.com")
                                      .rule("sg-b", "discriminat:tls:b.com")
                                      .client("10.0.2.0/24", {"sg-a"})
                                      .client("10.0.2.7", {"sg-b"})
                                      .compile();
  EXPECT_TRUE(policy_of(compiled, "10.0.2.1").match_name(kTls, 443, name("a.com")));
  EXPECT_FALSE(policy_of(compiled, "10.0.2.7").match_name(kTls, 443, name("a.com")));
  EXPECT_TRUE(policy_of(compiled, "10.0.2.7").match_name(kTls, 443, name("b.com")));
  EXPECT_EQ(compiled.snapshot->find_client(address("10.0.3.1")), nullptr);
}

TEST(Clients, WithTheSameGroupsShareOnePolicy) {
  const CompiledPolicy compiled = Draft()
                                      .rule("sg-a", "discriminat:tls:a.com")
                                      .rule("sg-b", "discriminat:tls:b.com")
                                      .rule("sg-default", "no annotation")
                                      .client("10.0.0.1", {"sg-a", "sg-b"})
                                      .client("10.0.0.2", {"sg-b", "sg-default", "sg-a", "sg-a"})
                                      .client("10.0.0.3", {"sg-a"})
                                      .compile();
  EXPECT_EQ(&policy_of(compiled, "10.0.0.1"), &policy_of(compiled, "10.0.0.2"));
  EXPECT_NE(&policy_of(compiled, "10.0.0.1"), &policy_of(compiled, "10.0.0.3"));
}

TEST(Clients, AnUnknownGroupWarns) {
  const CompiledPolicy compiled = Draft().client("10.0.0.1", {"sg-x"}).compile();
  EXPECT_TRUE(compiled.snapshot->is_known_client(address("10.0.0.1")));
  ASSERT_EQ(compiled.findings.size(), 1U);
  EXPECT_EQ(compiled.findings[0].category, Category::Client);
  EXPECT_EQ(compiled.findings[0].outcome, Outcome::Warning);
  EXPECT_THAT(compiled.findings[0].reason, HasSubstr("no group with this id is known"));
}

TEST(StillGrants, FollowsTheRuleItsPortsAndTheClient) {
  const auto compile = [](const char* description, Port port) {
    return Draft()
        .rule("sg-a", description, port, port)
        .rule("sg-b", "discriminat:tls:a.com", port, port)
        .client("10.0.0.1", {"sg-a"})
        .client("10.0.0.2", {"sg-b"})
        .compile();
  };
  const CompiledPolicy before = compile("discriminat:tls:a.com,*.b.com", 443);
  const GrantId exact = policy_of(before, "10.0.0.1").match_name(kTls, 443, name("a.com"))->grant;
  const GrantId pattern =
      policy_of(before, "10.0.0.1").match_name(kTls, 443, name("x.b.com"))->grant;
  EXPECT_TRUE(policy_of(before, "10.0.0.1").still_grants(exact, 443));
  EXPECT_TRUE(policy_of(before, "10.0.0.1").still_grants(pattern, 443));
  EXPECT_FALSE(policy_of(before, "10.0.0.2").still_grants(exact, 443)) << "of another group";
  EXPECT_FALSE(policy_of(before, "10.0.0.1").still_grants(0, 443));

  const CompiledPolicy added = compile("discriminat:tls:*.b.com,a.com,c.com", 443);
  EXPECT_TRUE(policy_of(added, "10.0.0.1").still_grants(exact, 443));
  EXPECT_TRUE(policy_of(added, "10.0.0.1").still_grants(pattern, 443));

  const CompiledPolicy moved = compile("discriminat:tls:a.com,*.b.com", 8443);
  EXPECT_FALSE(policy_of(moved, "10.0.0.1").still_grants(exact, 443)) << "on another port";

  const CompiledPolicy removed = compile("discriminat:tls:c.com", 443);
  EXPECT_FALSE(policy_of(removed, "10.0.0.1").still_grants(exact, 443));
  EXPECT_FALSE(policy_of(removed, "10.0.0.1").still_grants(pattern, 443));
}

TEST(StillGrants, KeepsSeeThruWhileItsGroupHasARuleOfAnyDate) {
  const CompiledPolicy before = compile_one("discriminat:see-thru:2026-12-24");
  const GrantId grant = policy_of(before, "10.0.0.1").see_thru()->grant;
  const CompiledPolicy extended = compile_one("discriminat:see-thru:2027-12-24");
  EXPECT_TRUE(policy_of(extended, "10.0.0.1").still_grants(grant, 22));
  const CompiledPolicy removed = compile_one("discriminat:tls:a.com");
  EXPECT_FALSE(policy_of(removed, "10.0.0.1").still_grants(grant, 22));
}

TEST(SshNames, AreThoseOfThePortWithoutAddresses) {
  const CompiledPolicy compiled = Draft()
                                      .rule("sg-a", "discriminat:ssh:a.com,b.com,8.8.8.8", 22, 22)
                                      .rule("sg-a", "discriminat:ssh:c.com", 2222, 2222)
                                      .rule("sg-a", "discriminat:tls:d.com", 22, 22)
                                      .rule("sg-b", "discriminat:ssh:a.com,e.com", 22, 22)
                                      .rule("sg-c", "discriminat:ssh:f.com", 22, 22)
                                      .client("10.0.0.1", {"sg-a", "sg-b"})
                                      .compile();
  const ClientPolicy& client = policy_of(compiled, "10.0.0.1");
  EXPECT_THAT(client.ssh_names(22, 10), ElementsAre(name("a.com"), name("b.com"), name("e.com")));
  EXPECT_THAT(client.ssh_names(22, 2), ElementsAre(name("a.com"), name("b.com")));
  EXPECT_THAT(client.ssh_names(2222, 10), ElementsAre(name("c.com")));
  EXPECT_THAT(client.ssh_names(443, 10), IsEmpty());
}

TEST(ExactNames, AreSortedUniqueAndOfSomeClient) {
  const CompiledPolicy compiled =
      Draft()
          .rule("sg-b", "discriminat:tls:zebra.com,same-head-2.com,same-head-1.com,a.com")
          .rule("sg-a", "discriminat:ssh:a.com,b.com,8.8.8.8", 22, 22)
          .rule("sg-a", "discriminat:tls:*.x.com,b.co")
          .rule("sg-unused", "discriminat:tls:unused.com")
          .client("10.0.0.1", {"sg-a"})
          .client("10.0.0.2", {"sg-b"})
          .compile();
  std::vector<std::string> names;
  for (const std::string_view text : compiled.snapshot->exact_names()) names.emplace_back(text);
  EXPECT_THAT(names, ElementsAre("a.com", "b.co", "b.com", "same-head-1.com", "same-head-2.com",
                                 "zebra.com"));
}

TEST(CompilePolicy, CarriesTheVerbosity) {
  Draft draft;
  EXPECT_EQ(draft.compile().snapshot->verbosity(), FlowLogVerbosity::Full);
  draft.input.preferences.flow_log_verbosity = FlowLogVerbosity::None;
  EXPECT_EQ(draft.compile().snapshot->verbosity(), FlowLogVerbosity::None);
}

TEST(CompilePolicy, TheSnapshotOutlivesItsInputAndFindings) {
  std::shared_ptr<const PolicySnapshot> snapshot;
  {
    const CompiledPolicy compiled = compile_one("discriminat:tls:a.com");
    snapshot = compiled.snapshot;
  }
  const auto rule =
      snapshot->find_client(address("10.0.0.1"))->match_name(kTls, 443, name("a.com"));
  EXPECT_EQ(rule_of(rule), "sg-a: a.com");
}

}  // namespace
}  // namespace dn::policy
