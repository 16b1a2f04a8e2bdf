#include "store/segmented_log.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "store/testing/fake_disk.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using testing::FailingDisk;
using testing::names_in;
using testing::read_all;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr std::string_view kFirstName = "20261122T031500.000Z-000001.jsonl";

Now at(std::chrono::milliseconds since) {
  const WallTime start = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 3h + 15min;
  return {MonotonicTime{since}, start + since, true};
}

class SegmentedLogTest : public ::testing::Test {
 protected:
  std::filesystem::path directory() const { return root_.path() / "flow"; }
  SegmentedLog make(SegmentLimits limits = {}) { return {directory(), limits, disk_}; }
  void put(std::string_view name, std::string_view text) {
    std::filesystem::create_directories(directory());
    write_file(directory() / name, text);
  }

  TemporaryDirectory root_;
  FailingDisk disk_;
};

TEST(SegmentName, ReadsBackWhatItWrites) {
  const SegmentName name{at(123ms).wall, 1};
  EXPECT_EQ(format_segment_name(name), "20261122T031500.123Z-000001.jsonl");
  for (const std::uint64_t number : {1UL, 999'999UL, 1'000'000UL, 123'456'789'012UL}) {
    const auto read = parse_segment_name(format_segment_name({name.begun, number}));
    ASSERT_TRUE(read.has_value()) << number;
    EXPECT_EQ(read->number, number);
    EXPECT_EQ(read->begun, name.begun);
  }
}

TEST(SegmentName, RefusesEveryNameThatIsNotOurs) {
  for (const std::string_view name :
       {"", ".jsonl", "notes.txt", "20261122T031500.123Z-000001.jsonl.zst",
        "20261122T031500.123Z-1.jsonl", "20261122T031500.123Z-0000001.jsonl",
        "20261322T031500.123Z-000001.jsonl", "20260230T031500.123Z-000001.jsonl",
        "20261122T251500.123Z-000001.jsonl", "20261122 031500.123Z-000001.jsonl",
        "20261122T031500.123Z_000001.jsonl", "20261122T031500.123Z-00000x.jsonl",
        "20261122T031500.123Z--00001.jsonl", "-0261122T031500.123Z-000001.jsonl"}) {
    EXPECT_FALSE(parse_segment_name(name).has_value()) << name;
  }
}

TEST_F(SegmentedLogTest, PutsLinesIntoASegmentNamedByTheTimeOfItsFirstLine) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_TRUE(names_in(directory()).empty()) << "nothing is created without a line";
  EXPECT_EQ(log.append("a\nb\n", at(0ms)), 4U);
  EXPECT_EQ(log.append("c\n", at(1s)), 2U);
  EXPECT_EQ(names_in(directory()), std::vector<std::string>{std::string(kFirstName)});
  EXPECT_EQ(read_all(directory()), "a\nb\nc\n") << "on disk at once, without a close";
  EXPECT_EQ(log.counters().lines, 3U);
  EXPECT_EQ(log.counters().bytes, 6U);
  EXPECT_EQ(log.counters().segments, 1U);
  EXPECT_EQ(log.last_error(), "");
}

TEST_F(SegmentedLogTest, KeepsSegmentsPrivateToOwnerAndGroup) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0ms));
  const auto mode = std::filesystem::status(directory() / kFirstName).permissions();
  EXPECT_EQ(mode & std::filesystem::perms::others_all, std::filesystem::perms::none);
}

TEST_F(SegmentedLogTest, ContinuesTheNewestSegmentAfterARestart) {
  {
    SegmentedLog log = make();
    ASSERT_TRUE(log.open());
    log.append("a\n", at(0ms));
  }
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("b\n", at(1s));
  EXPECT_EQ(names_in(directory()).size(), 1U);
  EXPECT_EQ(read_all(directory()), "a\nb\n");
  EXPECT_EQ(log.counters().torn_bytes, 0U);
}

TEST_F(SegmentedLogTest, LetsOnlyOneWriterIn) {
  SegmentedLog first = make();
  ASSERT_TRUE(first.open());
  SegmentedLog second = make();
  const auto opened = second.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("another process writes the log in"), std::string::npos)
      << opened.error().message;
}

