#include "store/log_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "records/testing/json_reader.h"
#include "store/testing/fake_disk.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using records::testing::read_json_line;
using records::testing::value_of;
using testing::FailingDisk;
using testing::names_in;
using testing::read_all;
using testing::TemporaryDirectory;

const WallTime kStart = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 3h + 15min;

class LogStoreTest : public ::testing::Test {
 protected:
  LogStoreSettings settings(std::size_t queue_bytes_max = 1UL << 20U) {
    return {.directory = root_.path(),
            .instance = "gw-1",
            .segments = {},
            .queue_bytes_max = queue_bytes_max,
            .clock = [this] { return now(); },
            .calls = &disk_};
  }
  // A store whose turns the test takes.
  std::unique_ptr<LogStore> stepped(std::size_t queue_bytes_max = 1UL << 20U) {
    auto store = LogStore::open_without_thread_for_test(settings(queue_bytes_max));
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }
  Now now() const {
    const std::chrono::milliseconds since{milliseconds_.load()};
    return {MonotonicTime{since}, kStart + since, true};
  }
  void advance(std::chrono::milliseconds by) { milliseconds_ += by.count(); }
  std::string flow() const { return read_all(root_.path() / "flow"); }
  std::string config() const { return read_all(root_.path() / "config"); }
  std::set<std::string> directories() const {
    const auto found = names_in(root_.path());
    return {found.begin(), found.end()};
  }

  TemporaryDirectory root_;
  FailingDisk disk_;
  std::atomic<std::int64_t> milliseconds_ = 0;
};

TEST_F(LogStoreTest, WritesEachStreamToItsDirectory) {
  const auto store = stepped();
  store->post(Stream::Flow, "{\"f\":1}\n{\"f\":2}\n");
  store->post(Stream::Config, "{\"c\":1}\n");
  store->post(Stream::Flow, "{\"f\":3}\n");
  EXPECT_EQ(store->stats(Stream::Flow).queued_bytes, 24U);
  store->turn_for_test();
  EXPECT_EQ(flow(), "{\"f\":1}\n{\"f\":2}\n{\"f\":3}\n");
  EXPECT_EQ(config(), "{\"c\":1}\n");
  const StreamStats stats = store->stats(Stream::Flow);
  EXPECT_EQ(stats.written.lines, 3U);
  EXPECT_EQ(stats.written.bytes, 24U);
  EXPECT_EQ(stats.written.segments, 1U);
  EXPECT_EQ(stats.queued_bytes, 0U);
  EXPECT_EQ(stats.dropped_lines, 0U);
  EXPECT_FALSE(stats.failing);
  EXPECT_EQ(stats.last_error, "");
}

TEST_F(LogStoreTest, HasAThirdStreamOnlyWhereItIsWanted) {
  stepped()->turn_for_test();
  EXPECT_EQ(directories(), (std::set<std::string>{"config", "flow"}));
  LogStoreSettings wanted = settings();
  wanted.metrics = true;
  const auto store = LogStore::open_without_thread_for_test(wanted);
  ASSERT_TRUE(store);
  EXPECT_EQ(directories(), (std::set<std::string>{"config", "flow", "metrics"}));
  (*store)->post(Stream::Metrics, "{\"m\":1}\n");
  (*store)->post(Stream::Flow, "{\"f\":1}\n");
  (*store)->turn_for_test();
  EXPECT_EQ(read_all(root_.path() / "metrics"), "{\"m\":1}\n");
  EXPECT_EQ(flow(), "{\"f\":1}\n");
  EXPECT_EQ((*store)->stats(Stream::Metrics).written.lines, 1U);
}

TEST_F(LogStoreTest, SaysInTheConfigLogWhatTheThirdStreamLost) {
  LogStoreSettings wanted = settings(1000);
  wanted.metrics = true;
  const auto store = LogStore::open_without_thread_for_test(wanted);
  ASSERT_TRUE(store);
  (*store)->post(Stream::Metrics, std::string(999, 'x') + "\n");
  (*store)->post(Stream::Metrics, "lost\n");
  EXPECT_EQ((*store)->stats(Stream::Metrics).dropped_lines, 1U);
  (*store)->turn_for_test();
  EXPECT_NE(config().find("1 metrics log lines were dropped"), std::string::npos) << config();
}

