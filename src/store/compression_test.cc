// SegmentedLog's second half: closed segments become compressed ones, whatever fails meanwhile.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <thread>

#include "store/segment_files.h"
#include "store/segmented_log.h"
#include "store/testing/fake_disk.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using testing::FailingDisk;
using testing::names_in;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr std::string_view kFirst = "20261122T031500.000Z-000001.jsonl";
constexpr std::string_view kSecond = "20261122T031500.000Z-000002.jsonl";
const std::string kFirstCompressed = std::string(kFirst) + ".zst";

Now at(std::chrono::milliseconds since) {
  const WallTime start = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 3h + 15min;
  return {MonotonicTime{since}, start + since, true};
}

class CompressionTest : public ::testing::Test {
 protected:
  std::filesystem::path directory() const { return root_.path() / "flow"; }
  SegmentedLog make(SegmentLimits limits = {.segment_bytes = 4, .compress_after = 0s}) {
    return {directory(), limits, disk_};
  }
  // All lines as a reader finds them: of each segment the compressed form if it is whole.
  std::string all_lines() const {
    std::map<std::uint64_t, std::string> segments;
    for (const std::string& name : names_in(directory())) {
      const auto file = parse_segment_file(name);
      if (!file || file->form == SegmentForm::Partial) continue;
      const std::string path = (directory() / name).string();
      if (file->form == SegmentForm::Raw) {
        segments.emplace(file->name.number, read_file(path));
        continue;
      }
      const OpenFile opened = open_for_reading(path);
      const auto index = read_index(opened.get());
      BlockReader reader;
      if (!index) continue;
      const auto lines = reader.read_compressed(opened.get(), *index, 0, index->bytes);
      EXPECT_TRUE(lines);
      segments[file->name.number] = lines.value_or("");
    }
    std::string text;
    for (const auto& [number, lines] : segments) text += lines;
    return text;
  }

  TemporaryDirectory root_;
  FailingDisk disk_;
  const std::atomic<bool> go_on_ = false;
};

TEST(SegmentFile, ReadsBackWhatItWrites) {
  const SegmentName name{at(123ms).wall, 7};
  const std::string raw = "20261122T031500.123Z-000007.jsonl";
  const std::map<std::string, SegmentForm> forms = {
      {raw, SegmentForm::Raw},
      {raw + ".zst", SegmentForm::Compressed},
      {"." + raw + ".zst.partial", SegmentForm::Partial}};
  for (const auto& [text, form] : forms) {
    EXPECT_EQ(format_segment_file({name, form}), text);
    const auto read = parse_segment_file(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->form, form);
    EXPECT_EQ(read->name.number, 7U);
  }
  for (const std::string_view text : {".zst", "..zst.partial", "x.jsonl.zst", "notes.zst"}) {
    EXPECT_FALSE(parse_segment_file(text)) << text;
  }
  EXPECT_FALSE(parse_segment_file(raw + ".zst.zst"));
  EXPECT_FALSE(parse_segment_file(raw + ".zst.partial"));
  EXPECT_FALSE(parse_segment_file("." + raw));
}

TEST_F(CompressionTest, ReplacesClosedSegmentsAndNeverTheOpenOne) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\nb\nc\nd\ne\n", at(0ms));
  EXPECT_TRUE(log.compress_one(at(0ms), go_on_));
  EXPECT_EQ(names_in(directory()).front(), kFirstCompressed) << "the oldest first";
  EXPECT_TRUE(log.compress_one(at(0ms), go_on_));
  EXPECT_FALSE(log.compress_one(at(0ms), go_on_));
  EXPECT_EQ(names_in(directory()).back(), "20261122T031500.000Z-000003.jsonl");
  EXPECT_EQ(all_lines(), "a\nb\nc\nd\ne\n");
  EXPECT_EQ(log.append("f\ng\n", at(0ms)), 4U);
  EXPECT_EQ(all_lines(), "a\nb\nc\nd\ne\nf\ng\n");
  EXPECT_EQ(log.counters().segments, 4U);
  EXPECT_EQ(log.counters().segments_compressed, 2U);
  EXPECT_EQ(log.counters().failures, 0U) << log.last_error();
  std::uint64_t bytes = 0;
  for (const auto& name : names_in(directory())) bytes += read_file(directory() / name).size();
  EXPECT_EQ(log.counters().disk_bytes, bytes);
}

