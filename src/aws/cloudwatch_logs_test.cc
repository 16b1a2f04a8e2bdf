#include "aws/cloudwatch_logs.h"

#include <gtest/gtest.h>

#include "aws/testing/fake_https.h"

namespace dn::aws {
namespace {

using std::chrono::milliseconds;

struct Asked {
  std::vector<SeenRequest> seen;
  FakeWorld world;
  CloudWatchLogs logs(std::deque<Outcome> outcomes) {
    SignedService service;
    service.endpoint = parse_endpoint_url("https://h").value();
    return CloudWatchLogs(JsonClient(std::make_unique<FakeHttps>(std::move(outcomes), seen),
                                     CloudWatchLogs::kTargetPrefix, std::move(service),
                                     world.surroundings()));
  }
};

TEST(CloudWatchLogs, PutsEvents) {
  Asked asked;
  const LogEvent events[] = {{kNoon, "{\"a\":\"ü\"}"}, {kNoon + milliseconds(1), "b\n"}};
  const auto dropped = asked.logs({answer_of(200, R"({"nextSequenceToken":"x"})")})
                           .put_log_events("DiscrimiNAT", "flow", events);
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->too_old + dropped->too_new, 0U);
  EXPECT_EQ(asked.seen.at(0).header("X-Amz-Target"), "Logs_20140328.PutLogEvents");
  EXPECT_EQ(asked.seen.at(0).body,
            R"({"logGroupName":"DiscrimiNAT","logStreamName":"flow","logEvents":[)"
            R"({"timestamp":1795348800000,"message":"{\"a\":\"ü\"}"},)"
            R"({"timestamp":1795348800001,"message":"b\n"}]})");
}

TEST(CloudWatchLogs, CountsWhatWasDropped) {
  struct Case {
    std::string_view info;
    std::size_t too_old, too_new;
  };
  const Case cases[] = {
      {R"({"tooOldLogEventEndIndex":2})", 2, 0},
      {R"({"expiredLogEventEndIndex":3,"tooOldLogEventEndIndex":1})", 3, 0},
      {R"({"tooNewLogEventStartIndex":3})", 0, 1},
      {R"({"tooNewLogEventStartIndex":0})", 0, 4},
      {R"({"tooNewLogEventStartIndex":-7,"tooOldLogEventEndIndex":99})", 4, 4},
      {R"({"tooNewLogEventStartIndex":"x"})", 0, 0},
      {"7", 0, 0},
  };
  const std::vector<LogEvent> events(4, {kNoon, "x"});
  for (const Case& c : cases) {
    Asked asked;
    const auto dropped =
        asked.logs({answer_of(200, "{\"rejectedLogEventsInfo\":" + std::string(c.info) + "}")})
            .put_log_events("g", "s", events);
    ASSERT_TRUE(dropped) << c.info;
    EXPECT_EQ(dropped->too_old, c.too_old) << c.info;
    EXPECT_EQ(dropped->too_new, c.too_new) << c.info;
  }
}

TEST(CloudWatchLogs, TellsWhatIsMissing) {
  Asked asked;
  const auto refused = asked.logs({answer_of(400, R"({"__type":"ResourceNotFoundException"})")})
                           .put_log_events("g", "s", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().type, "ResourceNotFoundException");
}

TEST(CloudWatchLogs, CreatesWhatIsNotThereYet) {
  Asked asked;
  auto logs = asked.logs({answer_of(200, ""),
                          answer_of(400, R"({"__type":"ResourceAlreadyExistsException"})"),
                          answer_of(400, R"({"__type":"AccessDeniedException"})")});
  EXPECT_TRUE(logs.create_log_group("g"));
  EXPECT_TRUE(logs.create_log_stream("g", "s"));
  const auto denied = logs.create_log_stream("g", "s");
  ASSERT_FALSE(denied);
  EXPECT_TRUE(is_denied(denied.error()));
  EXPECT_EQ(asked.seen.at(0).header("X-Amz-Target"), "Logs_20140328.CreateLogGroup");
  EXPECT_EQ(asked.seen.at(0).body, R"({"logGroupName":"g"})");
  EXPECT_EQ(asked.seen.at(1).body, R"({"logGroupName":"g","logStreamName":"s"})");
}

}  // namespace
}  // namespace dn::aws