TEST_F(LogStoreTest, LetsLittleOfTheThirdStreamWait) {
  LogStoreSettings wanted = settings(4 * kMetricsQueueBytesMax);
  wanted.metrics = true;
  const auto store = LogStore::open_without_thread_for_test(wanted);
  ASSERT_TRUE(store);
  const std::string full = std::string(kMetricsQueueBytesMax - 1, 'x') + "\n";
  for (const Stream stream : {Stream::Metrics, Stream::Flow, Stream::Config}) {
    (*store)->post(stream, full);
    (*store)->post(stream, "more\n");
    const bool third = stream == Stream::Metrics;
    EXPECT_EQ((*store)->stats(stream).dropped_lines, third ? 1U : 0U) << to_text(stream);
    EXPECT_EQ((*store)->stats(stream).queued_bytes, full.size() + (third ? 0 : 5));
  }
}

TEST(LogStoreDeathTest, TakesNoLineOfAStreamThatThereIsNot) {
  TemporaryDirectory root;
  LogStoreSettings settings;
  settings.directory = root.path();
  settings.clock = [] { return Now{}; };
  const auto store = LogStore::open_without_thread_for_test(settings);
  ASSERT_TRUE(store);
  EXPECT_DEATH((*store)->post(Stream::Metrics, "{}\n"), "streams that it wanted");
}

TEST_F(LogStoreTest, DropsAndCountsWholeBlocksBeyondItsQueue) {
  const auto store = stepped(16);
  store->post(Stream::Flow, "1234567\n");
  store->post(Stream::Flow, "a\nb\nc\nd\ne\n");  // ten bytes do not fit
  store->post(Stream::Flow, "7654321\n");        // eight do
  store->post(Stream::Flow, std::string(1000, 'x') + "\n");
  EXPECT_EQ(store->stats(Stream::Flow).dropped_lines, 6U);
  store->turn_for_test();
  EXPECT_EQ(flow(), "1234567\n7654321\n");
}

TEST_F(LogStoreTest, NeverLetsAFloodOfFlowLinesCostAConfigLine) {
  const auto store = stepped(8);
  for (int i = 0; i < 100; ++i) store->post(Stream::Flow, "1234567\n");
  store->post(Stream::Config, "1234567\n");
  EXPECT_EQ(store->stats(Stream::Config).dropped_lines, 0U);
  store->turn_for_test();
  EXPECT_TRUE(config().starts_with("1234567\n"));
}

TEST_F(LogStoreTest, SaysOnceHowManyLinesWereDroppedBetweenWhichTimes) {
  const auto store = stepped(1000);
  store->post(Stream::Flow, std::string(999, 'x') + "\n");
  store->post(Stream::Flow, "lost\n");
  advance(1500ms);
  store->post(Stream::Flow, "lost\nlost\n");
  advance(500ms);
  store->turn_for_test();
  const std::string line = config();
  const auto fields = read_json_line(line);
  ASSERT_TRUE(fields.has_value()) << line;
  EXPECT_EQ(value_of(*fields, "time"), "2026-11-22T03:15:02.000Z");
  EXPECT_EQ(value_of(*fields, "instance"), "gw-1");
  EXPECT_EQ(value_of(*fields, "cat"), "self");
  EXPECT_EQ(value_of(*fields, "outcome"), "warning");
  EXPECT_EQ(value_of(*fields, "reason"),
            "3 flow log lines were dropped between 2026-11-22T03:15:00.000Z and "
            "2026-11-22T03:15:01.500Z: the disk was too slow");
  store->turn_for_test();
  EXPECT_EQ(config(), line);
}

TEST_F(LogStoreTest, SummarisesDroppedConfigLinesToo) {
  const auto store = stepped(1000);
  store->post(Stream::Config, std::string(999, 'x') + "\n");
  store->post(Stream::Config, "lost\n");
  store->turn_for_test();
  EXPECT_NE(config().find("1 config log lines were dropped"), std::string::npos) << config();
}

TEST_F(LogStoreTest, KeepsLinesThroughAFullDiskAndAsksAgainEverySecond) {
  const auto store = stepped();
  disk_.fill_up(3);
  store->post(Stream::Flow, "first\nsecond\n");
  store->turn_for_test();
  EXPECT_EQ(flow(), "") << "no torn line";
  StreamStats stats = store->stats(Stream::Flow);
  EXPECT_TRUE(stats.failing);
  EXPECT_NE(stats.last_error.find("No space left on device"), std::string::npos);
  EXPECT_EQ(stats.dropped_lines, 0U);
  EXPECT_EQ(stats.queued_bytes, 13U);
  disk_.recover();
  advance(999ms);
  store->turn_for_test();
  EXPECT_EQ(flow(), "") << "not before the second is over";
  advance(1ms);
  store->turn_for_test();
  EXPECT_EQ(flow(), "first\nsecond\n");
  stats = store->stats(Stream::Flow);
  EXPECT_FALSE(stats.failing);
  EXPECT_EQ(config(), "") << "nothing was lost, so nothing is said";
}

