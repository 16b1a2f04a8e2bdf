#include "store/segment_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <random>
#include <string>
#include <vector>

#include "records/log_event.h"
#include "store/line_blocks.h"
#include "store/testing/fake_disk.h"

namespace dn::store {
namespace {

using testing::FailingDisk;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

class SegmentFilesTest : public ::testing::Test {
 protected:
  std::string raw() const { return (root_.path() / "raw").string(); }
  std::string made() const { return (root_.path() / "made").string(); }
  CompressionResult compress(std::string_view text) {
    write_file(raw(), text);
    return compress_segment(raw(), made(), disk_, stop_);
  }
  // Lines of a few services, so that values come again, and each with a value of its own.
  static std::string lines(std::size_t bytes, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; ++i) {
      const std::string own = std::to_string(i);
      text += "{\"time\":\"2026-11-22T03:15:00." + std::to_string(100 + i % 900) +
              "Z\",\"own\":\"own-" + own + "\",\"host\":\"host-" + std::to_string(random() % 50) +
              "\"}\n";
    }
    return text;
  }

  TemporaryDirectory root_;
  FailingDisk disk_;
  std::atomic<bool> stop_ = false;
};

// Any decompressor, as zstdcat: frame after frame, skippable ones passed over.
std::string decompress(std::string_view file) {
  std::string text;
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  std::string room(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{file.data(), file.size(), 0};
  std::size_t left = 0;
  while (in.pos < in.size) {
    ZSTD_outBuffer out{room.data(), room.size(), 0};
    left = ZSTD_decompressStream(context, &out, &in);
    EXPECT_FALSE(ZSTD_isError(left)) << ZSTD_getErrorName(left);
    if (ZSTD_isError(left) != 0) break;
    text.append(room.data(), out.pos);
  }
  EXPECT_EQ(left, 0U);
  ZSTD_freeDCtx(context);
  return text;
}

TEST_F(SegmentFilesTest, MakesAFileThatAnyDecompressorReads) {
  for (const std::string& text :
       {std::string(), std::string("a\n"), std::string("\n\n"), lines(10'000), lines(5'000'000),
        lines(1'000'000) + std::string(3'000'000, 'x') + "\n" + lines(2'000'000)}) {
    const CompressionResult result = compress(text);
    ASSERT_EQ(result.outcome, Compression::Done) << result.problem;
    const std::string file = read_file(made());
    EXPECT_EQ(result.file_bytes, file.size());
    EXPECT_EQ(decompress(file), text);
  }
}

TEST_F(SegmentFilesTest, LeavesATornLastLineOut) {
  ASSERT_EQ(compress("a\nb\ntorn").outcome, Compression::Done);
  EXPECT_EQ(decompress(read_file(made())), "a\nb\n");
}

TEST_F(SegmentFilesTest, ReadsAnyStretchOfLinesFromBothForms) {
  const std::string text = lines(4'000'000);
  ASSERT_EQ(compress(text).outcome, Compression::Done);
  const OpenFile compressed = open_for_reading(made()), plain = open_for_reading(raw());
  const auto index = read_index(compressed.get());
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->blocks.size(), 4U);
  EXPECT_EQ(index->bytes, text.size());
  BlockReader reader;
  std::mt19937 random(5);
  for (int i = 0; i < 50; ++i) {
    const std::size_t offset = random() % text.size();
    const std::size_t size = random() % (text.size() - offset + 1);
    const std::string_view want = std::string_view(text).substr(offset, size);
    const auto one = reader.read_compressed(compressed.get(), *index, offset, size);
    ASSERT_TRUE(one) << one.error().message;
    ASSERT_EQ(*one, want);
    // Readable and of no meaning; a sanitizer would tell.
    std::string beyond(one->data() + one->size(), records::kMessagePadding);
    const auto other = reader.read_raw(plain.get(), offset, size);
    ASSERT_TRUE(other);
    ASSERT_EQ(*other, want);
    beyond.assign(other->data() + other->size(), records::kMessagePadding);
  }
  EXPECT_FALSE(reader.read_compressed(compressed.get(), *index, text.size(), 1));
  EXPECT_FALSE(reader.read_compressed(compressed.get(), *index, 0, text.size() + 1));
  EXPECT_FALSE(reader.read_raw(plain.get(), 1, text.size()));
}

TEST_F(SegmentFilesTest, FindsAValueInItsBlockByTheFilter) {
  const std::string text = lines(70 * kBlockBytes);
  ASSERT_EQ(compress(text).outcome, Compression::Done);
  const OpenFile file = open_for_reading(made());
  const auto index = read_index(file.get());
  ASSERT_TRUE(index);
  ASSERT_GT(index->blocks.size(), kBlocksPerGroup) << "two groups";
  std::size_t wrong = 0, asked = 0;
  for (const std::string_view value : {"own-0", "own-7000", "own-300000", "own-650000"}) {
    const std::uint64_t at = text.find("\"" + std::string(value) + "\"");
    for (std::size_t group = 0; group < index->groups.size(); ++group) {
      const std::uint64_t found = read_filter(file.get(), *index, group, value_hash(value));
      const std::size_t first = group * kBlocksPerGroup;
      for (std::size_t i = first; i < std::min(first + 64, index->blocks.size()); ++i) {
        const BlockFacts& facts = index->blocks[i].facts;
        const bool inside = at >= facts.offset && at < facts.offset + facts.bytes;
        const bool maybe = (found >> (i - first) & 1U) != 0;
        EXPECT_TRUE(maybe || !inside) << value;
        wrong += maybe && !inside;
        ++asked;
      }
    }
  }
  EXPECT_LT(wrong, asked / 20);
}

TEST_F(SegmentFilesTest, TellsAnyDamageOfALoadedBlock) {
  const std::string text = lines(20'000);
  ASSERT_EQ(compress(text).outcome, Compression::Done);
  const std::string file = read_file(made());
  const auto index = read_index(open_for_reading(made()).get());
  ASSERT_TRUE(index);
  BlockReader reader;
  std::mt19937 random(9);
  for (std::size_t i = 0; i < index->blocks[0].frame_bytes; i += 1 + random() % 30) {
    std::string damaged = file;
    damaged[i] ^= 0x20;
    write_file(made(), damaged);
    const OpenFile opened = open_for_reading(made());
    const auto again = read_index(opened.get());
    ASSERT_TRUE(again);
    const auto read = reader.read_compressed(opened.get(), *again, 0, text.size());
    // A few bits of a frame's header mean nothing to a reader that knows the size.
    EXPECT_TRUE(!read || *read == text) << i;
  }
}

TEST_F(SegmentFilesTest, RefusesFilesThatAreNotOurs) {
  write_file(made(), "mine");
  EXPECT_FALSE(read_index(open_for_reading(made()).get()));
  write_file(made(), "");
  EXPECT_FALSE(read_index(open_for_reading(made()).get()));
  ASSERT_EQ(compress(lines(5000)).outcome, Compression::Done);
  const std::string file = read_file(made());
  write_file(made(), file.substr(1));
  EXPECT_FALSE(read_index(open_for_reading(made()).get())) << "a piece is missing";
  std::filesystem::create_symlink(raw(), root_.path() / "link");
  EXPECT_FALSE(open_for_reading((root_.path() / "link").string()).is_open());
  EXPECT_FALSE(open_for_reading(root_.path().string()).is_open());
}

TEST_F(SegmentFilesTest, LeavesASegmentWithALineThatIsTooLongAsItIs) {
  const CompressionResult result = compress("a\n" + std::string(kBlockBytesMax, 'x') + "\n");
  EXPECT_EQ(result.outcome, Compression::Unfit);
  EXPECT_FALSE(std::filesystem::exists(made()));
  EXPECT_EQ(compress(std::string(kBlockBytesMax + 1, 'x')).outcome, Compression::Unfit);
  EXPECT_EQ(compress(std::string(kBlockBytesMax - 1, 'x') + "\n").outcome, Compression::Done);
}

TEST_F(SegmentFilesTest, LeavesNothingBehindWhenItCannotFinish) {
  const std::string text = lines(3'000'000);
  ASSERT_EQ(compress(text).outcome, Compression::Done);
  const std::size_t size = read_file(made()).size();
  for (std::size_t room = 0; room < size; room += size / 17) {
    disk_.fill_up(room);
    const CompressionResult result = compress(text);
    EXPECT_EQ(result.outcome, Compression::Failed);
    EXPECT_NE(result.problem.find("No space left on device"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(made()));
    disk_.recover();
  }
  disk_.sync_error = EIO;
  EXPECT_EQ(compress(text).outcome, Compression::Failed);
  EXPECT_FALSE(std::filesystem::exists(made()));
  disk_.recover();
  disk_.open_error = EROFS;
  EXPECT_EQ(compress(text).outcome, Compression::Failed);
  disk_.recover();
  stop_ = true;
  EXPECT_EQ(compress(text).outcome, Compression::Stopped);
  EXPECT_FALSE(std::filesystem::exists(made()));
  stop_ = false;
  std::filesystem::remove(raw());
  EXPECT_EQ(compress_segment(raw(), made(), disk_, stop_).outcome, Compression::Failed);
}

}  // namespace
}  // namespace dn::store