TEST_F(CompressionTest, CompressesTheNewestOnceItIsClosed) {
  SegmentedLog log = make({.segment_age = 60s, .compress_after = 0s});
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0s));
  EXPECT_FALSE(log.compress_one(at(0s), go_on_));
  log.tidy(at(60s));
  EXPECT_TRUE(log.compress_one(at(60s), go_on_));
  EXPECT_EQ(names_in(directory()), std::vector{kFirstCompressed});
  log.append("b\n", at(61s));
  EXPECT_EQ(names_in(directory()).back(), "20261122T031601.000Z-000002.jsonl");
  EXPECT_EQ(all_lines(), "a\nb\n");
}

TEST_F(CompressionTest, LeavesAClosedSegmentForThoseWhoFollowItAWhile) {
  SegmentedLog log = make({.segment_bytes = 4, .compress_after = 60s});
  ASSERT_TRUE(log.open());
  log.append("a\nb\nc\n", at(0s));
  EXPECT_FALSE(log.compress_one(at(1s), go_on_)) << "seen closed now";
  EXPECT_FALSE(log.compress_one(at(60'999ms), go_on_));
  EXPECT_TRUE(log.compress_one(at(61s), go_on_));
}

TEST_F(CompressionTest, KeepsFewClosedSegmentsWaiting) {
  SegmentedLog log = make({.segment_bytes = 4, .compress_after = 60s});
  ASSERT_TRUE(log.open());
  for (std::size_t i = 0; i < kRawSegmentsMax + 3; ++i) log.append("a\nb\n", at(0s));
  EXPECT_TRUE(log.compress_one(at(0s), go_on_));
  EXPECT_TRUE(log.compress_one(at(0s), go_on_));
  EXPECT_FALSE(log.compress_one(at(0s), go_on_));
  EXPECT_EQ(log.counters().segments_compressed, 2U);
}

TEST_F(CompressionTest, GoesOnReadingAnOpenRawFile) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\nb\nc\n", at(0s));
  const OpenFile follower = open_for_reading((directory() / kFirst).string());
  ASSERT_TRUE(follower.is_open());
  ASSERT_TRUE(log.compress_one(at(0s), go_on_));
  EXPECT_FALSE(std::filesystem::exists(directory() / kFirst));
  BlockReader reader;
  const auto lines = reader.read_raw(follower.get(), 0, 4);
  ASSERT_TRUE(lines);
  EXPECT_EQ(*lines, "a\nb\n");
}

TEST_F(CompressionTest, ContinuesAfterARestartInEitherForm) {
  {
    SegmentedLog log = make();
    ASSERT_TRUE(log.open());
    log.append("a\nb\nc\nd\n", at(0s));
    log.close();
    while (log.compress_one(at(0s), go_on_)) {
    }
    EXPECT_EQ(log.counters().segments_compressed, 2U);
  }
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_EQ(log.counters().segments_compressed, 2U);
  EXPECT_EQ(log.append("e\n", at(1s)), 2U);
  EXPECT_EQ(all_lines(), "a\nb\nc\nd\ne\n");
  EXPECT_EQ(names_in(directory()).back(), "20261122T031501.000Z-000003.jsonl");
}

// The disk stops taking orders after any number of them; then a fresh start on a sound disk.
TEST_F(CompressionTest, LosesNothingAndDoublesNothingWhereverACrashHits) {
  bool finished = false;
  for (std::size_t calls = 0; !finished; ++calls) {
    ASSERT_LT(calls, 100U);
    std::filesystem::remove_all(directory());
    disk_.recover();
    {
      SegmentedLog log = make();
      ASSERT_TRUE(log.open());
      ASSERT_EQ(log.append("a\nb\nc\n", at(0s)), 6U);
      disk_.calls_left = calls;
      ASSERT_TRUE(log.compress_one(at(0s), go_on_));
      finished = disk_.calls_left > 0;
      // Whoever reads now, with the leftovers of the crash in place:
      EXPECT_EQ(all_lines(), "a\nb\nc\n") << calls;
    }
    disk_.recover();
    SegmentedLog log = make();
    ASSERT_TRUE(log.open());
    EXPECT_EQ(all_lines(), "a\nb\nc\n") << calls;
    const auto names = names_in(directory());
    EXPECT_EQ(names.size(), 2U) << "one form of each segment, nothing partial";
    EXPECT_EQ(log.append("d\ne\n", at(1s)), 4U);
    while (log.compress_one(at(1s), go_on_)) {
    }
    EXPECT_EQ(all_lines(), "a\nb\nc\nd\ne\n") << calls;
    EXPECT_EQ(log.counters().segments_compressed, 2U);
  }
}

// A crash may also leave a partial file of any length.
TEST_F(CompressionTest, RemovesAPartialFile) {
  std::filesystem::create_directories(directory());
  write_file(directory() / kFirst, "a\n");
  write_file(directory() / ("." + std::string(kFirst) + ".zst.partial"), "half");
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_EQ(names_in(directory()), std::vector{std::string(kFirst)});
}

TEST_F(CompressionTest, LeavesTheRawSegmentWhileTheDiskIsFull) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\nb\nc\n", at(0s));
  disk_.fill_up(10);
  EXPECT_TRUE(log.compress_one(at(0s), go_on_));
  EXPECT_EQ(names_in(directory()),
            (std::vector<std::string>{std::string(kFirst), std::string(kSecond)}));
  EXPECT_NE(log.last_error().find("No space left on device"), std::string::npos);
  disk_.recover();
  EXPECT_FALSE(log.compress_one(at(59s), go_on_)) << "not at once again";
  EXPECT_TRUE(log.compress_one(at(60s), go_on_));
  EXPECT_EQ(all_lines(), "a\nb\nc\n");
  EXPECT_EQ(log.counters().segments_compressed, 1U);
}

TEST_F(CompressionTest, NeverOverwritesNorDeletesAFileThatIsNotOurs) {
  std::filesystem::create_directories(directory());
  write_file(directory() / kFirst, "a\nb\n");
  write_file(directory() / kSecond, "c\n");
  write_file(directory() / kFirstCompressed, "mine");
  SegmentedLog log = make({.segment_bytes = 4, .keep_bytes = 0, .compress_after = 0s});
  ASSERT_TRUE(log.open());
  EXPECT_NE(log.last_error().find("is passed over"), std::string::npos) << log.last_error();
  EXPECT_EQ(log.counters().disk_bytes, 6U) << "not counted";
  EXPECT_FALSE(log.compress_one(at(0s), go_on_));
  log.append("d\ne\n", at(0s));  // retention wants all but the newest gone
  EXPECT_EQ(read_file(directory() / kFirstCompressed), "mine");
  EXPECT_FALSE(std::filesystem::exists(directory() / kFirst));
}

TEST_F(CompressionTest, NeverGivesTheNumberOfADamagedSegmentAway) {
  std::filesystem::create_directories(directory());
  write_file(directory() / "20261122T031500.000Z-000041.jsonl.zst", "damaged");
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0s));
  EXPECT_EQ(names_in(directory()).back(), "20261122T031500.000Z-000042.jsonl");
}