TEST_F(LogStoreTest, NamesTheCauseWhenAFullDiskCostLines) {
  const auto store = stepped(1000);
  disk_.fill_up(0);
  store->post(Stream::Flow, std::string(999, 'x') + "\n");
  store->turn_for_test();
  store->post(Stream::Flow, "lost\n");
  advance(1s);
  store->turn_for_test();
  EXPECT_EQ(config(), "") << "the summary waits for the disk";
  disk_.recover();
  advance(1s);
  store->turn_for_test();
  EXPECT_EQ(flow().size(), 1000U);
  EXPECT_NE(config().find("1 flow log lines were dropped"), std::string::npos) << config();
  EXPECT_NE(config().find("No space left on device"), std::string::npos) << config();
}

TEST_F(LogStoreTest, WritesTheRestOfAPieceThatTheDiskTookInPart) {
  const auto store = stepped();
  disk_.fill_up(8);
  store->post(Stream::Flow, "first\nsecond\n");
  store->turn_for_test();
  EXPECT_EQ(flow(), "first\n");
  store->post(Stream::Flow, "third\n");
  disk_.recover();
  advance(1s);
  store->turn_for_test();
  EXPECT_EQ(flow(), "first\nsecond\nthird\n");
}

TEST_F(LogStoreTest, StartsOnADiskThatTakesNothingYet) {
  disk_.open_error = EROFS;
  const auto store = stepped();
  store->post(Stream::Flow, "a\n");
  store->turn_for_test();
  EXPECT_TRUE(store->stats(Stream::Flow).failing);
  disk_.recover();
  advance(1s);
  store->turn_for_test();
  EXPECT_EQ(flow(), "a\n");
}

TEST_F(LogStoreTest, SaysWhenItFoundAnUnfinishedLine) {
  std::filesystem::create_directories(root_.path() / "flow");
  testing::write_file(root_.path() / "flow" / "20261122T031400.000Z-000001.jsonl", "a\nto");
  const auto store = stepped();
  store->turn_for_test();
  EXPECT_EQ(flow(), "a\n");
  EXPECT_NE(config().find("2 bytes of an unfinished last line were cut off the flow log"),
            std::string::npos)
      << config();
  EXPECT_EQ(store->stats(Stream::Flow).written.torn_bytes, 2U);
}

TEST_F(LogStoreTest, WritesWhatIsQueuedWhenItCloses) {
  auto store = stepped();
  store->post(Stream::Flow, "a\n");
  store->close();
  EXPECT_EQ(flow(), "a\n");
  store->post(Stream::Flow, "late\n");
  EXPECT_EQ(store->stats(Stream::Flow).dropped_lines, 1U);
  store->close();
  store->flush();
  EXPECT_EQ(flow(), "a\n");
}

TEST_F(LogStoreTest, CountsWhatItCannotWriteWhenItCloses) {
  auto store = stepped();
  disk_.fill_up(0);
  store->post(Stream::Flow, "a\nb\n");
  store->turn_for_test();
  store->close();
  EXPECT_EQ(store->stats(Stream::Flow).dropped_lines, 2U);
  EXPECT_EQ(store->stats(Stream::Flow).queued_bytes, 0U);
}

TEST_F(LogStoreTest, RefusesASecondStoreInTheSameDirectory) {
  const auto store = stepped();
  EXPECT_FALSE(LogStore::open_without_thread_for_test(settings()));
}

TEST_F(LogStoreTest, CompressesClosedSegmentsOfBothStreams) {
  LogStoreSettings small = settings();
  small.segments.segment_bytes = 8;
  small.segments.compress_after = 60s;
  const auto store = LogStore::open_without_thread_for_test(std::move(small));
  ASSERT_TRUE(store);
  for (int i = 0; i < 3; ++i) {
    (*store)->post(Stream::Flow, "1234567\n");
    (*store)->post(Stream::Config, "7654321\n");
    (*store)->turn_for_test();
  }
  (*store)->compress_for_test();
  EXPECT_EQ((*store)->stats(Stream::Flow).written.segments_compressed, 0U);
  advance(60s);
  (*store)->compress_for_test();
  (*store)->turn_for_test();
  for (const Stream stream : {Stream::Flow, Stream::Config}) {
    const SegmentCounters written = (*store)->stats(stream).written;
    EXPECT_EQ(written.segments, 3U);
    EXPECT_EQ(written.segments_compressed, 2U);
    const auto names = names_in(root_.path() / to_text(stream));
    ASSERT_EQ(names.size(), 3U);
    EXPECT_TRUE(names[0].ends_with(".jsonl.zst") && names[1].ends_with(".jsonl.zst"));
    EXPECT_TRUE(names[2].ends_with(".jsonl"));
  }
}

