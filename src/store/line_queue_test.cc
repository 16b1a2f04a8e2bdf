#include "store/line_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace dn::store {
namespace {

using namespace std::chrono_literals;

std::string drain(LineQueue& queue) {
  std::string all;
  while (auto piece = queue.take()) {
    all += *piece;
    const std::size_t bytes = piece->size();
    queue.give_back(*std::move(piece), bytes);
  }
  return all;
}

TEST(LineQueue, PutsBlocksTogetherIntoFewPieces) {
  LineQueue queue(1UL << 20U);
  for (const std::string_view block : {"a\n", "b\nc\n", "d\n"}) queue.push(block);
  EXPECT_EQ(queue.pieces(), 1U);
  EXPECT_EQ(queue.bytes(), 8U);
  EXPECT_EQ(drain(queue), "a\nb\nc\nd\n");
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(LineQueue, NeverSplitsABlockOverTwoPieces) {
  LineQueue queue(8 * LineQueue::kPieceBytes);
  const std::string block = std::string(LineQueue::kPieceBytes / 3, 'x') + "\n";
  for (int i = 0; i < 7; ++i) queue.push(block);
  const std::string huge = std::string(2 * LineQueue::kPieceBytes, 'y') + "\n";
  queue.push(huge);
  EXPECT_GT(queue.pieces(), 3U);
  std::size_t bytes = 0;
  while (auto piece = queue.take()) {
    EXPECT_TRUE(piece->ends_with('\n'));
    EXPECT_TRUE(piece->size() % block.size() == 0 || *piece == huge);
    const std::size_t size = piece->size();
    bytes += size;
    queue.give_back(*std::move(piece), size);
  }
  EXPECT_EQ(bytes, 7 * block.size() + huge.size());
}

TEST(LineQueue, HasRoomUpToItsBoundAndCountsTakenPiecesUntilTheyAreWritten) {
  LineQueue queue(10);
  EXPECT_TRUE(queue.has_room(10));
  EXPECT_FALSE(queue.has_room(11));
  queue.push("12345\n");
  EXPECT_TRUE(queue.has_room(4));
  EXPECT_FALSE(queue.has_room(5));
  auto piece = queue.take();
  ASSERT_TRUE(piece.has_value());
  EXPECT_FALSE(queue.has_room(5));
  queue.give_back(*std::move(piece), 6);
  EXPECT_TRUE(queue.has_room(10));
}

TEST(LineQueue, BringsTheUnwrittenRestAgainBeforeNewerLines) {
  LineQueue queue(100);
  queue.push("a\nb\n");
  auto piece = queue.take();
  queue.push("c\n");
  queue.give_back(*std::move(piece), 2);
  EXPECT_EQ(queue.bytes(), 4U);
  EXPECT_EQ(drain(queue), "b\nc\n");
}

TEST(LineQueue, CountsDroppedLinesAndRemembersWhen) {
  LineQueue queue(10);
  queue.drop("a\nb\n", WallTime{5ms});
  queue.drop("c\n", WallTime{9ms});
  EXPECT_EQ(queue.dropped().lines, 3U);
  EXPECT_EQ(queue.dropped().first, WallTime{5ms});
  EXPECT_EQ(queue.dropped().last, WallTime{9ms});
  queue.forget_dropped();
  EXPECT_EQ(queue.dropped().lines, 0U);
}

TEST(LineQueue, OwesASummaryOnceHalfOfItsRoomIsFree) {
  LineQueue queue(10);
  EXPECT_FALSE(queue.summary_due());
  queue.push("12345\n");
  queue.drop("x\n", WallTime{});
  EXPECT_FALSE(queue.summary_due());
  drain(queue);
  EXPECT_TRUE(queue.summary_due());
}

TEST(LineQueue, CountsTheLinesItLosesAtTheEnd) {
  LineQueue queue(100);
  queue.push("a\nb\n");
  EXPECT_EQ(queue.drop_all(), 2U);
  EXPECT_EQ(queue.bytes(), 0U);
  EXPECT_EQ(queue.pieces(), 0U);
}

}  // namespace
}  // namespace dn::store
