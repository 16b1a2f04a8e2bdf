#include "engine/flow_table.h"

#include <gtest/gtest.h>

#include <set>

#include "base/limits.h"

namespace dn::engine {
namespace {

FlowKey key(std::uint32_t client, std::uint32_t number) {
  return {{client}, {0xcb007107}, static_cast<Port>(number), static_cast<Port>(number >> 16U)};
}

void hold(FlowTable& table, std::uint32_t index, std::size_t bytes) {
  const std::vector<std::uint8_t> filler(bytes, 'x');
  table.at(index).client.insert(0, filler);
  table.recount_bytes(index);
}

TEST(FlowTable, FindsWhatWasInsertedUntilItIsErased) {
  FlowTable table(1);
  const std::uint32_t a = table.insert(key(1, 1));
  const std::uint32_t b = table.insert(key(1, 2));
  EXPECT_NE(a, b);
  EXPECT_EQ(table.find(key(1, 1)), a);
  EXPECT_EQ(table.find(key(2, 1)), kNoFlow);
  EXPECT_EQ(table.size(), 2U);
  table.erase(a);
  EXPECT_EQ(table.find(key(1, 1)), kNoFlow);
  EXPECT_EQ(table.find(key(1, 2)), b);
  std::size_t visited = 0;
  table.for_each([&](std::uint32_t index) { visited += index == b ? 1 : 100; });
  EXPECT_EQ(visited, 1U);
}

TEST(FlowTable, TellsFlowsApartByEveryPartOfTheirKey) {
  FlowTable table(1);
  const FlowKey base{{1}, {2}, 3, 4};
  const std::vector<FlowKey> keys = {base,
                                     {{9}, {2}, 3, 4},
                                     {{1}, {9}, 3, 4},
                                     {{1}, {2}, 9, 4},
                                     {{1}, {2}, 3, 9},
                                     {{2}, {1}, 4, 3}};
  std::set<std::uint32_t> indices;
  for (const FlowKey& each : keys) indices.insert(table.insert(each));
  EXPECT_EQ(indices.size(), keys.size());
}

TEST(FlowTable, AReusedEntryRemembersNothing) {
  FlowTable table(1);
  const std::uint32_t a = table.insert(key(1, 1));
  Flow& flow = table.at(a);
  flow.client.insert(0, as_bytes("secret"));
  flow.reason = "x";
  flow.stage = Stage::Handed;
  flow.name = DomainName::parse("a.test");
  flow.client_line_written = true;
  flow.answer.http_code = 200;
  table.erase(a);
  const std::uint32_t b = table.insert(key(2, 2));
  EXPECT_EQ(a, b);
  const Flow& fresh = table.at(b);
  EXPECT_EQ(fresh.client.prefix().size(), 0U);
  EXPECT_TRUE(fresh.reason.empty());
  EXPECT_EQ(fresh.stage, Stage::ReadingClient);
  EXPECT_FALSE(fresh.name || fresh.client_line_written);
  EXPECT_EQ(fresh.answer.http_code, 0);
  EXPECT_EQ(fresh.charged_bytes, 0U);
}

TEST(FlowTable, ChargesWhatItsStreamsHold) {
  FlowTable table(1);
  const std::uint32_t a = table.insert(key(1, 1));
  hold(table, a, 5000);
  EXPECT_GE(table.held_bytes(), 5000U);
  EXPECT_FALSE(table.recount_bytes(a));  // nothing new
  table.at(a).client.clear();
  EXPECT_FALSE(table.recount_bytes(a));
  EXPECT_EQ(table.held_bytes(), 0U);
  hold(table, a, 100);
  table.erase(a);
  EXPECT_EQ(table.held_bytes(), 0U);
}

TEST(FlowTable, HasNoVictimBelowItsLimits) {
  FlowTable table(1);
  for (std::uint32_t i = 0; i < limits::kFlowsPerClientMax; ++i) table.insert(key(1, i));
  EXPECT_EQ(table.find_victim({1}), kNoFlow);
  EXPECT_EQ(table.find_victim({2}), kNoFlow);
}

TEST(FlowTable, AClientWithTooManyFlowsLosesItsOldest) {
  FlowTable table(1);
  const std::uint32_t neighbour = table.insert(key(2, 0));
  std::uint32_t oldest = table.insert(key(1, 0));
  const std::uint32_t second = table.insert(key(1, 1));
  for (std::uint32_t i = 2; i <= limits::kFlowsPerClientMax; ++i) table.insert(key(1, i));
  EXPECT_EQ(table.find_victim({1}), oldest);
  EXPECT_EQ(table.find_victim({2}), kNoFlow);  // the neighbour does not pay
  table.erase(oldest);
  EXPECT_EQ(table.find_victim({1}), kNoFlow);
  table.insert(key(1, limits::kFlowsPerClientMax + 1));
  EXPECT_EQ(table.find_victim({1}), second);
  EXPECT_TRUE(table.at(neighbour).in_use);
}

TEST(FlowTable, InAFullTableTheClientWithMostFlowsPays) {
  FlowTable table(1);
  const std::uint32_t small = table.insert(key(100, 0));
  std::uint32_t heaviest = kNoFlow;
  for (std::uint32_t client = 1; client <= 5; ++client) {
    for (std::uint32_t i = 0; i < 13'000 + client; ++i) {
      const std::uint32_t index = table.insert(key(client, i));
      if (client == 5 && i == 0) heaviest = index;
    }
  }
  ASSERT_LE(table.size(), limits::kFlowsMax);
  EXPECT_EQ(table.find_victim({100}), kNoFlow);
  for (std::uint32_t client = 6; table.size() <= limits::kFlowsMax; ++client) {
    table.insert(key(client * 1000, client));
  }
  EXPECT_EQ(table.find_victim({100}), heaviest);
  EXPECT_TRUE(table.at(small).in_use);
}

TEST(FlowTable, WhoHoldsMostBytesPays) {
  FlowTable table(1);
  const std::uint32_t empty = table.insert(key(1, 0));
  std::uint32_t first = kNoFlow;
  for (std::uint32_t i = 1; table.find_victim({1}) == kNoFlow; ++i) {
    const std::uint32_t index = table.insert(key(1, i));
    if (i == 1) first = index;
    hold(table, index, limits::kFlowBytesMax);
  }
  EXPECT_GT(table.held_bytes(), limits::kHeldBytesPerClientMax);
  EXPECT_EQ(table.find_victim({1}), first);  // the oldest that holds any
  EXPECT_NE(first, empty);
  EXPECT_EQ(table.find_victim({2}), kNoFlow);
}

}  // namespace
}  // namespace dn::engine
