// Server addresses as configured and as resolv.conf has them.
#include "resolver/upstreams.h"

#include <gtest/gtest.h>

namespace dn::resolver {
namespace {

TEST(Upstreams, ReadsAddressesWithAndWithoutPort) {
  struct Case {
    std::string_view text, want;
  };
  const Case cases[] = {
      {"192.0.2.53", "192.0.2.53:53"},        {"192.0.2.54:5353", "192.0.2.54:5353"},
      {"2001:db8::53", "[2001:db8::53]:53"},  {"[2001:db8::53]:5353", "[2001:db8::53]:5353"},
      {"127.0.0.1:65535", "127.0.0.1:65535"}, {"::1", "[::1]:53"},
  };
  for (const Case& c : cases) {
    const auto upstream = parse_upstream(c.text);
    ASSERT_TRUE(upstream) << c.text;
    EXPECT_EQ(to_text(*upstream), c.want);
  }
}

TEST(Upstreams, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv,
                          "dns.example"sv,
                          "192.0.2.53:"sv,
                          "192.0.2.53:0"sv,
                          "192.0.2.53:65536"sv,
                          "192.0.2.53:53x"sv,
                          ":53"sv,
                          "192.0.2"sv,
                          "[192.0.2.53]:53"sv,
                          "[::1]"sv,
                          "[::1"sv,
                          "]:53"sv,
                          "fe80::1"sv,
                          "fe80::1%eth0"sv,
                          "192.0.2.53,192.0.2.54"sv,
                          " 192.0.2.53"sv,
                          "192.0.2.53\0"sv,
                          "2001:db8::53\0x"sv,
                          "udp://192.0.2.53"sv,
                          "2001:db8::53:99999"sv}) {
    const auto upstream = parse_upstream(text);
    ASSERT_FALSE(upstream) << text;
    EXPECT_NE(upstream.error().message.find("is not a DNS server: write"), std::string::npos);
  }
}

TEST(ResolvConf, TakesNameserversOnly) {
  const auto upstreams = parse_resolv_conf(
      "# nameserver 192.0.2.1\n"
      "search corp.example\n"
      "domain corp.example\n"
      "options ndots:5 rotate\n"
      "nameserver 192.0.2.2\n"
      "nameserver\t 192.0.2.3  # main\r\n"
      "  nameserver 2001:db8::4\n"
      "nameserver 192.0.2.2\n"
      "nameserver fe80::1%eth0\n"
      "nameserver dns.example\n"
      "nameserver\n"
      "nameservers 192.0.2.5\n"
      "nameserver 192.0.2.6:5353\n"
      "nameserver 192.0.2.7");
  const std::vector<Upstream> want = {
      {"192.0.2.2", 53}, {"192.0.2.3", 53}, {"2001:db8::4", 53}, {"192.0.2.7", 53}};
  EXPECT_EQ(upstreams, want);
}

TEST(ResolvConf, IsBounded) {
  std::string text;
  for (int i = 1; i < 200; ++i) text += "nameserver 192.0.2." + std::to_string(i) + "\n";
  EXPECT_EQ(parse_resolv_conf(text).size(), kUpstreamsMax);
  EXPECT_TRUE(
      parse_resolv_conf(std::string(kResolvConfBytesMax, '\n') + "nameserver 192.0.2.1").empty());
  EXPECT_TRUE(parse_resolv_conf("").empty());
}

}  // namespace
}  // namespace dn::resolver
