#include "store/line_blocks.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace dn::store {
namespace {

std::string text_line(std::size_t bytes) {
  return std::string(bytes - 1, 'x') + '\n';
}

// What first_block_bytes() cuts a finished segment into.
std::vector<std::size_t> cut(std::string_view segment) {
  std::vector<std::size_t> blocks;
  while (const std::size_t bytes = first_block_bytes(segment, true)) {
    blocks.push_back(bytes);
    segment.remove_prefix(bytes);
  }
  return blocks;
}

std::vector<std::size_t> sizes(const GrowingBlocks& growing) {
  std::vector<std::size_t> blocks;
  std::uint64_t offset = 0;
  for (const BlockFacts& facts : growing.blocks()) {
    EXPECT_EQ(facts.offset, offset);
    offset += facts.bytes;
    blocks.push_back(facts.bytes);
  }
  return blocks;
}

TEST(LineBlocks, CutsInFrontOfTheLineThatDoesNotFit) {
  const std::string half = text_line(kBlockBytes / 2), full = text_line(kBlockBytes);
  EXPECT_EQ(cut(""), std::vector<std::size_t>{});
  EXPECT_EQ(cut("torn"), std::vector<std::size_t>{});
  EXPECT_EQ(cut("a\ntorn"), std::vector<std::size_t>{2});
  EXPECT_EQ(cut(half + half), std::vector<std::size_t>{kBlockBytes});
  EXPECT_EQ(cut(half + half + "\n"), (std::vector<std::size_t>{kBlockBytes, 1}));
  EXPECT_EQ(cut("a\n" + full + "b\n"), (std::vector<std::size_t>{2, kBlockBytes, 2}));
  const std::string longer = text_line(kBlockBytes + 1);
  EXPECT_EQ(cut("a\n" + longer + "b\n"), (std::vector<std::size_t>{2, kBlockBytes + 1, 2}));
}

TEST(LineBlocks, AsksForMoreBytesWhileTheSegmentMayGrow) {
  EXPECT_EQ(first_block_bytes("", false), 0U);
  EXPECT_EQ(first_block_bytes("a\n", false), 0U);
  EXPECT_EQ(first_block_bytes(text_line(kBlockBytes), false), 0U);
  EXPECT_EQ(first_block_bytes(text_line(kBlockBytes) + "b", false), kBlockBytes);
  EXPECT_EQ(first_block_bytes(std::string(2 * kBlockBytes, 'x'), false), 0U);
}

// Two ways to one answer: cutting a finished segment, and counting lines as they come.
TEST(LineBlocks, CutsAGrowingSegmentAtTheSamePlaces) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::string segment;
    const std::size_t most = round % 2 == 0 ? 300'000 : 3 * kBlockBytes;
    while (segment.size() < 6 * kBlockBytes) segment += text_line(1 + random() % most);
    GrowingBlocks growing;
    std::size_t shown = 0;
    while (growing.read_to() < segment.size()) {
      shown = std::min(segment.size(), shown + random() % 700'000);
      growing.add(std::string_view(segment).substr(0, shown).substr(growing.read_to()));
    }
    EXPECT_EQ(sizes(growing), cut(segment));
  }
}

TEST(LineBlocks, BoundsTheTimesOfItsEvents) {
  GrowingBlocks growing;
  growing.add("{\"time\":\"2026-11-22T03:15:00.123Z\"}\nno event\n");
  ASSERT_EQ(growing.blocks().size(), 1U);
  EXPECT_FALSE(growing.blocks()[0].plain);
  growing.add("{\"@timestamp\":5,\"@ingestionTime\":1795317300999,\"@message\":\"x\"}\ntorn");
  const BlockFacts& facts = growing.blocks()[0];
  EXPECT_EQ(facts.lines, 3U);
  EXPECT_EQ(facts.first, 5);
  EXPECT_EQ(facts.last, 1'795'317'300'123);
  EXPECT_EQ(facts.last_ingestion, 1'795'317'300'999);
  GrowingBlocks plain;
  plain.add("{\"time\":\"2026-11-22T03:15:00.123Z\"}\n");
  EXPECT_TRUE(plain.blocks()[0].plain);
}

TEST(LineBlocks, LeavesALineThatIsTooLongOutOfEveryBlock) {
  GrowingBlocks growing;
  growing.add("a\n");
  growing.add(std::string(kBlockBytesMax, 'x') + "\nb\n");
  growing.pass_over(kBlockBytesMax + 1);
  growing.add("rest of it\nc\nd\n");
  std::vector<std::pair<std::uint64_t, std::uint32_t>> blocks;
  for (const BlockFacts& facts : growing.blocks()) blocks.emplace_back(facts.offset, facts.bytes);
  const std::uint64_t b = 2 + kBlockBytesMax + 1, c = b + 2 + kBlockBytesMax + 1 + 11;
  const std::vector<std::pair<std::uint64_t, std::uint32_t>> want = {{0, 2}, {b, 2}, {c, 4}};
  EXPECT_EQ(blocks, want);
}

}  // namespace
}  // namespace dn::store
