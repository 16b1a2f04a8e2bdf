// PutLogEvents: limits of a batch and partial rejection.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::expect_json;
using testing::kNow;

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::string_view kToken =
    R"("nextSequenceToken":"49000000000000000000000000000000000000000000000000000000")";

class PutLogEvents : public ::testing::Test {
 protected:
  PutLogEvents() {
    world.get("CreateLogGroup", R"({"logGroupName":"g"})");
    world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
  }
  static std::string event(std::int64_t timestamp, std::string_view message) {
    return fmt::format(R"({{"timestamp":{},"message":"{}"}})", timestamp, message);
  }
  static std::string body(std::string_view events) {
    return fmt::format(R"({{"logGroupName":"g","logStreamName":"s","logEvents":[{}]}})", events);
  }
  static std::string times(const std::vector<std::int64_t>& offsets) {
    std::string events;
    for (const std::int64_t offset : offsets) {
      events += (events.empty() ? "" : ",") + event(kNow + offset, "m");
    }
    return body(events);
  }
  std::string stored() {
    std::string found;
    const auto answer = world.get(
        "GetLogEvents", R"({"logGroupName":"g","logStreamName":"s","startFromHead":true})");
    for (const auto& one : answer.at("events").as_array()) {
      found += fmt::format("{}:{} ", one.at("timestamp").as_int64() - kNow,
                           std::string_view(one.at("message").as_string()));
    }
    return found;
  }
  testing::ServiceWorld world{
      {.block_events = 1000, .segment_events = 5000, .own_streams_taken = false}};
};

TEST_F(PutLogEvents, StoresABatchWithTheTimeOfItsArrival) {
  expect_json(world
                  .ask("PutLogEvents",
                       body(event(kNow - 5, "a\\n\\u0000\\\"ü") + "," + event(kNow - 5, "b")))
                  .body,
              fmt::format("{{{}}}", kToken));
  EXPECT_EQ(stored(), std::string("-5:a\n") + '\0' + "\"ü -5:b ");
  const auto answer = world.get("GetLogEvents", R"({"logGroupName":"g","logStreamName":"s"})");
  EXPECT_EQ(answer.at("events").at(0).at("ingestionTime").as_int64(), kNow);
}

