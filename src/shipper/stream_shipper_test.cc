#include "shipper/stream_shipper.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "records/json_text.h"
#include "shipper/testing/fake_logs_service.h"
#include "store/segmented_log.h"
#include "store/testing/fake_disk.h"

namespace dn::shipper {
namespace {

using namespace std::chrono_literals;
using Step = StreamShipper::Step;
using testing::FakeLogsService;

const WallTime kStart = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

class StreamShipperTest : public ::testing::Test {
 protected:
  StreamShipperTest() { reopen_log({}); }
  void reopen_log(store::SegmentLimits limits) {
    log_.reset();
    log_ = std::make_unique<store::SegmentedLog>(root_.path() / "flow", limits,
                                                 store::real_file_calls());
    EXPECT_TRUE(log_->open());
  }
  void write(std::string_view text, std::chrono::milliseconds since = 0ms) {
    const WallTime time = kStart + since;
    const std::string line =
        fmt::format("{{\"time\":\"{}\",\"dhost\":\"{}\"}}", records::format_time(time), text);
    EXPECT_EQ(log_->append(line + "\n", {MonotonicTime{since}, time, true}), line.size() + 1);
    written_.push_back(line);
  }
  std::unique_ptr<StreamShipper> make() {
    StreamShipperSettings settings;
    settings.directory = root_.path() / "flow";
    settings.cursor_file = root_.path() / "shipped-flow";
    settings.group = "DiscrimiNAT";
    settings.stream = "flow";
    settings.calls = &disk_;
    auto shipper = std::make_unique<StreamShipper>(settings, logs_);
    EXPECT_TRUE(shipper->open());
    return shipper;
  }
  static int drain(const std::unique_ptr<StreamShipper>& shipper) {
    int sent = 0;
    while (shipper->step() == Step::Sent) ++sent;
    return sent;
  }
  std::vector<std::string> arrived() { return service_.messages("flow"); }

