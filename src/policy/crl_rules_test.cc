// Which revocation lists a policy allows to whom, and whose certificates it wants to be read.
#include "policy/crl_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dn::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};

// sg-a and sg-b have a client each, sg-c has none.
struct Draft {
  PolicyInput input;

  Draft() {
    input.preferences.x509_crls = X509Crls::Allow;
    for (const char* gid : {"sg-a", "sg-b", "sg-c"}) {
      input.groups.push_back({.gid = gid, .egress = {}, .where = {}});
    }
    input.clients.push_back({.prefix = {{0x0a000001}, 32}, .gids = {"sg-a"}, .where = {}});
    input.clients.push_back({.prefix = {{0x0a000002}, 32}, .gids = {"sg-b"}, .where = {}});
  }
  Draft& rule(std::size_t group, std::string members, Port from = 443, Port to = 443) {
    EgressRule rule;
    rule.description = "discriminat:" + std::move(members);
    rule.from_port = from;
    rule.to_port = to;
    input.groups[group].egress.push_back(std::move(rule));
    return *this;
  }
  Draft& crl(const std::string& host, Port port, std::vector<std::string_view> uris) {
    HostCrls crls{.name = host, .port = port, .crls = {}};
    for (const auto uri : uris) crls.crls.push_back(parse_http_uri(uri).value());
    input.crls.push_back(std::move(crls));
    return *this;
  }
  CompiledPolicy compile() const {
    static const auto suffixes = PublicSuffixes::parse("test\n").value();
    return compile_policy(input, suffixes, kToday);
  }
};

// "sg-a: api.test" or "none"
std::string match(const CompiledPolicy& compiled, std::uint32_t client, std::string_view uri) {
  const auto wanted = parse_http_uri(uri).value();
  const auto rule =
      compiled.snapshot->find_client({client})->match_crl(wanted.host, wanted.port, wanted.path);
  return rule ? std::string(rule->gid) + ": " + std::string(rule->addr) : "none";
}

constexpr std::uint32_t kA = 0x0a000001, kB = 0x0a000002;

TEST(CrlRules, BelongToTheGroupsThatNameTheHost) {
  const auto compiled = Draft()
                            .rule(0, "tls:api.test,other.test")
                            .rule(1, "tls:second.test")
                            .crl("api.test", 443, {"http://crl.test/a", "http://crl.test/b"})
                            .crl("second.test", 443, {"http://crl.test/b"})
                            .compile();
  EXPECT_EQ(match(compiled, kA, "http://crl.test/a"), "sg-a: api.test");
  EXPECT_EQ(match(compiled, kA, "http://crl.test/b"), "sg-a: api.test");
  EXPECT_EQ(match(compiled, kB, "http://crl.test/a"), "none");
  EXPECT_EQ(match(compiled, kB, "http://crl.test/b"), "sg-b: second.test");
  EXPECT_EQ(match(compiled, kB, "http://crl.test:81/b"), "none");
  const ClientPolicy& b = *compiled.snapshot->find_client({kB});
  EXPECT_TRUE(b.has_crls_at(DomainName::parse("crl.test").value(), 80));
  EXPECT_FALSE(b.has_crls_at(DomainName::parse("crl.test").value(), 443));
}

TEST(CrlRules, CountOnlyForTlsRulesOnThatPort) {
  const auto compiled = Draft()
                            .rule(0, "tls:api.test", 8443, 8443)
                            .rule(0, "ssh:ssh.test", 22, 22)
                            .rule(1, "tls:api.test", 1, 65535)
                            .crl("api.test", 443, {"http://crl.test/443"})
                            .crl("api.test", 8443, {"http://crl.test/8443"})
                            .crl("ssh.test", 22, {"http://crl.test/ssh"})
                            .crl("gone.test", 443, {"http://crl.test/gone"})
                            .compile();
  EXPECT_EQ(match(compiled, kA, "http://crl.test/443"), "none");
  EXPECT_EQ(match(compiled, kA, "http://crl.test/8443"), "sg-a: api.test");
  EXPECT_EQ(match(compiled, kA, "http://crl.test/ssh"), "none");
  EXPECT_EQ(match(compiled, kA, "http://crl.test/gone"), "none");
  EXPECT_EQ(match(compiled, kB, "http://crl.test/443"), "sg-b: api.test");
}

TEST(CrlRules, HaveNoEffectWithoutThePreference) {
  Draft draft;
  draft.rule(0, "tls:api.test").crl("api.test", 443, {"http://crl.test/a"});
  draft.input.preferences.x509_crls = X509Crls::Ignore;
  const auto compiled = draft.compile();
  EXPECT_EQ(match(compiled, kA, "http://crl.test/a"), "none");
  EXPECT_THAT(compiled.tls_hosts, IsEmpty());
  EXPECT_EQ(compiled.snapshot->exact_names().size(), 1U);
}

TEST(CrlRules, HaveTheirHostsLookedUpAheadOfNeed) {
  const auto compiled = Draft()
                            .rule(0, "tls:api.test,crl.test,*.wild.test,192.0.2.7")
                            .rule(2, "tls:idle.test,only-crl.test")
                            .crl("api.test", 443,
                                 {"http://crl.test/a", "http://a.only-crl.test/1",
                                  "http://a.only-crl.test/2", "http://only-crl.test/1"})
                            .crl("idle.test", 443, {"http://nobody.test/"})
                            .compile();
  std::vector<std::string> names;
  for (const auto name : compiled.snapshot->exact_names()) names.emplace_back(name);
  EXPECT_THAT(names, ElementsAre("a.only-crl.test", "api.test", "crl.test", "only-crl.test"));
}