TEST_F(PutLogEvents, RefusesBatchesThatBreakALimit) {
  const std::string one = "InvalidParameterException: 1 validation error detected: Value ";
  struct Case {
    std::string name, body, want;
  };
  std::string many = event(kNow, "m");
  for (int i = 0; i < 10'000; ++i) many += "," + event(kNow, "m");
  const std::vector<Case> cases = {
      {"order", times({0, -1}),
       "InvalidParameterException: Log events in a single PutLogEvents request must be in "
       "chronological order."},
      {"span", times({-kDay - 1, 0}),
       "InvalidParameterException: The batch of log events in a single PutLogEvents request "
       "cannot span more than 24 hours."},
      {"no events", body(""),
       one + "at 'logEvents' failed to satisfy constraint: Member must have length greater than "
             "or equal to 1"},
      {"too many", body(many),
       one + "at 'logEvents' failed to satisfy constraint: Member must have length less than or "
             "equal to 10000"},
      {"empty message", body(event(kNow, "m") + "," + event(kNow, "")),
       one + "at 'logEvents.2.member.message' failed to satisfy constraint: Member must have "
             "length greater than or equal to 1"},
      {"no time", body(R"({"message":"m"})"),
       one + "null at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must "
             "not be null"},
      {"negative time", body(event(-1, "m")),
       one + "'-1' at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must "
             "have value greater than or equal to 0"},
      {"large", body(event(kNow, std::string(1'048'576 - 25, 'x'))),
       "InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576"},
      {"no list", R"({"logGroupName":"g","logStreamName":"s"})",
       one + "null at 'logEvents' failed to satisfy constraint: Member must not be null"},
      {"number for event", body("1"),
       "SerializationException: NUMBER_VALUE can not be converted to a Structure at "
       "'logEvents.1.member'"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(world.error("PutLogEvents", c.body), c.want) << c.name;
    EXPECT_EQ(stored(), "") << c.name;
  }
}

TEST_F(PutLogEvents, TakesBatchesAtTheirLimits) {
  world.get("PutLogEvents", times({-kDay, 0}));
  std::string many = event(kNow, "m");
  for (int i = 1; i < 10'000; ++i) many += "," + event(kNow, "m");
  world.get("PutLogEvents", body(many));
  const std::string large(1'048'576 - 26, 'x');
  world.get("PutLogEvents", body(event(kNow, large)));
  const auto answer =
      world.get("GetLogEvents", R"({"logGroupName":"g","logStreamName":"s","limit":1})");
  EXPECT_EQ(answer.at("events").at(0).at("message").as_string(), large);
}

TEST_F(PutLogEvents, CountsBytesOfUtf8) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "\\u20ac";
  EXPECT_EQ(world.error("PutLogEvents", body(event(kNow, text) + "," + event(kNow, text))),
            "InvalidParameterException: Upload too large: 1800052 bytes exceeds limit of 1048576");
  world.get("PutLogEvents", body(event(kNow, text)));
}

TEST_F(PutLogEvents, LeavesOutWhatIsTooOldTooNewOrExpired) {
  struct Case {
    std::string name;
    std::vector<std::int64_t> offsets;
    int retention;  // 0: none
    std::string rejected, stored;
  };
  const std::vector<Case> cases = {
      {"at both bounds", {-14 * kDay}, 0, "", "-1209600000:m "},
      {"in front of the bound", {-14 * kDay - 1}, 0, R"("tooOldLogEventEndIndex":1)", ""},
      {"old and good",
       {-14 * kDay - 1, -14 * kDay - 1, -1, 0},
       0,
       R"("tooOldLogEventEndIndex":2)",
       "-1:m 0:m "},
      {"at the bound ahead", {0, 2 * kHour}, 0, "", "0:m 7200000:m "},
      {"too new", {0, 2 * kHour + 1, 3 * kHour}, 0, R"("tooNewLogEventStartIndex":1)", "0:m "},
      {"both",
       {-15 * kDay, 0, 3 * kHour},
       0,
       R"("tooNewLogEventStartIndex":2,"tooOldLogEventEndIndex":1)",
       "0:m "},
      {"all too new", {3 * kHour, 4 * kHour}, 0, R"("tooNewLogEventStartIndex":0)", ""},
      {"old and new only",
       {-15 * kDay, 3 * kHour},
       0,
       R"("tooNewLogEventStartIndex":1,"tooOldLogEventEndIndex":1)",
       ""},
      {"expired",
       {-3 * kDay - 1, -3 * kDay, -3 * kDay + 1},
       3,
       R"("expiredLogEventEndIndex":1)",
       "-259200000:m -259199999:m "},
      {"too old and expired",
       {-15 * kDay, -4 * kDay, 0},
       3,
       R"("expiredLogEventEndIndex":2,"tooOldLogEventEndIndex":1)",
       "0:m "},
      {"retention longer than the bound",
       {-15 * kDay, 0},
       30,
       R"("tooOldLogEventEndIndex":1)",
       "0:m "},
  };
  for (const Case& c : cases) {
    world.get("DeleteLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
    world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
    if (c.retention > 0) {
      world.get("PutRetentionPolicy",
                fmt::format(R"({{"logGroupName":"g","retentionInDays":{}}})", c.retention));
    }
    const std::string rejected =
        c.rejected.empty() ? "" : fmt::format(R"(,"rejectedLogEventsInfo":{{{}}})", c.rejected);
    expect_json(world.ask("PutLogEvents", times(c.offsets)).body,
                fmt::format("{{{}{}}}", kToken, rejected));
    EXPECT_EQ(stored(), c.stored) << c.name;
    world.get("DeleteRetentionPolicy", R"({"logGroupName":"g"})");
  }
}

TEST_F(PutLogEvents, NeedsTheStreamAlsoWhenNothingIsLeftOfTheBatch) {
  const std::string events = event(kNow - 15 * kDay, "m");
  for (const std::string_view group : {"g", "none"}) {
    EXPECT_EQ(
        world.error("PutLogEvents",
                    fmt::format(R"({{"logGroupName":"{}","logStreamName":"x","logEvents":[{}]}})",
                                group, events)),
        fmt::format("ResourceNotFoundException: The specified log {} does not exist.",
                    group == "g" ? "stream" : "group"));
  }
}

TEST(PutLogEventsToTheGateway, IsRefusedWhileItWritesThem) {
  testing::ServiceWorld world({.own_streams_taken = true});
  const std::string body = fmt::format(
      R"({{"logGroupName":"DiscrimiNAT","logStreamName":"flow","logEvents":[{{"timestamp":{},
          "message":"m"}}]}})",
      kNow);
  EXPECT_EQ(world.error("PutLogEvents", body),
            "AccessDeniedException: The gateway alone writes its own streams of log group "
            "DiscrimiNAT; use another log group or stream.");
}

}  // namespace
}  // namespace dn::logs