TEST_F(SegmentedLogTest, FailsToOpenWhereNoDirectoryCanBe) {
  write_file(root_.path() / "flow", "a file");
  SegmentedLog log = make();
  const auto opened = log.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("cannot"), std::string::npos) << opened.error().message;
}

// A crash (or a power cut) may leave the newest segment at any length.
TEST_F(SegmentedLogTest, KeepsEveryWholeLineWhateverTheLengthAtWhichACrashLeftTheSegment) {
  const std::string text = "{\"a\":1}\n{\"b\":22}\n\n{\"c\":333}\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    std::filesystem::remove_all(directory());
    put(kFirstName, text.substr(0, length));
    SegmentedLog log = make();
    ASSERT_TRUE(log.open());
    const std::size_t newline = text.substr(0, length).rfind('\n');
    const std::size_t whole = newline == std::string::npos ? 0 : newline + 1;
    EXPECT_EQ(log.counters().torn_bytes, length - whole) << length;
    EXPECT_EQ(log.append("next\n", at(1s)), 5U);
    EXPECT_EQ(read_all(directory()), text.substr(0, whole) + "next\n") << length;
    EXPECT_EQ(log.counters().disk_bytes, whole + 5) << length;
  }
}

TEST_F(SegmentedLogTest, CutsATornLineThatIsLongerThanItsReadBuffer) {
  put(kFirstName, "first\n" + std::string(200'000, 'x'));
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_EQ(read_all(directory()), "first\n");
  EXPECT_EQ(log.counters().torn_bytes, 200'000U);
}

TEST_F(SegmentedLogTest, BeginsAFreshSegmentWhereTheTornOneCannotBeRepaired) {
  put(kFirstName, "first\ntorn");
  disk_.truncate_error = EIO;
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_EQ(log.append("next\n", at(1s)), 5U);
  EXPECT_EQ(names_in(directory()).size(), 2U);
  EXPECT_EQ(read_file(directory() / "20261122T031501.000Z-000002.jsonl"), "next\n");
}

TEST_F(SegmentedLogTest, ClosesASegmentThatHasNoRoomForTheNextLine) {
  SegmentedLog log = make({.segment_bytes = 10});
  ASSERT_TRUE(log.open());
  EXPECT_EQ(log.append("1234\n6789\nabcd\n", at(0ms)), 15U);
  EXPECT_EQ(names_in(directory()), (std::vector<std::string>{"20261122T031500.000Z-000001.jsonl",
                                                             "20261122T031500.000Z-000002.jsonl"}));
  EXPECT_EQ(read_file(directory() / kFirstName), "1234\n6789\n");
  EXPECT_EQ(read_all(directory()), "1234\n6789\nabcd\n");
}

TEST_F(SegmentedLogTest, GivesALineLongerThanASegmentItsOwn) {
  SegmentedLog log = make({.segment_bytes = 10});
  ASSERT_TRUE(log.open());
  const std::string longer = std::string(30, 'x') + "\n";
  EXPECT_EQ(log.append("a\n" + longer + "b\n", at(0ms)), 35U);
  EXPECT_EQ(names_in(directory()).size(), 3U);
  EXPECT_EQ(read_file(directory() / "20261122T031500.000Z-000002.jsonl"), longer);
  EXPECT_EQ(read_all(directory()), "a\n" + longer + "b\n");
}

TEST_F(SegmentedLogTest, ClosesASegmentAtItsAgeWithOrWithoutTraffic) {
  SegmentedLog log = make({.segment_age = 60s});
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0ms));
  log.append("b\n", at(59'999ms));
  EXPECT_EQ(names_in(directory()).size(), 1U);
  log.append("c\n", at(60s));
  EXPECT_EQ(names_in(directory()).size(), 2U);
  log.tidy(at(120s));
  log.append("d\n", at(120s));
  EXPECT_EQ(names_in(directory()).size(), 3U);
}

TEST_F(SegmentedLogTest, KeepsTheOrderByNumberWhenTheClockStepsBack) {
  SegmentedLog log = make({.segment_bytes = 2});
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0ms));
  log.append("b\n", at(-2h));
  log.append("c\n", at(-1h));
  log.close();
  SegmentLimits limits{.segment_bytes = 2, .keep_bytes = 2};
  TemporaryDirectory elsewhere;
  std::filesystem::copy(directory(), elsewhere.path(), std::filesystem::copy_options::recursive);
  SegmentedLog again(elsewhere.path(), limits, disk_);
  ASSERT_TRUE(again.open());
  again.append("d\n", at(1s));
  again.tidy(at(1s));
  EXPECT_EQ(names_in(elsewhere.path()),
            std::vector<std::string>{"20261122T031501.000Z-000004.jsonl"});
}

TEST_F(SegmentedLogTest, DeletesTheOldestSegmentsBeyondTheBytesToKeep) {
  SegmentedLog log = make({.segment_bytes = 2, .keep_bytes = 6});
  ASSERT_TRUE(log.open());
  for (const std::string_view line : {"a\n", "b\n", "c\n", "d\n", "e\n"}) log.append(line, at(0ms));
  log.tidy(at(0ms));
  EXPECT_EQ(read_all(directory()), "c\nd\ne\n");
  EXPECT_EQ(log.counters().segments_deleted, 2U);
  EXPECT_EQ(log.counters().segments, 3U);
  EXPECT_EQ(log.counters().disk_bytes, 6U);
}

TEST_F(SegmentedLogTest, NeverDeletesTheNewestSegment) {
  SegmentedLog log = make({.keep_bytes = 0, .keep_age = 0s});
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0ms));
  log.tidy(at(1s));
  EXPECT_EQ(read_all(directory()), "a\n");
  log.tidy(at(24h));  // closed by age meanwhile
  EXPECT_EQ(read_all(directory()), "a\n");
}

