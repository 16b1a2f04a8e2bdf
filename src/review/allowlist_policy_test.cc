// What a given policy has already: by its groups, by its clients, and its destinations at AWS.
#include "cli/allowlist_policy.h"

#include <gtest/gtest.h>

namespace dn::cli {
namespace {

constexpr std::string_view kFile = R"([gateway]
inside = ["lan0"]
outside = "wan0"
[[group]]
gid = "sg-app"
  [[group.egress]]
  description = "discriminat:tls:a.example.com,*.example.org"
  ports = 443
[[group]]
gid = "sg-more"
  [[group.egress]]
  description = "discriminat:tls:b.example.com"
  ports = 443
[[client]]
address = "10.0.1.10"
groups = ["sg-app", "sg-more"]
[[client]]
address = "10.0.1.11"
groups = ["sg-app"]
)";

constexpr std::string_view kGroups = R"({"SecurityGroups": [
  {"GroupId": "sg-app", "IpPermissionsEgress": [
    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [
      {"CidrIp": "0.0.0.0/0", "Description": "discriminat:tls:a.example.com"},
      {"CidrIp": "128.0.0.0/1"}, {"CidrIp": "nonsense"}, 7]},
    {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "discriminat:see-thru:2026-12-24"}]}]},
  {"GroupId": "sg-other", "IpPermissionsEgress": [
    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]})";

constexpr std::string_view kRules = R"({"SecurityGroupRules": [
  {"GroupId": "sg-app", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443,
   "CidrIpv4": "0.0.0.0/1", "Description": "discriminat:tls:c.example.com"},
  {"GroupId": "sg-app", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22,
   "CidrIpv4": "0.0.0.0/0"}]})";

AllowlistPolicy read(std::string_view text, const std::string& into = "sg-app") {
  static const auto kSuffixes =
      policy::PublicSuffixes::parse(policy::builtin_public_suffix_list()).value();
  return {read_document(text, "f").value(), into, kSuffixes, std::chrono::year{2026} / 11 / 22};
}

SeenDestination seen(std::string_view name, const std::vector<std::string_view>& clients = {},
                     Port port = 443) {
  SeenDestination made;
  made.port = port;
  made.dhost = name;
  made.name = DomainName::parse(name);
  for (const auto client : clients) made.clients.push_back(*parse_ipv4(client));
  return made;
}

TEST(AllowlistPolicy, KnowsWhatTheGroupNames) {
  const auto policy = read(kFile);
  EXPECT_TRUE(policy.names(seen("a.example.com")));
  EXPECT_TRUE(policy.names(seen("x.example.org")));
  EXPECT_FALSE(policy.names(seen("a.example.com", {}, 8443)));
  EXPECT_FALSE(policy.names(seen("b.example.com")));
  EXPECT_TRUE(policy.used().empty());
  SeenDestination unnamed = seen("a.example.com");
  unnamed.name.reset();
  EXPECT_FALSE(policy.names(unnamed));
}

TEST(AllowlistPolicy, KnowsWhatEachClientHasByAnotherGroup) {
  const auto policy = read(kFile);
  EXPECT_TRUE(policy.names(seen("b.example.com", {"10.0.1.10"})));
  EXPECT_FALSE(policy.names(seen("b.example.com", {"10.0.1.10", "10.0.1.11"})));
  EXPECT_FALSE(policy.names(seen("b.example.com", {"10.9.9.9"})));
}

TEST(AllowlistPolicy, ReadsWhatAwsPrints) {
  const auto groups = read(kGroups);
  EXPECT_TRUE(groups.names(seen("a.example.com", {"10.9.9.9"})));
  EXPECT_EQ(groups.used(), (UsedDestinations{{443, {}}, {443, *parse_ipv4_prefix("128.0.0.0/1")}}));
  const auto rules = read(kRules);
  EXPECT_TRUE(rules.names(seen("c.example.com", {}, 8443)));
  EXPECT_EQ(rules.used(), (UsedDestinations{{8443, *parse_ipv4_prefix("0.0.0.0/1")}}));
  EXPECT_TRUE(read(kGroups, "sg-nobody").used().empty());
}

}  // namespace
}  // namespace dn::cli
