#include "policy/client_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dn::policy {
namespace {

Ipv4Address address(const char* text) {
  return parse_ipv4(text).value();
}
ClientTable::Row row(const char* prefix, std::uint32_t value) {
  return {.prefix = parse_ipv4_prefix(prefix).value(), .value = value};
}

TEST(ClientTable, FindsNothingWhenEmpty) {
  EXPECT_FALSE(ClientTable().find(address("10.0.0.1")));
}

TEST(ClientTable, TheLongestPrefixWins) {
  const ClientTable table({row("10.0.0.0/8", 1), row("10.0.2.0/24", 2), row("10.0.2.7/32", 3),
                           row("255.255.255.255/32", 4)});
  EXPECT_EQ(table.find(address("10.0.2.7")), 3U);
  EXPECT_EQ(table.find(address("10.0.2.6")), 2U);
  EXPECT_EQ(table.find(address("10.0.2.8")), 2U);
  EXPECT_EQ(table.find(address("10.0.3.0")), 1U);
  EXPECT_EQ(table.find(address("10.255.255.255")), 1U);
  EXPECT_FALSE(table.find(address("11.0.0.0")));
  EXPECT_FALSE(table.find(address("9.255.255.255")));
  EXPECT_EQ(table.find(address("255.255.255.255")), 4U);
  EXPECT_FALSE(table.find(address("255.255.255.254")));
}

TEST(ClientTable, TakesTheWholeAddressSpace) {
  const ClientTable table({row("0.0.0.0/0", 7), row("0.0.0.0/32", 8)});
  EXPECT_EQ(table.find(address("0.0.0.0")), 8U);
  EXPECT_EQ(table.find(address("0.0.0.1")), 7U);
  EXPECT_EQ(table.find(address("255.255.255.255")), 7U);
}

TEST(ClientTable, AgreesWithAScanOverAllPrefixes) {
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    std::map<Ipv4Prefix, std::uint32_t> prefixes;
    for (std::uint32_t i = 0; i < 40; ++i) {
      Ipv4Prefix prefix;
      prefix.length = static_cast<std::uint8_t>(20 + random() % 13);
      prefix.base.value =
          static_cast<std::uint32_t>(0x0a000000U | (random() & 0x3fffU)) & prefix.mask();
      prefixes[prefix] = i;
    }
    std::vector<ClientTable::Row> rows;
    for (const auto& [prefix, value] : prefixes) rows.push_back({prefix, value});
    const ClientTable table(rows);
    for (int i = 0; i < 500; ++i) {
      const Ipv4Address probe{static_cast<std::uint32_t>(0x0a000000U | (random() & 0x7fffU))};
      std::optional<std::uint32_t> want;
      int length = -1;
      for (const auto& [prefix, value] : prefixes) {
        if (prefix.contains(probe) && prefix.length > length) {
          length = prefix.length;
          want = value;
        }
      }
      ASSERT_EQ(table.find(probe), want) << to_text(probe);
    }
  }
}

}  // namespace
}  // namespace dn::policy