TEST_F(SegmentedLogTest, DeletesASegmentOnceItsLastLineIsTooOld) {
  SegmentedLog log = make({.segment_age = 60s, .keep_age = 1h});
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0s));
  log.append("b\n", at(60s));
  log.append("c\n", at(120s));
  log.tidy(at(60s + 1h));
  EXPECT_EQ(read_all(directory()), "a\nb\nc\n");
  log.tidy(at(60s + 1h + 1ms));
  EXPECT_EQ(read_all(directory()), "b\nc\n");
}

TEST_F(SegmentedLogTest, DeletesNothingByAgeWhileTheClockIsNotTrusted) {
  SegmentedLog log = make({.segment_age = 60s, .keep_age = 1h});
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0s));
  log.append("b\n", at(60s));
  Now wrong = at(24h * 3650);
  wrong.wall_trusted = false;
  log.tidy(wrong);
  EXPECT_EQ(read_all(directory()), "a\nb\n");
}

TEST_F(SegmentedLogTest, LeavesOtherFilesAlone) {
  put("README", "mine");
  put("20261122T031500.000Z-000001.jsonl.zst", "mine");
  std::filesystem::create_directories(directory() / "20261122T031500.000Z-000009.jsonl");
  SegmentedLog log = make({.segment_bytes = 2, .keep_bytes = 0});
  ASSERT_TRUE(log.open());
  log.append("a\nb\n", at(0ms));
  EXPECT_EQ(names_in(directory()).size(), 4U);
  EXPECT_EQ(read_file(directory() / "README"), "mine");
}

TEST_F(SegmentedLogTest, WritesThroughShortAndInterruptedWrites) {
  disk_.write_bytes_max = 3;
  disk_.interruptions = 2;
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  EXPECT_EQ(log.append("first\nsecond\n", at(0ms)), 13U);
  EXPECT_EQ(read_all(directory()), "first\nsecond\n");
  EXPECT_EQ(log.counters().failures, 0U);
}

// The disk fills up at every possible byte, and has room again later.
TEST_F(SegmentedLogTest, NeverLeavesATornLineInTheMiddleWhereverTheDiskFillsUp) {
  const std::string text = "first\nsecond\nthird\n";
  for (const int error : {ENOSPC, EIO, EROFS}) {
    for (std::size_t room = 0; room <= text.size(); ++room) {
      std::filesystem::remove_all(directory());
      SegmentedLog log = make();
      ASSERT_TRUE(log.open());
      ASSERT_EQ(log.append("zero\n", at(0ms)), 5U);
      disk_.fill_up(room, error);
      const std::size_t done = log.append(text, at(1s));
      const std::size_t newline = text.substr(0, room).rfind('\n');
      EXPECT_EQ(done, newline == std::string::npos ? 0 : newline + 1) << room;
      EXPECT_EQ(read_all(directory()), "zero\n" + text.substr(0, done)) << room;
      EXPECT_EQ(log.last_error().empty(), done == text.size()) << room;
      disk_.recover();
      EXPECT_EQ(log.append(text.substr(done), at(2s)), text.size() - done);
      EXPECT_EQ(read_all(directory()), "zero\n" + text) << room;
      EXPECT_EQ(names_in(directory()).size(), 1U);
    }
  }
}