TEST_F(CompressionTest, FollowsNoLink) {
  std::filesystem::create_directories(directory());
  write_file(root_.path() / "secret", "a\nb\n");
  std::filesystem::create_symlink(root_.path() / "secret", directory() / kFirst);
  write_file(directory() / kSecond, "c\n");
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_EQ(log.counters().segments, 1U);
  EXPECT_FALSE(log.compress_one(at(0s), go_on_));
  EXPECT_EQ(read_file(root_.path() / "secret"), "a\nb\n");
}

TEST_F(CompressionTest, KeepsMoreOfTheLogWithinTheSameBytes) {
  SegmentedLog log = make({.segment_bytes = 100'000, .keep_bytes = 250'000, .compress_after = 0s});
  ASSERT_TRUE(log.open());
  const std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(log.append(line, at(0s)), line.size());
    log.compress_one(at(0s), go_on_);
  }
  log.tidy(at(0s));
  EXPECT_EQ(all_lines().size(), 1'000'000U);
  EXPECT_EQ(log.counters().segments_deleted, 0U);
}

TEST_F(CompressionTest, DeletesTheOldestInEitherForm) {
  SegmentedLog log =
      make({.segment_bytes = 4, .segment_age = 60s, .keep_age = 1h, .compress_after = 0s});
  ASSERT_TRUE(log.open());
  log.append("a\nb\nc\nd\n", at(0s));
  log.compress_one(at(0s), go_on_);
  log.append("e\n", at(2h));
  EXPECT_EQ(all_lines(), "c\nd\ne\n");
  log.tidy(at(4h));
  EXPECT_EQ(all_lines(), "e\n");
  EXPECT_EQ(names_in(directory()).size(), 1U);
  EXPECT_EQ(log.counters().segments_compressed, 0U);
  EXPECT_EQ(log.counters().disk_bytes, 2U);
}

