// How a question becomes a flow; the rest stands in
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

}  // namespace
}  // namespace dn::review