TEST_F(LogStoreTest, WritesWhileTheDiskIsTooFullToCompress) {
  LogStoreSettings small = settings();
  small.segments.segment_bytes = 8;
  small.segments.compress_after = 0s;
  const auto store = LogStore::open_without_thread_for_test(std::move(small));
  ASSERT_TRUE(store);
  (*store)->post(Stream::Flow, "1234567\n7654321\n");
  (*store)->turn_for_test();
  disk_.fill_up(0);
  (*store)->compress_for_test();
  disk_.recover();
  (*store)->post(Stream::Flow, "abcdefg\n");
  (*store)->turn_for_test();
  EXPECT_EQ(flow(), "1234567\n7654321\nabcdefg\n");
  EXPECT_FALSE((*store)->stats(Stream::Flow).failing);
  EXPECT_NE((*store)->stats(Stream::Flow).last_error.find("stays as it is"), std::string::npos);
}

TEST_F(LogStoreTest, ItsThreadsCompressWithoutBeingAskedAndEndWhenItCloses) {
  LogStoreSettings small = settings();
  small.segments.segment_bytes = 8;
  small.segments.compress_after = 0s;
  const auto store = LogStore::open(std::move(small));
  ASSERT_TRUE(store);
  (*store)->post(Stream::Flow, "1234567\n7654321\n");
  (*store)->flush();
  while ((*store)->stats(Stream::Flow).written.segments_compressed == 0) (*store)->flush();
  (*store)->close();
  EXPECT_EQ(names_in(root_.path() / "flow").size(), 2U);
}

TEST_F(LogStoreTest, ItsThreadWritesWithoutBeingAsked) {
  const auto store = LogStore::open(settings());
  ASSERT_TRUE(store) << store.error().message;
  (*store)->post(Stream::Flow, "a\n");
  (*store)->flush();
  EXPECT_EQ(flow(), "a\n");
  (*store)->post(Stream::Flow, "b\n");
  // No flush: the writer wakes by itself.
  while ((*store)->stats(Stream::Flow).written.lines < 2) std::this_thread::yield();
  EXPECT_EQ(flow(), "a\nb\n");
}

TEST_F(LogStoreTest, FlushReturnsWhenTheDiskRefuses) {
  const auto store = LogStore::open(settings());
  ASSERT_TRUE(store);
  disk_.open_error = ENOSPC;
  (*store)->post(Stream::Flow, "a\n");
  (*store)->flush();
  EXPECT_TRUE((*store)->stats(Stream::Flow).failing);
  EXPECT_EQ((*store)->stats(Stream::Flow).queued_bytes, 2U);
}

TEST_F(LogStoreTest, KeepsEachProducersOrderAndLosesNothing) {
  constexpr int kProducers = 4, kBlocks = 400;
  LogStoreSettings small = settings();
  small.segments.segment_bytes = 4096;
  auto store = LogStore::open(std::move(small));
  ASSERT_TRUE(store);
  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&store, producer] {
      for (int block = 0; block < kBlocks; ++block) {
        const std::string head = std::to_string(producer) + " " + std::to_string(2 * block);
        const std::string next = std::to_string(producer) + " " + std::to_string(2 * block + 1);
        (*store)->post(Stream::Flow, head + "\n" + next + "\n");
        if (block % 100 == 0) (*store)->flush();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  (*store)->close();
  std::istringstream lines(flow());
  std::vector<int> expected(kProducers, 0);
  int producer = 0, number = 0;
  while (lines >> producer >> number) {
    ASSERT_EQ(number, expected.at(static_cast<std::size_t>(producer))++);
  }
  EXPECT_EQ(expected, std::vector<int>(kProducers, 2 * kBlocks));
  EXPECT_EQ((*store)->stats(Stream::Flow).written.lines, 2U * kProducers * kBlocks);
  EXPECT_GT(names_in(root_.path() / "flow").size(), 2U);
}

TEST_F(LogStoreTest, AccountsForEveryLineUnderOverload) {
  LogStoreSettings tiny = settings(64);
  auto store = LogStore::open(std::move(tiny));
  ASSERT_TRUE(store);
  constexpr std::uint64_t kLines = 20'000;
  for (std::uint64_t i = 0; i < kLines; ++i) (*store)->post(Stream::Flow, "1234567\n");
  (*store)->close();
  const StreamStats stats = (*store)->stats(Stream::Flow);
  EXPECT_EQ(stats.written.lines + stats.dropped_lines, kLines);
  EXPECT_EQ(flow().size(), stats.written.lines * 8);
}

}  // namespace
}  // namespace dn::store
