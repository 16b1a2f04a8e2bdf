// How a question becomes a flow, and the annotation that would allow it; the rest stands in
// src/cli/explain_test.cc.
#include "review/explanation.h"

#include <gtest/gtest.h>

#include <sstream>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;

std::optional<Flow> ask(std::string_view destination, std::optional<Port> port = {},
                        std::optional<Protocol> protocol = {}) {
  return read_flow({*parse_ipv4("10.0.1.10"), destination, port, protocol});
}

TEST(Explanation, FillsPortAndProtocolInFromEachOther) {
  struct Case {
    std::optional<Port> port;
    std::optional<Protocol> protocol;
    Port want_port;
    Protocol want;
  };
  for (const Case& c :
       {Case{{}, {}, 443, Protocol::Tls}, Case{22, {}, 22, Protocol::Ssh},
        Case{80, {}, 80, Protocol::Http}, Case{8443, {}, 8443, Protocol::Tls},
        Case{{}, Protocol::Ssh, 22, Protocol::Ssh}, Case{{}, Protocol::Http, 80, Protocol::Http},
        Case{22, Protocol::Tls, 22, Protocol::Tls}}) {
    const auto flow = ask("a.example", c.port, c.protocol);
    ASSERT_TRUE(flow);
    EXPECT_EQ(flow->port, c.want_port);
    EXPECT_EQ(flow->protocol, c.want);
  }
}

TEST(Explanation, AsksAboutNamesAndAddressesOnly) {
  EXPECT_EQ(destination_of(*ask("Bücher.example")), "xn--bcher-kva.example");
  EXPECT_EQ(destination_of(*ask("198.51.100.7")), "198.51.100.7");
  for (const auto text : {"", "a..example", "*.example", "a.example:443", "https://a.example"}) {
    EXPECT_FALSE(ask(text)) << text;
  }
}

std::string annotation(const Flow& flow) {
  auto input = one_group("sg-web", {"discriminat:tls:a.example"});
  const auto answer = explain_flow(flow, *compile(input), kToday);
  return annotation_for(flow, answer).value_or("none");
}

TEST(Explanation, NamesTheAnnotationThatAllowsIt) {
  EXPECT_EQ(annotation(*ask("a.example")), "discriminat:tls:a.example");
  EXPECT_EQ(annotation(*ask("a.example", 8443)), "discriminat:tls:a.example");
  EXPECT_EQ(annotation(*ask("B.example")), "discriminat:tls:b.example");
  EXPECT_EQ(annotation(*ask("git.example", 22)), "discriminat:ssh:git.example");
  EXPECT_EQ(annotation(*ask("198.51.100.7")), "discriminat:tls:198.51.100.7");
}

TEST(Explanation, NamesNoneWhereNoRuleCanAllowIt) {
  EXPECT_EQ(annotation(*ask("10.1.2.3")), "none");
  EXPECT_EQ(annotation(*ask("a.example", 80)), "none");
  EXPECT_EQ(annotation(*ask("localhost")), "none");  // not fully qualified
  Flow stranger = *ask("a.example");
  stranger.source = *parse_ipv4("10.9.9.9");
  EXPECT_EQ(annotation(stranger), "none");
}

TEST(Explanation, PrintsNullWhereThereIsNoAnnotation) {
  const Flow flow = *ask("a.example", 80);
  const auto input = one_group("sg-web", {});
  std::ostringstream out;
  print_explanation_json(flow, explain_flow(flow, *compile(input), kToday), input.clients[0], out);
  EXPECT_TRUE(out.str().ends_with(", \"annotation\": null}\n")) << out.str();
}

}  // namespace
}  // namespace dn::review