  store::testing::TemporaryDirectory root_;
  store::testing::FailingDisk disk_;
  std::unique_ptr<store::SegmentedLog> log_;
  FakeLogsService service_;
  aws::CloudWatchLogs logs_ = service_.client();
  std::vector<std::string> written_;
};

TEST_F(StreamShipperTest, MakesGroupAndStreamOnFirstUse) {
  write("a");
  auto shipper = make();
  EXPECT_EQ(shipper->step(), Step::Sent);
  EXPECT_EQ(arrived(), written_);
  EXPECT_EQ(service_.operations(),
            (std::vector<std::string>{"PutLogEvents", "CreateLogStream", "CreateLogGroup",
                                      "CreateLogStream", "PutLogEvents"}));
  EXPECT_EQ(shipper->step(), Step::Idle);
  EXPECT_EQ(shipper->stats().shipped, 1U);
  EXPECT_EQ(shipper->stats().shipped_to, kStart);
}

TEST_F(StreamShipperTest, SharesTheGroupWithOthers) {
  service_.group = true;
  write("a");
  auto first = make();
  EXPECT_EQ(drain(first), 1);
  service_.streams.clear();  // and one that was deleted meanwhile
  write("b");
  service_.faults = {{}, {"ResourceAlreadyExistsException", true}};
  EXPECT_EQ(drain(first), 1);
  EXPECT_EQ(arrived(), written_);
}

TEST_F(StreamShipperTest, GoesOnWhereAnotherProcessEnded) {
  write("a");
  auto first = make();
  drain(first);
  write("b");
  auto second = make();
  EXPECT_EQ(second->step(), Step::Sent);
  EXPECT_EQ(second->step(), Step::Idle);
  EXPECT_EQ(arrived(), written_);
}

TEST_F(StreamShipperTest, SendsTheSameBatchAgainUntilItIsTaken) {
  service_.group = true;
  service_.streams = {"flow"};
  write("a");
  auto shipper = make();
  service_.faults = {{"ThrottlingException"}, {"ExpiredTokenException"}, {"AccessDeniedException"}};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(shipper->step(), Step::Failed);
    EXPECT_TRUE(shipper->stats().failing);
    EXPECT_EQ(shipper->stats().waiting_since, kStart);
    EXPECT_NE(shipper->stats().last_error.find("Exception: no"), std::string::npos);
    EXPECT_TRUE(arrived().empty());
  }
  EXPECT_EQ(shipper->step(), Step::Sent);
  EXPECT_FALSE(shipper->stats().failing);
  EXPECT_EQ(arrived(), written_);
  EXPECT_EQ(shipper->step(), Step::Idle);
  EXPECT_EQ(shipper->stats().waiting_since, std::nullopt);
}

TEST_F(StreamShipperTest, SendsTwiceRatherThanNever) {
  write("a");
  auto shipper = make();
  drain(shipper);
  write("b");
  service_.faults = {{"InternalFailure", true}};
  EXPECT_EQ(shipper->step(), Step::Failed);
  EXPECT_EQ(shipper->step(), Step::Sent);
  EXPECT_EQ(arrived(), (std::vector{written_[0], written_[1], written_[1]}));
}

TEST_F(StreamShipperTest, PassesOverTheOneEventThatIsRefused) {
  for (int i = 0; i < 100; ++i) write(std::to_string(i));
  service_.poison = written_[42];
  auto shipper = make();
  drain(shipper);
  auto expected = written_;
  expected.erase(expected.begin() + 42);
  EXPECT_EQ(arrived(), expected);
  EXPECT_EQ(shipper->stats().refused, 1U);
  EXPECT_NE(shipper->stats().last_error.find("passed over"), std::string::npos);
}

TEST_F(StreamShipperTest, CountsWhatTheServiceRejected) {
  for (int i = 0; i < 10; ++i) write(std::to_string(i));
  service_.next_answer =
      R"({"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2,"expiredLogEventEndIndex":3,)"
      R"("tooNewLogEventStartIndex":9}})";
  auto shipper = make();
  drain(shipper);
  EXPECT_EQ(shipper->stats().rejected, 4U);
  EXPECT_EQ(shipper->stats().shipped, 6U);
  for (const char* answer : {"no JSON", "[]", R"({"rejectedLogEventsInfo":7})",
                             R"({"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":-1}})"}) {
    service_.next_answer = answer;
    write("x");
    drain(shipper);
  }
  EXPECT_EQ(shipper->stats().shipped, 10U);
  service_.next_answer = R"({"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":99}})";
  write("x");
  drain(shipper);
  EXPECT_EQ(shipper->stats().rejected, 5U);
}

