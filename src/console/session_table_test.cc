#include "console/session_table.h"

#include <gtest/gtest.h>

namespace dn::console {
namespace {

using namespace std::chrono_literals;

constexpr MonotonicTime kStart{1000h};

std::function<std::uint64_t()> counting() {
  return [next = std::uint64_t{0}]() mutable { return ++next; };
}

TEST(SessionTable, ATokenOf256BitsLeadsToItsOwnerAlone) {
  SessionTable table;
  const auto random = counting();
  const std::string first = table.open("ALICE", kStart, random);
  const std::string second = table.open("BOB", kStart, random);
  EXPECT_EQ(first.size(), 64U);
  EXPECT_NE(first, second);
  EXPECT_EQ(table.find(first, kStart), "ALICE");
  EXPECT_EQ(table.find(second, kStart), "BOB");
  for (const std::string& other :
       {std::string(), first + "0", first.substr(1), std::string(64, '0')}) {
    EXPECT_EQ(table.find(other, kStart), std::nullopt) << other;
  }
}

TEST(SessionTable, EndsAfterItsAgeHoweverOftenItIsUsed) {
  SessionTable table;
  const std::string token = table.open("ALICE", kStart, counting());
  MonotonicTime now = kStart;
  for (; now < kStart + kSessionAge; now += 30min) EXPECT_TRUE(table.find(token, now));
  EXPECT_FALSE(table.find(token, now));
  EXPECT_EQ(table.size(), 0U);
}

TEST(SessionTable, EndsWhenItRests) {
  SessionTable table;
  const std::string token = table.open("ALICE", kStart, counting());
  EXPECT_TRUE(table.find(token, kStart + kSessionIdle - 1s));
  EXPECT_TRUE(table.find(token, kStart + 2 * kSessionIdle - 2s)) << "a use counts from its time";
  EXPECT_FALSE(table.find(token, kStart + 3 * kSessionIdle));
}

TEST(SessionTable, ClosingEndsOneOnly) {
  SessionTable table;
  const auto random = counting();
  const std::string first = table.open("ALICE", kStart, random);
  const std::string second = table.open("ALICE", kStart, random);
  table.close(first);
  table.close("nobody's");
  EXPECT_FALSE(table.find(first, kStart));
  EXPECT_TRUE(table.find(second, kStart));
}

TEST(SessionTable, BeyondItsMostTheOneThatRestedLongestGoes) {
  SessionTable table;
  const auto random = counting();
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kSessionsMax; ++i) {
    tokens.push_back(table.open("A", kStart + std::chrono::seconds(i), random));
  }
  const MonotonicTime later = kStart + 30min;
  EXPECT_TRUE(table.find(tokens[0], later));
  tokens.push_back(table.open("B", later, random));
  EXPECT_EQ(table.size(), kSessionsMax);
  EXPECT_TRUE(table.find(tokens[0], later));
  EXPECT_FALSE(table.find(tokens[1], later));
  EXPECT_TRUE(table.find(tokens.back(), later));
}

}  // namespace
}  // namespace dn::console
