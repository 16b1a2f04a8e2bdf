#include "query/insights_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace dn::query::insights {
namespace {

// The C library's reader knows the same forms.
void compare_with_library(const std::string& text) {
  std::array<std::uint8_t, 16> want{};
  const bool v6 = inet_pton(AF_INET6, text.c_str(), want.data()) == 1;
  const bool v4 = !v6 && inet_pton(AF_INET, text.c_str(), want.data()) == 1;
  const auto got = parse_ip(text);
  ASSERT_EQ(got.has_value(), v4 || v6) << text;
  if (!got) return;
  EXPECT_EQ(got->is_v6, v6) << text;
  EXPECT_EQ(got->bytes, want) << text;
}

// The forms of IPv6 are judged in base/ipv6_test.cc.
TEST(InsightsAddress, ReadsWhatTheLibraryReads) {
  for (const char* const text : {"192.0.2.1", "255.255.255.255", "1.2.3", "01.2.3.4", "256.1.1.1",
                                 "", "::1", "2001:db8::1", "::ffff:192.0.2.1", "::1%lo", "[::1]"}) {
    compare_with_library(text);
  }
}

TEST(InsightsAddress, AgreesWithTheLibraryOnGeneratedText) {
  std::mt19937_64 random(4);
  const std::string_view alphabet = "0123afF:::..:";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t size = random() % 20; size > 0; --size) {
      text += alphabet[random() % alphabet.size()];
    }
    compare_with_library(text);
  }
}

TEST(InsightsAddress, SubnetsCompareTheirLeadingBits) {
  const struct {
    const char* subnet;
    const char* address;
    bool want;
  } cases[] = {
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.9/24", "192.0.2.1", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"192.0.2.1/32", "192.0.2.1", true},
      {"192.0.2.1/32", "192.0.2.0", false},
      {"10.0.0.0/9", "10.127.0.0", true},
      {"10.0.0.0/9", "10.128.0.0", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::/0", "::1", true},
      {"::/0", "1.2.3.4", false},
      {"0.0.0.0/0", "::", false},
      {"::1/128", "::1", true},
  };
  for (const auto& [subnet, address, want] : cases) {
    EXPECT_EQ(parse_subnet(subnet)->contains(*parse_ip(address)), want) << subnet << " " << address;
  }
  for (const char* const text : {"", "/", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "::/129", "x/8",
                                 "1.2.3.4/-1", "1.2.3.4/8x", "1.2.3.4/8/8"}) {
    EXPECT_FALSE(parse_subnet(text)) << text;
  }
}

TEST(InsightsAddress, KnowsPrivateNetworks) {
  for (const char* const text :
       {"10.0.0.1", "172.16.0.0", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1",
        "169.254.169.254", "::1", "fd00::1", "fe80::1"}) {
    EXPECT_TRUE(is_private(*parse_ip(text))) << text;
  }
  for (const char* const text : {"172.32.0.0", "11.0.0.0", "192.0.2.1", "2001:db8::1", "::2"}) {
    EXPECT_FALSE(is_private(*parse_ip(text))) << text;
  }
}

}  // namespace
}  // namespace dn::query::insights