TEST(CrlRules, AreGrantedUntilTheirRuleOrTheListGoes) {
  Draft draft;
  draft.rule(0, "tls:api.test").crl("api.test", 443, {"http://crl.test/a"});
  const auto compiled = draft.compile();
  const auto rule = compiled.snapshot->find_client({kA})->match_crl(
      DomainName::parse("crl.test").value(), 80, "/a");
  ASSERT_TRUE(rule);
  const auto granted = [&](const CompiledPolicy& policy, std::uint32_t client) {
    return policy.snapshot->find_client({client})->still_grants(rule->grant, 80);
  };
  EXPECT_TRUE(granted(compiled, kA));
  EXPECT_FALSE(granted(compiled, kB));
  draft.input.crls.clear();
  EXPECT_FALSE(granted(draft.compile(), kA));
  draft.crl("api.test", 443, {"http://crl.test/a"});
  EXPECT_TRUE(granted(draft.compile(), kA));
  draft.input.groups[0].egress.clear();
  draft.rule(0, "tls:another.test");
  EXPECT_FALSE(granted(draft.compile(), kA));
}

TEST(CrlRules, AreLinesOfTheConfigLog) {
  Draft draft;
  draft.rule(0, "tls:api.test").rule(1, "tls:api.test");
  const auto before = draft.compile();
  draft.crl("api.test", 443, {"http://crl.test/a?n=1", "http://crl.test:8080/b"});
  const auto after = draft.compile();
  const auto lines = [](const Findings& from, const Findings& to) {
    std::vector<std::string> texts;
    for (const Finding& f : diff_findings(from, to)) {
      texts.push_back(std::string(to_text(f.category)) + " " + std::string(to_text(f.outcome)) +
                      " " + f.gid + " " + f.proto + " " + f.addr + " " + f.http_path);
    }
    return texts;
  };
  EXPECT_THAT(lines(before.findings, after.findings),
              ElementsAre("addr accepted sg-a http crl.test /a?n=1",
                          "addr accepted sg-a http crl.test:8080 /b",
                          "addr accepted sg-b http crl.test /a?n=1",
                          "addr accepted sg-b http crl.test:8080 /b"));
  draft.input.groups[0].egress.clear();
  EXPECT_THAT(
      lines(after.findings, draft.compile().findings),
      ElementsAre("addr removed sg-a tls api.test ", "addr removed sg-a http crl.test /a?n=1",
                  "addr removed sg-a http crl.test:8080 /b"));
  EXPECT_EQ(after.findings.size(), before.findings.size() + 4);
  EXPECT_EQ(after.findings[after.findings.size() - 3].http_path, "/b");
}

TEST(CrlRules, AreBounded) {
  Draft draft;
  draft.rule(0, "tls:api.test");
  HostCrls crls{.name = "api.test", .port = 443, .crls = {}};
  for (std::size_t i = 0; i < kCrlRulesMax + 2; ++i) {
    crls.crls.push_back(parse_http_uri("http://crl.test/" + std::to_string(i)).value());
  }
  draft.input.crls.push_back(std::move(crls));
  const auto compiled = draft.compile();
  EXPECT_EQ(match(compiled, kA, "http://crl.test/" + std::to_string(kCrlRulesMax - 1)),
            "sg-a: api.test");
  EXPECT_EQ(match(compiled, kA, "http://crl.test/" + std::to_string(kCrlRulesMax)), "none");
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_THAT(compiled.findings.problems()[0].reason, HasSubstr("2 have no effect"));
}

TEST(TlsHosts, AreTheExactNamesWithAPortEach) {
  const auto compiled = Draft()
                            .rule(0, "tls:b.test,a.test,*.wild.test,192.0.2.7")
                            .rule(0, "tls:a.test,all.test", 1, 65535)
                            .rule(1, "tls:a.test,mail.test", 465, 465)
                            .rule(1, "tls:range.test", 8000, 9000)
                            .rule(1, "tls:zero.test", 0, 10)
                            .rule(1, "ssh:ssh.test", 22, 22)
                            .rule(2, "tls:idle.test")
                            .compile();
  std::vector<std::string> texts;
  for (const TlsHost& host : compiled.tls_hosts) {
    texts.push_back(host.name + ":" + std::to_string(host.port));
  }
  EXPECT_THAT(texts, ElementsAre("a.test:443", "a.test:465", "all.test:443", "b.test:443",
                                 "mail.test:465", "range.test:8000", "zero.test:1"));
}

TEST(TlsHosts, AreBounded) {
  Draft draft;
  for (Port port = 1000; port < 1010; ++port) draft.rule(0, "tls:many.test", port, port);
  EXPECT_EQ(draft.compile().tls_hosts.size(), kTlsPortsPerNameMax);
  std::string members;
  for (std::size_t i = 0; i < kTlsHostsMax; ++i) {
    const std::string name = "n" + std::to_string(i) + ".test";
    if (members.size() + name.size() > 60'000) {
      draft.rule(1, "tls:" + members);
      members.clear();
    }
    members += (members.empty() ? "" : ",") + name;
  }
  draft.rule(1, "tls:" + members);
  const auto compiled = draft.compile();
  EXPECT_EQ(compiled.tls_hosts.size(), kTlsHostsMax);
  ASSERT_EQ(compiled.findings.problems().size(), 1U);
  EXPECT_THAT(compiled.findings.problems()[0].reason, HasSubstr("those of 4 more are not"));
}

}  // namespace
}  // namespace dn::policy
