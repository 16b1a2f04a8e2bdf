// Which rule a row belongs to, what belongs to none, and the JSON form.
#include "review/rule_usage.h"

#include <gtest/gtest.h>

#include <sstream>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;

UsedFlow flow(std::string_view dhost, std::int64_t last = 1000, Port port = 443) {
  return {.client = *parse_ipv4("10.0.1.10"),
          .protocol = port == 22 ? Protocol::Ssh : Protocol::Tls,
          .port = port,
          .dhost = dhost,
          .destination = {},
          .connections = 1,
          .last = last};
}

RuleUsage usage() {
  auto input = one_group("sg-web", {"discriminat:tls:api.example.com,*.example.com,198.51.100.7"});
  input.groups[0].egress.push_back(rule("discriminat:ssh:git.example.com", 22));
  return RuleUsage(compile(input));
}

TEST(RuleUsage, CountsEachRowForTheRuleThatIsNamed) {
  RuleUsage used = usage();
  used.add(flow("api.example.com", 3000));
  used.add(flow("API.example.com", 2000));
  used.add(flow("b.example.com", -5));
  used.add(flow("c.example.com", -7));
  used.add(flow("198.51.100.7"));
  used.add(flow("git.example.com", 4000, 22));
  EXPECT_EQ(used.connections(), 6U);
  EXPECT_EQ(used.unmatched(), 0U);
  ASSERT_EQ(used.rules().size(), 4U);
  const auto& exact = used.rules().at({"sg-web", "api.example.com", Protocol::Tls});
  EXPECT_EQ(exact.connections, 2U);
  EXPECT_EQ(exact.last, 3000);
  const auto& pattern = used.rules().at({"sg-web", "*.example.com", Protocol::Tls});
  EXPECT_EQ(pattern.connections, 2U);
  EXPECT_EQ(pattern.last, -5);
  EXPECT_TRUE(used.rules().contains({"sg-web", "198.51.100.7", Protocol::Tls}));
  EXPECT_TRUE(used.rules().contains({"sg-web", "git.example.com", Protocol::Ssh}));
}

TEST(RuleUsage, NamesTheRuleForAnAddressFirst) {
  RuleUsage used = usage();
  UsedFlow both = flow("api.example.com");
  both.destination = parse_ipv4("198.51.100.7");
  used.add(both);
  ASSERT_EQ(used.rules().size(), 1U);
  EXPECT_EQ(used.rules().begin()->first.addr, "198.51.100.7");
}

TEST(RuleUsage, CountsWhatNoRuleCovers) {
  RuleUsage used = usage();
  used.add(flow("other.test"));
  used.add(flow("api.example.com", 0, 8443));
  used.add(flow("api.example.com", 0, 22));
  used.add(flow(""));
  UsedFlow http = flow("api.example.com");
  http.protocol = Protocol::Http;
  used.add(http);
  UsedFlow stranger = flow("api.example.com");
  stranger.client = *parse_ipv4("10.9.9.9");
  stranger.connections = 40;
  used.add(stranger);
  EXPECT_TRUE(used.rules().empty());
  EXPECT_EQ(used.connections(), 45U);
  EXPECT_EQ(used.unmatched(), 45U);
}

TEST(RuleUsage, PrintsJson) {
  RuleUsage used = usage();
  used.add(flow("b.example.com", 1500));
  used.add(flow("other.test"));
  std::ostringstream out;
  print_rule_usage_json(used, out);
  EXPECT_EQ(out.str(),
            R"({"rules": [
  {"gid": "sg-web", "addr": "*.example.com", "proto": "tls", "connections": 1, )"
            R"("last": "1970-01-01T00:00:01.500Z"}],
"connections": 2, "unmatched": 1}
)");
  std::ostringstream empty;
  print_rule_usage_json(usage(), empty);
  EXPECT_EQ(empty.str(), "{\"rules\": [],\n\"connections\": 0, \"unmatched\": 0}\n");
}

}  // namespace
}  // namespace dn::review
