// Lines as records/ writes them, and everything else that a log may hold.
#include "review/flow_line.h"

#include <gtest/gtest.h>

#include "records/flow_record.h"

namespace dn::review {
namespace {

TEST(FlowLine, ReadsWhatTheGatewayWrites) {
  records::FlowRecord record;
  record.cat = records::PacketOrigin::Client;
  record.outcome = records::Outcome::Allowed;
  record.dhost = "api.example.com";
  record.src = *parse_ipv4("10.0.1.10");
  record.dst = *parse_ipv4("198.51.100.7");
  record.spt = 40000;
  record.dpt = 443;
  record.proto = Protocol::Tls;
  record.proto_v = "1.3";
  record.reason = "not-allowlisted: no rule";
  record.see_thru = records::SeeThruFields{3, "sg-1", true};
  std::string text;
  append_json_line(text, record, "gw-1");
  text.pop_back();
  const auto line = parse_flow_line(text);
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->from_client());
  EXPECT_TRUE(line->allowed());
  EXPECT_EQ(line->dhost, "api.example.com");
  EXPECT_EQ(line->src, "10.0.1.10");
  EXPECT_EQ(line->dst, "198.51.100.7");
  EXPECT_EQ(line->spt, 40000);
  EXPECT_EQ(line->dpt, 443);
  EXPECT_EQ(line->proto, "tls");
  EXPECT_EQ(line->proto_v, "1.3");
  EXPECT_EQ(line->slug(), "not-allowlisted");
  EXPECT_EQ(line->see_thru_gid, "sg-1");
  EXPECT_EQ(line->see_thru_exerted, true);
  EXPECT_EQ(line->see_thru_days, 3);
}

TEST(FlowLine, TakesFieldsOfAnotherTypeForMissing) {
  const auto line = parse_flow_line(
      R"({"dhost":"a","outcome":"allowed","dpt":"443","spt":-1,"src":7,"see_thru_exerted":"true",)"
      R"("see_thru_days_remaining":-3,"extra":{"deep":[1,2,{"x":null}]}})");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->dpt, 0);
  EXPECT_EQ(line->spt, 0);
  EXPECT_EQ(line->src, "");
  EXPECT_FALSE(line->see_thru_exerted);
  EXPECT_FALSE(line->see_thru_days);
  EXPECT_FALSE(parse_flow_line(R"({"dhost":"a","outcome":"allowed","dpt":65536})")->dpt);
}

TEST(FlowLine, IsNothingElse) {
  EXPECT_FALSE(parse_flow_line(""));
  EXPECT_FALSE(parse_flow_line("hello"));
  EXPECT_FALSE(parse_flow_line("[1]"));
  EXPECT_FALSE(parse_flow_line("{}"));
  EXPECT_FALSE(parse_flow_line(R"({"dhost":"a"})"));
  EXPECT_FALSE(parse_flow_line(R"({"dhost":"a","outcome":"allowed"} x)"));
  EXPECT_FALSE(parse_flow_line("{\"dhost\":\"\xff\",\"outcome\":\"allowed\"}"));
  EXPECT_FALSE(parse_flow_line("{\"a\":" + std::string(100'000, '[')));
}

TEST(FlowLine, KnowsReasonsAndProtocolsByTheirWords) {
  EXPECT_EQ(find_reason("dns-mismatch"), Reason::DnsMismatch);
  EXPECT_FALSE(find_reason("policy"));
  EXPECT_FALSE(find_reason(""));
  EXPECT_EQ(find_protocol("ssh"), Protocol::Ssh);
  EXPECT_EQ(find_protocol("unknown"), Protocol::Unknown);
  EXPECT_FALSE(find_protocol("quic"));
}

}  // namespace
}  // namespace dn::review
