// What a given policy has already: by its groups and by its clients.
#include "review/allowlist_policy.h"

#include <gtest/gtest.h>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;

constexpr const char* kList = "arn:aws:ssm:eu-west-1:123456789012:parameter/egress";

policy::PolicyInput make_input() {
  policy::PolicyInput input;
  input.groups = {group("sg-app", {"discriminat:tls:a.example.com,*.example.org"}),
                  group("sg-more", {"discriminat:tls:b.example.com"}),
                  group("sg-list", {std::string("discriminat:tls:") + kList})};
  input.lists[kList] = "c.example.com";
  input.clients = {client("10.0.1.10", {"sg-app", "sg-more"}), client("10.0.1.11", {"sg-app"})};
  return input;
}

AllowlistPolicy read(bool clients, const std::string& into = "sg-app", UsedDestinations used = {}) {
  const auto input = make_input();
  std::shared_ptr<const policy::PolicySnapshot> by_client;
  if (clients) by_client = compile(input);
  return {std::move(by_client), input, into, std::move(used), suffixes(), kToday};
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
  const auto policy = read(true);
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
  const auto policy = read(true);
  EXPECT_TRUE(policy.names(seen("b.example.com", {"10.0.1.10"})));
  EXPECT_FALSE(policy.names(seen("b.example.com", {"10.0.1.10", "10.0.1.11"})));
  EXPECT_FALSE(policy.names(seen("b.example.com", {"10.9.9.9"})));
}

TEST(AllowlistPolicy, ReadsTheListsOfItsGroup) {
  EXPECT_TRUE(read(true, "sg-list").names(seen("c.example.com")));
  EXPECT_FALSE(read(true).names(seen("c.example.com")));
}

TEST(AllowlistPolicy, NeedsNoClients) {
  const UsedDestinations used = {{443, {}}, {443, *parse_ipv4_prefix("128.0.0.0/1")}};
  const auto policy = read(false, "sg-app", used);
  EXPECT_TRUE(policy.names(seen("a.example.com", {"10.9.9.9"})));
  EXPECT_FALSE(policy.names(seen("b.example.com", {"10.0.1.10"})));
  EXPECT_EQ(policy.used(), used);
  EXPECT_FALSE(read(false, "sg-nobody").names(seen("a.example.com")));
}

}  // namespace
}  // namespace dn::review
