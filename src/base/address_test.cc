// IPv4 addresses and prefixes as text and value, and the table of special destinations.
#include "base/address.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace dn {
namespace {

TEST(Ipv4Address, IsADottedQuad) {
  EXPECT_EQ(parse_ipv4("10.0.0.1")->value, 0x0a000001U);
  EXPECT_EQ(parse_ipv4("0.0.0.0")->value, 0U);
  EXPECT_EQ(parse_ipv4("255.255.255.255")->value, 0xffffffffU);
  EXPECT_EQ(parse_ipv4("192.0.2.100")->value, 0xc0000264U);
}

TEST(Ipv4Address, IsNothingElse) {
  for (const std::string_view text : {"",           ".",
                                      "1",          "1.2.3",
                                      "1.2.3.",     ".1.2.3",
                                      "1..2.3",     "1.2.3.4.",
                                      "1.2.3.4.5",  "256.0.0.1",
                                      "1.2.3.256",  "01.2.3.4",
                                      "1.2.3.00",   "1.2.3.0004",
                                      "-1.2.3.4",   "+1.2.3.4",
                                      " 1.2.3.4",   "1.2.3.4 ",
                                      "1.2.3.4/32", "1.2.3.4:80",
                                      "0x1.2.3.4",  "1,2,3,4",
                                      "a.b.c.d",    "::1",
                                      "1.2.3.4\n",  "99999999999.1.1.1"}) {
    EXPECT_FALSE(parse_ipv4(text)) << text;
  }
  EXPECT_FALSE(parse_ipv4(std::string_view("1.2.3.4\0", 8)));
}

TEST(Ipv4Address, TextAndValueAreOne) {
  std::mt19937 random(1);  // NOLINT: repeatable on purpose
  for (int i = 0; i < 2000; ++i) {
    const Ipv4Address address{static_cast<std::uint32_t>(random())};
    EXPECT_EQ(parse_ipv4(to_text(address)), address);
  }
}

TEST(Ipv4Address, IsOrderedByValue) {
  EXPECT_LT(*parse_ipv4("9.255.255.255"), *parse_ipv4("10.0.0.0"));
  EXPECT_LT(*parse_ipv4("127.0.0.1"), *parse_ipv4("128.0.0.0"));
}

TEST(Ipv4Prefix, IsAnAddressWithALength) {
  const auto prefix = parse_ipv4_prefix("10.0.0.0/8");
  ASSERT_TRUE(prefix);
  EXPECT_EQ(prefix->length, 8);
  EXPECT_EQ(to_text(*prefix), "10.0.0.0/8");
  EXPECT_EQ(to_text(*parse_ipv4_prefix("192.0.2.1")), "192.0.2.1/32");
  EXPECT_EQ(to_text(*parse_ipv4_prefix("0.0.0.0/0")), "0.0.0.0/0");
  EXPECT_EQ(to_text(*parse_ipv4_prefix("192.0.2.1/32")), "192.0.2.1/32");
}

TEST(Ipv4Prefix, IsNothingElse) {
  for (const std::string_view text :
       {"", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
        "10.0.0/8", "10.0.0.0 /8", "10.0.0.0/ 8", "10.0.0.0/8 ", "10.0.0.1/8", "0.0.0.1/0",
        "10.0.0.0/255.0.0.0", "::/0"}) {
    EXPECT_FALSE(parse_ipv4_prefix(text)) << text;
  }
}

TEST(Ipv4Prefix, ContainsItsFirstAndLastAddressAndNotTheirNeighbours) {
  for (const std::string_view text : {"10.0.0.0/8", "192.168.0.0/16", "192.0.2.128/25",
                                      "198.51.100.4/31", "203.0.113.7/32", "128.0.0.0/1"}) {
    const Ipv4Prefix prefix = *parse_ipv4_prefix(text);
    const std::uint32_t first = prefix.base.value;
    const std::uint32_t last = first | ~prefix.mask();
    EXPECT_TRUE(prefix.contains({first})) << text;
    EXPECT_TRUE(prefix.contains({last})) << text;
    EXPECT_FALSE(prefix.contains({first - 1})) << text;
    if (last != ~0U) {
      EXPECT_FALSE(prefix.contains({last + 1})) << text;
    }
  }
  EXPECT_TRUE(parse_ipv4_prefix("0.0.0.0/0")->contains({0xffffffff}));
}

struct Special {
  std::string_view address;
  std::string_view what;  // "": reachable
  bool private_use = false;
};

TEST(SpecialPrefixes, HoldWhatIsNotGloballyReachable) {
  const Special cases[] = {
      {"0.0.0.0", "this network"},
      {"0.255.255.255", "this network"},
      {"1.0.0.0", ""},
      {"9.255.255.255", ""},
      {"10.0.0.0", "private use", true},
      {"10.255.255.255", "private use", true},
      {"11.0.0.0", ""},
      {"100.63.255.255", ""},
      {"100.64.0.0", "shared address space", true},
      {"100.127.255.255", "shared address space", true},
      {"100.128.0.0", ""},
      {"127.0.0.1", "loopback"},
      {"127.255.255.255", "loopback"},
      {"128.0.0.0", ""},
      {"169.254.169.254", "link-local"},
      {"169.255.0.0", ""},
      {"172.15.255.255", ""},
      {"172.16.0.0", "private use", true},
      {"172.31.255.255", "private use", true},
      {"172.32.0.0", ""},
      {"192.0.0.170", "IETF protocol assignments"},
      {"192.167.255.255", ""},
      {"192.168.0.0", "private use", true},
      {"192.169.0.0", ""},
      {"223.255.255.255", ""},
      {"224.0.0.1", "multicast"},
      {"239.255.255.255", "multicast"},
      {"240.0.0.0", "reserved or broadcast"},
      {"255.255.255.255", "reserved or broadcast"},
  };
  for (const Special& test : cases) {
    const SpecialPrefix* found = find_special(*parse_ipv4(test.address));
    EXPECT_EQ(found == nullptr ? "" : found->what, test.what) << test.address;
    EXPECT_EQ(found != nullptr && found->private_use, test.private_use) << test.address;
  }
}

TEST(SpecialPrefixes, PrivateUseCountsWhereItIsConfigured) {
  struct Case {
    std::string_view address;
    bool by_default, or_private_use;
  };
  for (const Case& test : {Case{"198.51.100.7", true, true}, Case{"10.0.0.1", false, true},
                           Case{"100.64.0.1", false, true}, Case{"127.0.0.1", false, false},
                           Case{"169.254.169.254", false, false}, Case{"224.0.0.1", false, false},
                           Case{"0.0.0.0", false, false}}) {
    EXPECT_EQ(is_reachable(*parse_ipv4(test.address), false), test.by_default) << test.address;
    EXPECT_EQ(is_reachable(*parse_ipv4(test.address), true), test.or_private_use) << test.address;
  }
}

TEST(ParsePort, TakesDecimalDigitsFrom1To65535) {
  EXPECT_EQ(parse_port("1"), Port{1});
  EXPECT_EQ(parse_port("65535"), Port{65535});
  EXPECT_EQ(parse_port("0443"), Port{443});
  for (const auto* text :
       {"", "0", "65536", "443 ", " 443", "+443", "-1", "4 43", "x", "99999999999"}) {
    EXPECT_EQ(parse_port(text), std::nullopt) << text;
  }
}

TEST(SpecialPrefixes, DoNotOverlapAndHaveNoBitsBeyondTheirLength) {
  const auto all = special_prefixes();
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(all[i].prefix.contains(all[i].prefix.base));
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      EXPECT_FALSE(all[i].prefix.contains(all[j].prefix.base));
      EXPECT_FALSE(all[j].prefix.contains(all[i].prefix.base));
    }
  }
}

}  // namespace
}  // namespace dn