TEST_F(CompressionTest, RemovesAChosenSegmentButTheNewest) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\nb\nc\nd\ne\nf\n", at(0s));
  log.compress_one(at(0s), go_on_);
  EXPECT_TRUE(log.remove(1));
  EXPECT_FALSE(log.remove(1));
  EXPECT_FALSE(log.remove(3));
  EXPECT_TRUE(log.remove(2));
  EXPECT_EQ(all_lines(), "e\nf\n");
  EXPECT_EQ(log.append("g\n", at(0s)), 2U);
  EXPECT_EQ(all_lines(), "e\nf\ng\n");
}

TEST_F(CompressionTest, AppendsAllLinesOrNoneWhereverTheDiskFillsUp) {
  const std::string text = "first\nsecond\nthird\n";
  for (std::size_t room = 0; room < text.size(); ++room) {
    std::filesystem::remove_all(directory());
    SegmentedLog log = make({});
    ASSERT_TRUE(log.open());
    ASSERT_TRUE(log.append_all("zero\n", at(0ms)));
    disk_.fill_up(room);
    EXPECT_FALSE(log.append_all(text, at(1s))) << room;
    EXPECT_EQ(all_lines(), "zero\n") << room;
    EXPECT_EQ(log.counters().disk_bytes, 5U);
    EXPECT_EQ(log.counters().lines, 1U);
    disk_.recover();
    EXPECT_TRUE(log.append_all(text, at(2s)));
    EXPECT_EQ(all_lines(), "zero\n" + text);
    // A reader that saw lines which were taken back must not find others in their place.
    EXPECT_EQ(names_in(directory()).size(), room > 5 ? 2U : 1U) << room;
  }
}

TEST_F(CompressionTest, KeepsTheLinesOfOneCallInOneSegment) {
  SegmentedLog log = make({.segment_bytes = 10});
  ASSERT_TRUE(log.open());
  ASSERT_TRUE(log.append_all("123456\n", at(0s)));
  ASSERT_TRUE(log.append_all("a\nb\n", at(0s)));
  ASSERT_TRUE(log.append_all("longer than a segment\nand more\n", at(0s)));
  EXPECT_EQ(read_file(directory() / kFirst), "123456\n");
  EXPECT_EQ(read_file(directory() / kSecond), "a\nb\n");
  EXPECT_EQ(names_in(directory()).size(), 3U);
}

TEST_F(CompressionTest, ComesFromAnotherThreadThanTheLines) {
  SegmentedLog log = make({.segment_bytes = 2000, .keep_bytes = 1'000'000, .compress_after = 0s});
  ASSERT_TRUE(log.open());
  std::atomic<bool> done = false, stop = false;
  std::thread compressor([&] {
    while (!done) log.compress_one(at(0s), stop);
  });
  std::string want;
  for (int i = 0; i < 3000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    want += line;
    ASSERT_EQ(log.append(line, at(0s)), line.size());
  }
  done = true;
  compressor.join();
  EXPECT_EQ(all_lines(), want);
  EXPECT_EQ(log.counters().failures, 0U) << log.last_error();
}

}  // namespace
}  // namespace dn::store
