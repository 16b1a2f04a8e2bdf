#include "policy/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/policy_snapshot.h"

namespace dn::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};

const PublicSuffixes& builtin() {
  static const PublicSuffixes list = PublicSuffixes::parse(builtin_public_suffix_list()).value();
  return list;
}

SecurityGroup group(std::string gid, std::vector<std::string> descriptions) {
  SecurityGroup made{.gid = std::move(gid), .egress = {}, .where = "test"};
  for (std::string& description : descriptions) {
    EgressRule rule;
    rule.description = std::move(description);
    made.egress.push_back(std::move(rule));
  }
  return made;
}

Findings findings_of(std::vector<SecurityGroup> groups, std::vector<ClientBinding> clients = {}) {
  PolicyInput input;
  input.groups = std::move(groups);
  input.clients = std::move(clients);
  return compile_policy(input, builtin(), kToday).findings;
}

ClientBinding client(const char* prefix, std::vector<std::string> gids) {
  return {.prefix = parse_ipv4_prefix(prefix).value(), .gids = std::move(gids), .where = {}};
}

std::string summary(const Finding& f) {
  std::string text = std::string(to_text(f.category)) + " " + std::string(to_text(f.outcome));
  if (f.client) text += " " + to_text(*f.client);
  for (const std::string& part : {f.gid, f.addr, f.proto, f.thru_date}) {
    if (!part.empty()) text += " " + part;
  }
  return text;
}

template <class List>
std::vector<std::string> summaries(const List& findings) {
  std::vector<std::string> texts;
  for (const Finding& finding : findings) texts.push_back(summary(finding));
  return texts;
}

TEST(Findings, StandProblemsFirstThenMembersDatesAndClients) {
  const Findings findings = findings_of(
      {group("sg-b", {"discriminat:tls:b.com,*.b.com,*.com", "discriminat:see-thru:2026-12-24"}),
       group("sg-a", {"discriminat:ssh:z.com,8.8.8.8", "discriminat:tls:z.com,a.com"})},
      {client("10.0.0.9", {"sg-b", "sg-a"}), client("10.0.2.0/24", {}),
       client("10.0.0.8", {"sg-x"})});
  EXPECT_THAT(
      summaries(findings),
      ElementsAre("wildcard-addr rejected sg-b *.com tls", "client warning 10.0.0.8/32 sg-x",
                  "addr accepted sg-a z.com tls", "addr accepted sg-a a.com tls",
                  "addr accepted sg-a z.com ssh", "addr accepted sg-a 8.8.8.8 ssh",
                  "addr accepted sg-b b.com tls", "wildcard-addr accepted sg-b *.b.com tls",
                  "see-thru accepted sg-b 2026-12-24", "client accepted 10.0.0.9/32 sg-a",
                  "client accepted 10.0.0.9/32 sg-b", "client accepted 10.0.2.0/24"));
  EXPECT_EQ(findings.size(), 12U);
  EXPECT_EQ(findings.problems().size(), 2U);
  EXPECT_EQ(summary(findings[2]), "addr accepted sg-a z.com tls");
}

TEST(Findings, NoneComesTwice) {
  const Findings findings = findings_of(
      {group("sg-a", {"discriminat:tls:a.com,a.com,A.com.,x:1,x:1", "discriminat:tls:a.com,x:1",
                      "discriminat:see-thru:2026-12-24", "discriminat:see-thru:2026-12-24"}),
       group("sg-a", {"discriminat:tls:a.com"})},
      {client("10.0.0.9", {"sg-a", "sg-a"}), client("10.0.0.9", {"sg-a"})});
  EXPECT_THAT(summaries(findings),
              ElementsAre("addr rejected sg-a x:1 tls", "addr accepted sg-a a.com tls",
                          "see-thru accepted sg-a 2026-12-24", "client accepted 10.0.0.9/32 sg-a"));
}

TEST(Findings, AreEmptyByDefault) {
  EXPECT_TRUE(Findings().empty());
  EXPECT_THAT(summaries(Findings()), IsEmpty());
  EXPECT_THAT(diff_findings(Findings(), Findings()), IsEmpty());
}

TEST(DiffFindings, TellsWhatCameAndWhatWent) {
  const Findings before = findings_of(
      {group("sg-a", {"discriminat:tls:a.com,b.com,*.com", "discriminat:see-thru:2026-12-24"}),
       group("sg-b", {"discriminat:tls:b.com"})},
      {client("10.0.0.1", {"sg-a"}), client("10.0.0.2", {"sg-a"})});
  const Findings after =
      findings_of({group("sg-0", {"discriminat:tls:n.com"}),
                   group("sg-a", {"discriminat:tls:b.com,c.com,x/y", "discriminat:ssh:b.com",
                                  "discriminat:see-thru:2027-1-1"})},
                  {client("10.0.0.1", {"sg-a", "sg-0"})});
  EXPECT_THAT(
      summaries(diff_findings(before, after)),
      UnorderedElementsAre("addr accepted sg-0 n.com tls", "addr accepted sg-a c.com tls",
                           "addr accepted sg-a b.com ssh", "addr rejected sg-a x/y tls",
                           "see-thru accepted sg-a 2027-01-01", "client accepted 10.0.0.1/32 sg-0",
                           "addr removed sg-a a.com tls", "addr removed sg-b b.com tls",
                           "wildcard-addr removed sg-a *.com tls",
                           "see-thru removed sg-a 2026-12-24", "client removed 10.0.0.2/32 sg-a"));
}

TEST(DiffFindings, IsEmptyForTheSamePolicyInAnotherOrder) {
  const Findings one =
      findings_of({group("sg-a", {"discriminat:tls:a.com,b.com", "discriminat:x:"}),
                   group("sg-b", {"discriminat:tls:*.b.com"})},
                  {client("10.0.0.1", {"sg-a", "sg-b"})});
  const Findings two =
      findings_of({group("sg-b", {"discriminat:tls:*.b.com"}),
                   group("sg-a", {"discriminat:x:", "discriminat:tls:b.com,a.com"})},
                  {client("10.0.0.1", {"sg-b", "sg-a"})});
  EXPECT_THAT(summaries(diff_findings(one, two)), IsEmpty());
}

TEST(DiffFindings, ATransientProblemIsToldWhenItComesAndWhenItGoes) {
  const Findings good = findings_of({group("sg-a", {"discriminat:tls:a.com"})});
  const Findings bad = findings_of({group("sg-a", {"discriminat:tls:a.com,b.com:443"})});
  EXPECT_THAT(summaries(diff_findings(good, bad)), ElementsAre("addr rejected sg-a b.com:443 tls"));
  const auto gone = diff_findings(bad, good);
  EXPECT_THAT(summaries(gone), ElementsAre("addr removed sg-a b.com:443 tls"));
  EXPECT_FALSE(gone[0].reason.empty()) << "says which problem went";
}

TEST(Finding, EqualityLeavesThePlaceOut) {
  Finding one;
  Finding two;
  two.where = "elsewhere";
  EXPECT_EQ(one, two);
  two.reason = "another";
  EXPECT_FALSE(one == two);
}

}  // namespace
}  // namespace dn::policy