TEST_F(StreamShipperTest, CatchesUpOverManySegmentsOfBothForms) {
  store::SegmentLimits small;
  small.segment_bytes = 300'000;
  small.compress_after = 0s;
  reopen_log(small);
  std::mt19937 random(5);
  const std::atomic<bool> go_on = false;
  auto shipper = make();
  for (int i = 0; i < 30'000; ++i) {
    write(fmt::format("{}-{}", i, std::string(random() % 40, 'x')), i * 1s);
    if (i % 3'000 == 0) log_->compress_one({MonotonicTime{}, kStart, true}, go_on);
    if (random() % 5'000 == 0) shipper->step();
    if (i % 7'000 == 6'999) shipper = make();  // a restart
  }
  EXPECT_GE(drain(shipper), 1);
  EXPECT_EQ(arrived(), written_);
  EXPECT_EQ(shipper->stats().lost_segments, 0U);
}

TEST_F(StreamShipperTest, CountsWhatRetentionWasFasterWith) {
  store::SegmentLimits small;
  small.segment_bytes = 1;
  reopen_log(small);
  write("0");
  auto shipper = make();
  drain(shipper);
  for (int i = 1; i < 6; ++i) write(std::to_string(i));
  for (const std::uint64_t number : {2U, 3U}) EXPECT_TRUE(log_->remove(number));
  EXPECT_TRUE(log_->remove(1));
  drain(shipper);
  EXPECT_EQ(shipper->stats().lost_segments, 2U);
  EXPECT_EQ(arrived(), (std::vector{written_[0], written_[3], written_[4], written_[5]}));
}

TEST_F(StreamShipperTest, PassesOverABlockThatCannotBeRead) {
  store::SegmentLimits small;
  small.segment_bytes = 1;
  small.compress_after = 0s;
  reopen_log(small);
  write("damaged");
  write("sound");
  const std::atomic<bool> go_on = false;
  ASSERT_TRUE(log_->compress_one({MonotonicTime{}, kStart, true}, go_on));
  const auto victim = root_.path() / "flow" / "20261122T000000.000Z-000001.jsonl.zst";
  std::fstream file(victim, std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file.seekp(12).write("damage", 6).flush());
  auto shipper = make();
  for (unsigned i = 1; i < kLoadAttempts; ++i) {
    EXPECT_EQ(shipper->step(), Step::Failed);
    EXPECT_NE(shipper->stats().last_error.find(victim.string()), std::string::npos);
    EXPECT_EQ(shipper->stats().waiting_since, kStart);
  }
  EXPECT_EQ(shipper->step(), Step::Sent);
  EXPECT_EQ(arrived(), std::vector{written_[1]});
  EXPECT_EQ(shipper->stats().unread_blocks, 1U);
  EXPECT_FALSE(shipper->stats().failing);
}

TEST_F(StreamShipperTest, ReportsTheTimeOfTheLastEventThatHasGone) {
  for (int i = 0; i < 3; ++i) write(std::to_string(i), i * 1s);
  service_.poison = written_[2];
  auto shipper = make();
  while (arrived().size() < 2) ASSERT_EQ(shipper->step(), Step::Sent);
  EXPECT_EQ(shipper->stats().shipped_to, kStart + 1s);
}

TEST_F(StreamShipperTest, KnowsSinceWhenTheFirstLineWaits) {
  service_.group = true;
  service_.streams = {"flow"};
  write("yesterday");
  auto shipper = make();
  drain(shipper);
  EXPECT_EQ(shipper->stats().waiting_since, std::nullopt);
  write("today", 24h);
  write("from another loop", 24h - 1s);
  write("later", 25h);
  shipper = make();  // a restart does not lose it
  for (int i = 0; i < 2; ++i) {
    service_.faults = {{"ThrottlingException"}};
    EXPECT_EQ(shipper->step(), Step::Failed);
    EXPECT_EQ(shipper->stats().waiting_since, kStart + 24h - 1s);
  }
  EXPECT_EQ(drain(shipper), 1);
  EXPECT_EQ(shipper->stats().waiting_since, std::nullopt);
}

TEST_F(StreamShipperTest, BeginsAnewWithALogThatBeganAnew) {
  store::SegmentLimits small;
  small.segment_bytes = 1;
  reopen_log(small);
  for (int i = 0; i < 5; ++i) write("old");
  auto shipper = make();
  drain(shipper);
  log_.reset();
  std::filesystem::remove_all(root_.path() / "flow");
  reopen_log(small);
  write("new");
  drain(shipper);
  EXPECT_EQ(arrived(), written_);
}

TEST_F(StreamShipperTest, WaitsWhereThereIsNoLogYet) {
  log_.reset();
  std::filesystem::remove_all(root_.path() / "flow");
  auto shipper = make();
  EXPECT_EQ(shipper->step(), Step::Idle);
  EXPECT_TRUE(service_.operations().empty());
}

TEST_F(StreamShipperTest, SaysThatItsPlaceCannotBeKept) {
  write("a");
  auto shipper = make();
  disk_.rename_error = EROFS;
  EXPECT_EQ(shipper->step(), Step::Failed);
  EXPECT_EQ(arrived(), written_);
  disk_.rename_error = 0;
  write("b");
  EXPECT_EQ(drain(shipper), 1);
  EXPECT_EQ(arrived(), written_);
}

}  // namespace
}  // namespace dn::shipper
