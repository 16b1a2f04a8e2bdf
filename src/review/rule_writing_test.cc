// Properties: every description fits and parses, every name stands in one rule, rules of a port
// have destinations of their own, and a compiled policy of them allows exactly the chosen names.
#include "review/rule_writing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "policy/annotation.h"
#include "policy/policy_snapshot.h"
#include "policy/public_suffixes.h"

namespace dn::review {
namespace {

NameOnPort on(std::string_view name, Port port = 443, Protocol protocol = Protocol::Tls) {
  return {port, protocol, std::string(name)};
}

TEST(RuleWriting, NumbersDestinationsLevelByLevel) {
  const std::vector<std::string> want = {"0.0.0.0/0",   "0.0.0.0/1",  "128.0.0.0/1",
                                         "0.0.0.0/2",   "64.0.0.0/2", "128.0.0.0/2",
                                         "192.0.0.0/2", "0.0.0.0/3",  "32.0.0.0/3"};
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(to_text(destination_of(i)), want[i]);
  std::set<Ipv4Prefix> seen;
  for (std::size_t i = 0; i < 5000; ++i) {
    const Ipv4Prefix prefix = destination_of(i);
    EXPECT_EQ(parse_ipv4_prefix(to_text(prefix)), prefix);
    EXPECT_TRUE(seen.insert(prefix).second) << i;
  }
}

TEST(RuleWriting, SortsJoinsAndDropsRepetitions) {
  const auto written =
      write_rules({on("b.example"), on("a.example"), on("b.example"), on("a.example", 8443),
                   on("git.example", 22, Protocol::Ssh), on("a.example", 22)},
                  {});
  ASSERT_EQ(written.rules.size(), 4U);
  EXPECT_EQ(written.rules[0].description, "discriminat:tls:a.example");
  EXPECT_EQ(to_text(written.rules[0].destination), "0.0.0.0/0");
  EXPECT_EQ(written.rules[1].description, "discriminat:ssh:git.example");
  EXPECT_EQ(written.rules[1].port, 22);
  // Both are TCP on port 22: the same destination would be a duplicate.
  EXPECT_EQ(to_text(written.rules[1].destination), "0.0.0.0/1");
  EXPECT_EQ(written.rules[2].description, "discriminat:tls:a.example,b.example");
  EXPECT_EQ(to_text(written.rules[2].destination), "0.0.0.0/0");
  EXPECT_EQ(written.rules[3].port, 8443);
}

TEST(RuleWriting, FillsADescriptionToItsLastCharacter) {
  // 16 characters of prefix, then names with commas: exactly 255.
  const std::string label(60, 'a');
  const std::string name = label + "." + label + ".example.com";  // 133 characters
  const std::string rest = std::string(255 - 16 - 133 - 1 - 4, 'b').insert(50, ".");
  const auto fits = write_rules({on(name), on(rest + ".co")}, {});
  ASSERT_EQ(fits.rules.size(), 1U);
  EXPECT_EQ(fits.rules[0].description.size(), 255U);
  const auto beyond = write_rules({on(name), on(rest + "b.co")}, {});
  EXPECT_EQ(beyond.rules.size(), 2U);
  // The longest name of all has no room at all.
  std::string longest = label + "." + label + "." + label + "." + label + ".";
  longest += std::string(253 - longest.size(), 'c');
  const auto none = write_rules({on(longest), on("a.example")}, {});
  ASSERT_EQ(none.too_long.size(), 1U);
  EXPECT_EQ(none.too_long[0].name, longest);
  EXPECT_EQ(none.rules.size(), 1U);
}

TEST(RuleWriting, StepsAroundDestinationsThatAreTaken) {
  UsedDestinations used = {{443, {}}, {443, *parse_ipv4_prefix("128.0.0.0/1")}, {22, {}}};
  std::vector<NameOnPort> names;
  for (int i = 0; i < 60; ++i) names.push_back(on("some-name-" + std::to_string(i) + ".example"));
  const auto written = write_rules(names, used);
  ASSERT_GT(written.rules.size(), 3U);
  EXPECT_EQ(to_text(written.rules[0].destination), "0.0.0.0/1");
  EXPECT_EQ(to_text(written.rules[1].destination), "0.0.0.0/2");
}

// Names as hosts really have them, from a seed.
std::vector<NameOnPort> random_names(std::mt19937& random) {
  const auto pick = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
  std::vector<NameOnPort> names;
  for (unsigned count = 1 + pick(200); count > 0; --count) {
    std::string name;
    for (unsigned labels = 1 + pick(4); labels > 0; --labels) {
      const unsigned size = 1 + pick(pick(10) == 0 ? 55 : 12);
      for (unsigned i = 0; i < size; ++i) {
        constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
        name += kLetters[pick(i == 0 || i + 1 == size ? 36 : kLetters.size())];
      }
      name += '.';
    }
    name += pick(2) == 0 ? "example.com" : "test.co.uk";
    constexpr std::array<Port, 3> kPorts = {443, 8443, 22};
    const Port port = kPorts[pick(3)];
    names.push_back(on(name, port, port == 22 && pick(2) == 0 ? Protocol::Ssh : Protocol::Tls));
  }
  return names;
}

std::shared_ptr<const policy::PolicySnapshot> compile(const WrittenRules& written,
                                                      const policy::PublicSuffixes& suffixes) {
  policy::PolicyInput input;
  policy::SecurityGroup group{.gid = "sg-1", .egress = {}, .where = {}};
  for (const WrittenRule& rule : written.rules) {
    group.egress.push_back({.description = rule.description,
                            .ip_protocol = "tcp",
                            .from_port = rule.port,
                            .to_port = rule.port,
                            .where = {}});
  }
  input.groups.push_back(group);
  input.clients.push_back({.prefix = {{0x0a000001}, 32}, .gids = {"sg-1"}, .where = {}});
  const auto compiled =
      policy::compile_policy(std::move(input), suffixes, std::chrono::year{2026} / 11 / 22);
  for (const auto& finding : compiled.findings) {
    EXPECT_NE(finding.outcome, policy::Finding::Outcome::Rejected) << finding.reason;
    EXPECT_NE(finding.outcome, policy::Finding::Outcome::Warning) << finding.reason;
  }
  return compiled.snapshot;
}

TEST(RuleWriting, AllowsExactlyTheChosenNames) {
  const auto suffixes = policy::PublicSuffixes::parse(policy::builtin_public_suffix_list());
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. _-:/()#,@[]+=&;{}!$*";
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto names = random_names(random);
    const auto written = write_rules(names, {});
    std::set<std::pair<Port, Ipv4Prefix>> destinations;
    std::map<Port, std::vector<Ipv4Prefix>> by_port;
    std::multiset<NameOnPort> said;
    for (const WrittenRule& rule : written.rules) {
      EXPECT_LE(rule.description.size(), kDescriptionBytesMax);
      EXPECT_EQ(rule.description.find_first_not_of(kAllowed), std::string::npos);
      EXPECT_TRUE(destinations.emplace(rule.port, rule.destination).second);
      by_port[rule.port].push_back(rule.destination);
      const auto annotation = policy::parse_annotation(rule.description);
      ASSERT_TRUE(annotation && *annotation) << rule.description;
      EXPECT_FALSE((*annotation)->suspicious_case);
      policy::MemberReader members((*annotation)->list);
      while (const auto member = members.next()) said.insert(on(*member, rule.port, rule.protocol));
    }
    const std::set<NameOnPort> wanted(names.begin(), names.end());
    EXPECT_TRUE(std::ranges::equal(said, wanted));
    // AWS lets a packet out when some destination holds its address.
    for (const auto& [port, prefixes] : by_port) {
      EXPECT_TRUE(std::ranges::any_of(prefixes, [](Ipv4Prefix p) { return p.length == 0; }));
    }
    const auto policy = compile(written, *suffixes);
    const policy::ClientPolicy* client = policy->find_client({0x0a000001});
    for (const Protocol protocol : {Protocol::Tls, Protocol::Ssh}) {
      for (const Port port : {Port{443}, Port{8443}, Port{22}, Port{80}}) {
        for (const NameOnPort& name : names) {
          const bool want = wanted.contains({port, protocol, name.name});
          EXPECT_EQ(client->match_name(protocol, port, *DomainName::parse(name.name)).has_value(),
                    want);
          const auto below = DomainName::parse("x." + name.name);
          if (below && !wanted.contains({port, protocol, std::string(below->text())})) {
            EXPECT_FALSE(client->match_name(protocol, port, *below));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace dn::review
