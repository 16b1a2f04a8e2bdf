#include "store/segment_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dn::store {
namespace {

constexpr std::uint64_t kIndexAt = 1'000'000;

SegmentIndex make_index(std::size_t blocks) {
  SegmentIndex index;
  for (std::size_t i = 0; i < blocks; ++i) {
    CompressedBlock block;
    block.facts.offset = index.bytes;
    block.facts.bytes = static_cast<std::uint32_t>(1000 + i);
    block.facts.lines = static_cast<std::uint32_t>(10 + i);
    block.facts.plain = i % 2 == 0;
    block.facts.first = -5 + static_cast<std::int64_t>(i);
    block.facts.last = 100;
    block.facts.last_ingestion = 200;
    block.frame_at = 500 * i;
    block.frame_bytes = 400;
    block.filtered = i % 3 == 0;
    index.bytes += block.facts.bytes;
    index.blocks.push_back(block);
  }
  for (std::size_t first = 0; first < blocks; first += kBlocksPerGroup) {
    index.groups.push_back({600'000 + first, 20});
  }
  return index;
}

Result<SegmentIndex> read(std::string_view frame, std::uint64_t at = kIndexAt) {
  if (frame.size() < kIndexFooterBytes) return fail("short");
  const auto found =
      parse_index_footer(frame.substr(frame.size() - kIndexFooterBytes), at + frame.size());
  if (!found) return tl::unexpected(found.error());
  if (*found != at) return fail("elsewhere");
  return parse_index(frame, at);
}

TEST(SegmentIndex, ReadsBackWhatItWrites) {
  for (const std::size_t blocks : {0UL, 1UL, 63UL, 64UL, 65UL, 200UL}) {
    const SegmentIndex want = make_index(blocks);
    const auto have = read(format_index(want, kIndexAt));
    ASSERT_TRUE(have) << have.error().message;
    ASSERT_EQ(have->blocks.size(), blocks);
    EXPECT_EQ(have->bytes, want.bytes);
    for (std::size_t i = 0; i < blocks; ++i) {
      const CompressedBlock &a = have->blocks[i], &b = want.blocks[i];
      EXPECT_EQ(a.facts.offset, b.facts.offset);
      EXPECT_EQ(a.facts.bytes, b.facts.bytes);
      EXPECT_EQ(a.facts.lines, b.facts.lines);
      EXPECT_EQ(a.facts.plain, b.facts.plain);
      EXPECT_EQ(a.facts.first, b.facts.first);
      EXPECT_EQ(a.facts.last, b.facts.last);
      EXPECT_EQ(a.facts.last_ingestion, b.facts.last_ingestion);
      EXPECT_EQ(a.frame_at, b.frame_at);
      EXPECT_EQ(a.frame_bytes, b.frame_bytes);
      EXPECT_EQ(a.filtered, b.filtered);
    }
    ASSERT_EQ(have->groups.size(), want.groups.size());
    for (std::size_t i = 0; i < want.groups.size(); ++i) {
      EXPECT_EQ(have->groups[i].rows_at, want.groups[i].rows_at);
      EXPECT_EQ(have->groups[i].rows, want.groups[i].rows);
    }
  }
}

// Written by earlier versions, so it must be read for ever.
TEST(SegmentIndex, HasItsFormatHeldStill) {
  const std::string frame = format_index(make_index(1), 500);
  EXPECT_EQ(frame.substr(0, 8), std::string("\x5d\x2a\x4d\x18\x70\0\0\0", 8));
  EXPECT_EQ(frame.size(), 8U + 56 + 16 + 40);
  EXPECT_EQ(frame.substr(frame.size() - 40, 24),
            std::string("\xf4\x01\0\0\0\0\0\0\xe8\x03\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0", 24));
  EXPECT_TRUE(frame.ends_with("dn-index"));
}

TEST(SegmentIndex, RefusesEveryTruncationAndEveryChangedByte) {
  const std::string frame = format_index(make_index(3), kIndexAt);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    EXPECT_FALSE(read(frame.substr(0, i))) << i;
    EXPECT_FALSE(read(frame.substr(i + 1))) << i;
    std::string damaged = frame;
    damaged[i] ^= 0x04;
    EXPECT_FALSE(read(damaged)) << i;
  }
  EXPECT_FALSE(read(frame + "x"));
  EXPECT_FALSE(read(frame, kIndexAt + 1));
}

// With a right checksum: another program, or somebody with write access.
TEST(SegmentIndex, RefusesWhatCannotBe) {
  const auto refuses = [](const auto& change) {
    SegmentIndex index = make_index(70);
    change(index);
    return !read(format_index(index, kIndexAt));
  };
  using Index = SegmentIndex;
  EXPECT_FALSE(refuses([](Index&) {}));
  EXPECT_TRUE(refuses([](Index& i) { ++i.bytes; }));
  EXPECT_TRUE(refuses([](Index& i) { ++i.blocks[1].facts.offset; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[1].facts.bytes = 0; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[69].facts.bytes = kBlockBytesMax + 1; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[1].facts.lines = 0; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[1].facts.lines = 1'000'000; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[1].frame_at = 399; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[69].frame_at = kIndexAt - 399; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[69].frame_at = UINT64_MAX; }));
  EXPECT_TRUE(refuses([](Index& i) { i.blocks[69].frame_bytes = 100'000; }));
  EXPECT_TRUE(refuses([](Index& i) { i.groups[0].rows = 0; }));
  EXPECT_TRUE(refuses([](Index& i) { i.groups[0].rows = kFilterRowsMax + 1; }));
  EXPECT_TRUE(refuses([](Index& i) { i.groups[0].rows_at = kIndexAt - 100; }));
  EXPECT_TRUE(refuses([](Index& i) { i.groups[1].rows_at = UINT64_MAX; }));
}

TEST(SegmentIndex, NamesAnotherVersion) {
  std::string frame = format_index(make_index(1), kIndexAt);
  frame[frame.size() - 20] = 2;
  const auto have = read(frame);
  ASSERT_FALSE(have);
  EXPECT_NE(have.error().message.find("version 2"), std::string::npos) << have.error().message;
}

}  // namespace
}  // namespace dn::store
