#include "store/stream_reader.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "store/log_line.h"
#include "store/segmented_log.h"
#include "store/testing/fake_disk.h"

namespace dn::store {
namespace {

using namespace std::chrono_literals;
using testing::names_in;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr std::int64_t kStart = 1'795'317'300'000;

Now at(std::chrono::milliseconds since) {
  return {MonotonicTime{since}, WallTime(std::chrono::milliseconds(kStart) + since), true};
}

// A log of numbered events, 10 ms apart, whose reader the test drives.
class StreamReaderTest : public ::testing::Test {
 protected:
  StreamReaderTest() : log_(directory(), limits(), real_file_calls()) { EXPECT_TRUE(log_.open()); }
  static SegmentLimits limits() { return {.segment_bytes = 20'000, .compress_after = 0s}; }
  std::filesystem::path directory() const { return root_.path() / "s"; }

  void write(int events) {
    for (int i = 0; i < events; ++i, ++written_) {
      std::string line;
      append_line(line, kStart + 10 * written_, kStart,
                  "{\"n\":\"n" + std::to_string(written_) + "\",\"tens\":\"t" +
                      std::to_string(written_ / 10) + "\"}");
      ASSERT_EQ(log_.append(line, at(0s)), line.size());
    }
  }
  void compress() {
    while (log_.compress_one(at(0s), go_on_)) {
    }
  }
  std::vector<BlockInfo> find(TimeRange range = {}, const records::RequiredValues& required = {}) {
    EXPECT_TRUE(reader_.refresh());
    std::vector<BlockInfo> found;
    reader_.find_blocks(range, required, found);
    std::ranges::sort(found, {}, &BlockInfo::segment);
    return found;
  }
  std::vector<std::string> load(const std::vector<BlockInfo>& blocks) {
    std::vector<std::string> messages;
    LoadedBlock loaded;
    for (const BlockInfo& block : blocks) {
      const auto done = reader_.load(block, loaded);
      EXPECT_TRUE(done) << done.error().message;
      for (std::size_t at = 0; const auto event = loaded.next_event(at);) {
        messages.emplace_back(event->message);
        EXPECT_GE(event->key.timestamp, block.first);
        EXPECT_LE(event->key.timestamp, block.last);
        EXPECT_TRUE(keys_.insert(event->key).second || seen_before_);
      }
    }
    return messages;
  }

  TemporaryDirectory root_;
  SegmentedLog log_;
  StreamReader reader_{directory(), 77};
  const std::atomic<bool> go_on_ = false;
  std::int64_t written_ = 0;
  std::set<records::EventKey> keys_;
  bool seen_before_ = false;
};

TEST_F(StreamReaderTest, HasNothingBeforeThereIsADirectory) {
  StreamReader reader(root_.path() / "absent", 1);
  EXPECT_TRUE(reader.refresh());
  std::vector<BlockInfo> found;
  reader.find_blocks({}, {}, found);
  EXPECT_TRUE(found.empty());
  EXPECT_FALSE(reader.summary().first);
}

TEST_F(StreamReaderTest, SeesWhatIsAppendedAndNothingTwice) {
  std::vector<std::string> all;
  for (int round = 0; round < 5; ++round) {
    write(100);
    seen_before_ = round > 0;
    all = load(find());
    EXPECT_EQ(all.size(), static_cast<std::size_t>(written_));
  }
  EXPECT_EQ(keys_.size(), all.size());
  const StreamSummary summary = reader_.summary();
  EXPECT_EQ(summary.first, kStart);
  EXPECT_EQ(summary.last, kStart + 10 * (written_ - 1));
  EXPECT_EQ(summary.last_ingestion, kStart);
  EXPECT_EQ(summary.bytes, log_.counters().bytes);
}

TEST_F(StreamReaderTest, LoadsBlocksOfRawSegmentsAfterTheyWereCompressed) {
  write(1000);
  const auto blocks = find();
  const auto before = load(blocks);
  compress();
  seen_before_ = true;
  EXPECT_EQ(load(blocks), before) << "with what the reader knew then";
  EXPECT_EQ(load(find()), before);
  EXPECT_EQ(load(blocks), before) << "with what it knows now";
  EXPECT_EQ(keys_.size(), 1000U);
  EXPECT_EQ(reader_.summary().bytes, log_.counters().bytes);
}

TEST_F(StreamReaderTest, LoadsAPrefixOfABlockThatGrewMeanwhile) {
  write(10);
  const auto blocks = find();
  write(10);
  EXPECT_EQ(load(blocks).size(), 10U);
  log_.close();
  compress();
  seen_before_ = true;
  EXPECT_EQ(load(blocks).size(), 10U);
}

TEST_F(StreamReaderTest, LeavesOutBlocksOutsideTheRange) {
  write(2000);
  compress();
  for (const TimeRange range : {TimeRange{kStart + 5000, kStart + 5009}, TimeRange{kStart, kStart},
                                TimeRange{kStart + 19'990, INT64_MAX}}) {
    const auto blocks = find(range);
    EXPECT_EQ(blocks.size(), 1U);
    EXPECT_LE(blocks[0].first, range.to);
    EXPECT_GE(blocks[0].last, range.from);
  }
  EXPECT_TRUE(find({INT64_MIN, kStart - 1}).empty());
  EXPECT_TRUE(find({kStart + 20'000, INT64_MAX}).empty());
  EXPECT_EQ(find({INT64_MIN, INT64_MAX}).size(), find().size());
}

TEST_F(StreamReaderTest, LeavesOutBlocksWithoutTheRequiredValues) {
  write(3000);
  log_.close();
  compress();
  const std::size_t all = find().size();
  ASSERT_GT(all, 10U);
  const auto few = [&](const records::RequiredValues& required, std::string_view wanted) {
    const auto blocks = find({}, required);
    seen_before_ = true;
    const auto messages = load(blocks);
    EXPECT_LE(blocks.size(), 3U) << wanted;
    return std::ranges::any_of(messages, [&](const auto& m) { return m.contains(wanted); });
  };
  EXPECT_TRUE(few({{"n1234"}}, "\"n1234\""));
  EXPECT_TRUE(few({{"n1234"}, {"t123"}}, "\"n1234\""));
  EXPECT_TRUE(few({{"nobody", "n1234"}}, "\"n1234\""));
  EXPECT_LE(find({}, {{"nobody"}}).size(), 1U);
  EXPECT_LE(find({}, {{"n1"}, {"n2999"}}).size(), 1U) << "never in one block";
  // What the filter cannot speak about lets everything through.
  EXPECT_EQ(find({}, {{std::string(300, 'x')}}).size(), all);
  EXPECT_EQ(find({}, {{"nobody", "2026-11-22T03:15:00.123Z"}}).size(), all);
  EXPECT_EQ(find({}, {{}}).size(), all);
  EXPECT_EQ(find({}, {std::vector<std::string>(kClauseTextsMax + 1, "nobody")}).size(), all);
  EXPECT_LE(find({}, records::RequiredValues(100, {"n5"})).size(), 3U);
}

TEST_F(StreamReaderTest, NeverSkipsABlockWhoseValuesItDoesNotKnow) {
  std::string line;
  append_line(line, kStart, kStart, R"({"a":"\ud800","b":"x"})");
  ASSERT_EQ(log_.append(line, at(0s)), line.size());
  log_.close();
  compress();
  EXPECT_EQ(find({}, {{"whatever"}}).size(), 1U);
}

TEST_F(StreamReaderTest, PassesOverADamagedFileAndSaysSoOnce) {
  write(600);
  compress();
  const std::size_t all = load(find()).size();
  const std::string victim = names_in(directory()).front();
  const std::string bytes = read_file(directory() / victim);
  write_file(directory() / victim, bytes.substr(0, bytes.size() - 1));
  StreamReader fresh(directory(), 77);
  std::vector<BlockInfo> found;
  for (int i = 0; i < 3; ++i) {
    found.clear();
    ASSERT_TRUE(fresh.refresh());
    fresh.find_blocks({}, {}, found);
  }
  LoadedBlock loaded;
  std::size_t events = 0;
  for (const BlockInfo& block : found) {
    ASSERT_TRUE(fresh.load(block, loaded));
    for (std::size_t at = 0; loaded.next_event(at);) ++events;
  }
  EXPECT_LT(events, all);
  EXPECT_GT(events, all / 2);
  const auto problems = fresh.take_problems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find(victim), std::string::npos) << problems[0];
  EXPECT_TRUE(fresh.take_problems().empty());
}

TEST_F(StreamReaderTest, PrefersTheRawSegmentOverADamagedCompressedOne) {
  write(5);
  log_.close();
  write_file(directory() / (names_in(directory()).front() + ".zst"), "half of it");
  EXPECT_EQ(load(find()).size(), 5U);
}

TEST_F(StreamReaderTest, PrefersACompleteCompressedSegmentOverTheRawOne) {
  write(300);
  const std::string raw = names_in(directory()).front();
  const std::string text = read_file(directory() / raw);
  compress();
  write_file(directory() / raw, text);
  EXPECT_EQ(load(find()).size(), 300U);
}

TEST_F(StreamReaderTest, SaysWhenABlockIsGoneOrDamaged) {
  write(600);
  compress();
  const auto blocks = find();
  const auto path = directory() / names_in(directory()).front();
  std::string bytes = read_file(path);
  bytes[100] ^= 0x55;
  write_file(path, bytes);
  LoadedBlock loaded;
  const auto damaged = reader_.load(blocks[0], loaded);
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().message.find("damaged"), std::string::npos) << damaged.error().message;
  EXPECT_TRUE(loaded.lines().empty());
  std::filesystem::remove(path);
  EXPECT_FALSE(reader_.load(blocks[0], loaded));
  EXPECT_TRUE(reader_.load(blocks[1], loaded));
  BlockInfo forged = blocks[1];
  forged.bytes = UINT64_MAX;
  EXPECT_FALSE(reader_.load(forged, loaded));
  forged = blocks[1];
  forged.offset = UINT64_MAX - 5;
  EXPECT_FALSE(reader_.load(forged, loaded));
  forged.segment = 4711;
  EXPECT_FALSE(reader_.load(forged, loaded));
}

TEST_F(StreamReaderTest, ForgetsLinesThatWereTakenBack) {
  write(10);
  EXPECT_EQ(load(find()).size(), 10U);
  const auto path = directory() / names_in(directory()).front();
  const std::string text = read_file(path);
  std::filesystem::resize_file(path, text.find('\n') + 1);
  seen_before_ = true;
  EXPECT_EQ(load(find()).size(), 1U);
}

}  // namespace
}  // namespace dn::store
