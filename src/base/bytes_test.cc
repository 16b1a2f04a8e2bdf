// ByteCursor: what it gives out, and that a failed read stays failed.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace dn {
namespace {

constexpr std::array<std::uint8_t, 8> kBytes = {1, 2, 3, 4, 5, 6, 7, 8};

TEST(ByteCursor, TakesNumbersInNetworkByteOrder) {
  EXPECT_EQ(ByteCursor(kBytes).take_u8(), 0x01);
  EXPECT_EQ(ByteCursor(kBytes).take_u16(), 0x0102);
  EXPECT_EQ(ByteCursor(kBytes).take_u24(), 0x010203U);
  EXPECT_EQ(ByteCursor(kBytes).take_u32(), 0x01020304U);
  constexpr std::array<std::uint8_t, 4> kHigh = {0xff, 0xfe, 0xfd, 0xfc};
  EXPECT_EQ(ByteCursor(kHigh).take_u32(), 0xfffefdfcU);
}

TEST(ByteCursor, GoesOnWhereItStopped) {
  ByteCursor cursor(kBytes);
  EXPECT_EQ(cursor.take(3).size(), 3U);
  EXPECT_EQ(cursor.take_u8(), 4);
  EXPECT_EQ(cursor.size(), 4U);
  EXPECT_EQ(cursor.rest().front(), 5);
  EXPECT_FALSE(cursor.done());
  cursor.take(4);
  EXPECT_TRUE(cursor.done());
  EXPECT_TRUE(cursor.empty());
}

TEST(ByteCursor, ACopyKeepsItsOwnPlace) {
  ByteCursor cursor(kBytes);
  cursor.take(2);
  ByteCursor copy = cursor;
  copy.take(6);
  EXPECT_EQ(cursor.size(), 6U);
  EXPECT_EQ(copy.size(), 0U);
}

TEST(ByteCursor, StaysFailedAndEmptyAfterAReadPastTheEnd) {
  ByteCursor cursor(kBytes);
  cursor.take(7);
  EXPECT_EQ(cursor.take_u16(), 0);
  EXPECT_TRUE(cursor.failed());
  EXPECT_TRUE(cursor.empty());
  EXPECT_FALSE(cursor.done());
  EXPECT_EQ(cursor.take_u8(), 0);
  EXPECT_TRUE(cursor.take(0).empty());
  EXPECT_TRUE(cursor.take_child_u8().failed());
  EXPECT_TRUE(cursor.failed());
}

TEST(ByteCursor, RefusesACountThatOverflows) {
  ByteCursor cursor(kBytes);
  cursor.take(1);
  EXPECT_TRUE(cursor.take(SIZE_MAX).empty());
  EXPECT_TRUE(cursor.failed());
}

TEST(ByteCursor, AnEmptyInputIsDoneAtOnce) {
  EXPECT_TRUE(ByteCursor(ByteSpan{}).done());
  EXPECT_TRUE(ByteCursor(ByteSpan{}).take(0).empty());
}

TEST(ByteCursor, TakesLengthPrefixedChildren) {
  constexpr std::array<std::uint8_t, 12> kNested = {1, 0xaa, 0, 2, 0xbb, 0xcc,
                                                    0, 0,    2, 0, 0xdd, 0xee};
  ByteCursor cursor(kNested);
  EXPECT_EQ(cursor.take_child_u8().take_u8(), 0xaa);
  EXPECT_EQ(cursor.take_child_u16().take_u16(), 0xbbcc);
  ByteCursor third = cursor.take_child_u24();
  EXPECT_EQ(third.size(), 2U);
  ByteCursor inner = third.take_child_u8();
  EXPECT_TRUE(inner.done());
  EXPECT_EQ(third.take_u8(), 0xdd);
  EXPECT_TRUE(third.done());
  EXPECT_EQ(cursor.size(), 1U);
}

TEST(ByteCursor, AChildThatIsTooLongFailsBoth) {
  constexpr std::array<std::uint8_t, 3> kShort = {0, 2, 0xaa};
  ByteCursor cursor(kShort);
  const ByteCursor child = cursor.take_child_u16();
  EXPECT_TRUE(child.failed());
  EXPECT_TRUE(child.empty());
  EXPECT_TRUE(cursor.failed());
}

TEST(ByteCursor, AMissingLengthFailsBoth) {
  constexpr std::array<std::uint8_t, 1> kHalf = {0};
  ByteCursor cursor(kHalf);
  EXPECT_TRUE(cursor.take_child_u16().failed());
  EXPECT_TRUE(cursor.failed());
}

TEST(ByteCursor, AFailedChildLeavesItsParentAlone) {
  constexpr std::array<std::uint8_t, 4> kNested = {1, 0xaa, 0xbb, 0xcc};
  ByteCursor cursor(kNested);
  ByteCursor child = cursor.take_child_u8();
  child.take_u32();
  EXPECT_TRUE(child.failed());
  EXPECT_FALSE(cursor.failed());
  EXPECT_EQ(cursor.take_u16(), 0xbbcc);
}

// Whatever is asked of it, every byte is given out at most once and in order.
TEST(ByteCursor, NeverGivesOutAByteTwice) {
  std::mt19937 random(1);  // NOLINT: repeatable on purpose
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint8_t> bytes(random() % 40);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    ByteCursor cursor(bytes);
    std::size_t given = 0;
    while (!cursor.failed()) {
      const std::size_t count = random() % 6;
      const ByteSpan span = cursor.take(count);
      if (cursor.failed()) break;
      ASSERT_EQ(span.size(), count);
      for (const std::uint8_t byte : span) ASSERT_EQ(byte, given++);
      ASSERT_EQ(cursor.size(), bytes.size() - given);
      if (cursor.done()) break;
    }
  }
}

TEST(Bytes, TextAndBytesAreViewsOfTheSameMemory) {
  const std::string_view text("a\0\xff", 3);
  EXPECT_EQ(as_bytes(text).size(), 3U);
  EXPECT_EQ(as_bytes(text)[2], 0xff);
  EXPECT_EQ(as_text(as_bytes(text)), text);
}

}  // namespace
}  // namespace dn