TEST_F(SegmentedLogTest, ResumesOnAFreshSegmentWhereTheTornLineCannotBeCutOff) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  ASSERT_EQ(log.append("zero\n", at(0ms)), 5U);
  disk_.fill_up(3);
  disk_.truncate_error = EIO;
  EXPECT_EQ(log.append("first\n", at(1s)), 0U);
  disk_.recover();
  EXPECT_EQ(log.append("first\n", at(2s)), 6U);
  EXPECT_EQ(read_file(directory() / kFirstName), "zero\nfir");
  EXPECT_EQ(read_file(directory() / "20261122T031502.000Z-000002.jsonl"), "first\n");
}

TEST_F(SegmentedLogTest, SaysWhyTheDiskRefuses) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  disk_.open_error = EROFS;
  EXPECT_EQ(log.append("a\n", at(0ms)), 0U);
  EXPECT_NE(log.last_error().find("Read-only file system"), std::string::npos) << log.last_error();
  EXPECT_NE(log.last_error().find(directory().string()), std::string::npos) << log.last_error();
  EXPECT_EQ(log.counters().failures, 1U);
  disk_.recover();
  EXPECT_EQ(log.append("a\n", at(1s)), 2U);
}

TEST_F(SegmentedLogTest, ComesBackAfterItsDirectoryWasDeleted) {
  SegmentedLog log = make();
  ASSERT_TRUE(log.open());
  log.append("a\n", at(0ms));
  std::filesystem::remove_all(directory());
  EXPECT_EQ(log.append("b\n", at(1s)), 2U);
  EXPECT_EQ(read_all(directory()), "b\n");
  EXPECT_NE(log.last_error().find("was deleted while it was open"), std::string::npos);
}

TEST_F(SegmentedLogTest, GoesOnWhenSomebodyElseDeletedAClosedSegment) {
  SegmentedLog log = make({.segment_bytes = 2, .keep_bytes = 4});
  ASSERT_TRUE(log.open());
  log.append("a\nb\n", at(0ms));
  std::filesystem::remove(directory() / kFirstName);
  log.append("c\nd\n", at(0ms));
  log.tidy(at(0ms));
  EXPECT_EQ(read_all(directory()), "c\nd\n");
  EXPECT_EQ(log.counters().failures, 0U);
}

// The same as the injected failures above, by a real file system of 64 KiB. Mounted in a mount
// namespace of this one thread, so that nothing is left behind.
TEST_F(SegmentedLogTest, StaysWholeOnARealDiskThatIsFull) {
  std::string skipped;
  std::thread([&] {
    std::filesystem::create_directories(directory());
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", directory().c_str(), "tmpfs", 0, "size=64k") != 0) {
      skipped = "a mount namespace needs privileges";
      return;
    }
    SegmentedLog log = make({.segment_bytes = 16384});
    ASSERT_TRUE(log.open());
    const std::string line = std::string(998, 'x') + "\n";
    std::size_t lines = 0;
    while (lines < 200 && log.append(line, at(1s)) == line.size()) ++lines;
    EXPECT_GT(lines, 20U);
    EXPECT_LT(lines, 66U) << "a disk of 64 KiB cannot hold more";
    EXPECT_NE(log.last_error().find("No space left on device"), std::string::npos)
        << log.last_error();
    std::string text = read_all(directory());
    EXPECT_EQ(text.size(), lines * line.size());
    std::filesystem::remove(directory() / names_in(directory()).front());
    EXPECT_EQ(log.append(line, at(2s)), line.size());
    text = read_all(directory());
    EXPECT_EQ(text.size() % line.size(), 0U);
    EXPECT_TRUE(text.ends_with(line));
  }).join();
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

}  // namespace
}  // namespace dn::store
