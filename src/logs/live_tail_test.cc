// StartLiveTail: frames, what a session shows and what it leaves out.
#include "logs/live_tail.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "logs/event_stream.h"
#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::kNow;
using testing::ServiceWorld;

struct Frame {
  std::map<std::string, std::string> headers;
  boost::json::value payload;
};

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + size; ++i) {
    value = value << 8U | static_cast<unsigned char>(bytes.at(i));
  }
  return value;
}

// A second reader of the format, to compare the writer with.
std::vector<Frame> read_frames(std::string_view bytes) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    const std::uint32_t size = number_at(bytes, 0, 4), headers = number_at(bytes, 4, 4);
    EXPECT_EQ(number_at(bytes, 8, 4), crc32(bytes.substr(0, 8)));
    EXPECT_EQ(number_at(bytes, size - 4, 4), crc32(bytes.substr(0, size - 4)));
    Frame frame;
    std::string_view rest = bytes.substr(12, headers);
    while (!rest.empty()) {
      const std::uint32_t name = number_at(rest, 0, 1);
      EXPECT_EQ(rest.at(1 + name), 7);
      const std::uint32_t value = number_at(rest, 2 + name, 2);
      frame.headers[std::string(rest.substr(1, name))] = rest.substr(4 + name, value);
      rest.remove_prefix(4 + name + value);
    }
    frame.payload = testing::parse_json(bytes.substr(12 + headers, size - 16 - headers));
    frames.push_back(std::move(frame));
    bytes.remove_prefix(size);
  }
  return frames;
}

class Tail : public ::testing::Test {
 protected:
  Tail() {
    for (const char* group : {"g", "h"}) {
      world.get("CreateLogGroup", fmt::format(R"({{"logGroupName":"{}"}})", group));
      for (const char* stream : {"a1", "a2", "b"}) {
        world.get("CreateLogStream",
                  fmt::format(R"({{"logGroupName":"{}","logStreamName":"{}"}})", group, stream));
      }
    }
    world.put("g", "a1", kNow - 1, "before");
  }
  std::unique_ptr<LiveTail> begin(std::string_view body) {
    auto started = world.service->start_live_tail(body);
    EXPECT_NE(started.session, nullptr) << started.error.body;
    if (started.session) {
      EXPECT_EQ(read_frames(next(*started.session)).size(), 2U);
    }
    return std::move(started.session);
  }
  std::string error(std::string_view body) {
    auto started = world.service->start_live_tail(body);
    EXPECT_EQ(started.session, nullptr);
    return ServiceWorld::error_text(started.error);
  }
  std::string next(LiveTail& tail) {
    return tail.next_frames(WallTime(std::chrono::milliseconds(world.now.load())));
  }
  // "group/stream:message …" of the next update; "~" when it is sampled.
  std::string update(LiveTail& tail) {
    const auto frames = read_frames(next(tail));
    EXPECT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames.at(0).headers.at(":event-type"), "sessionUpdate");
    const auto& payload = frames.at(0).payload;
    std::string found = payload.at("sessionMetadata").at("sampled").as_bool() ? "~" : "";
    for (const auto& event : payload.at("sessionResults").as_array()) {
      const std::string_view arn(event.at("logGroupIdentifier").as_string());
      found += fmt::format("{}/{}:{} ", arn.substr(arn.rfind(':') + 1),
                           std::string_view(event.at("logStreamName").as_string()),
                           std::string_view(event.at("message").as_string()));
    }
    return found;
  }
  ServiceWorld world;
};

TEST_F(Tail, OpensWithTheFramesThatClientsWaitFor) {
  auto started = world.service->start_live_tail(
      R"({"logGroupIdentifiers":["arn:aws:logs:eu-west-1:111122223333:log-group:g"],
          "logStreamNames":["a1"],"logEventFilterPattern":"x"})");
  ASSERT_NE(started.session, nullptr);
  const auto frames = read_frames(next(*started.session));
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].headers,
            (std::map<std::string, std::string>{{":message-type", "event"},
                                                {":event-type", "initial-response"},
                                                {":content-type", "application/x-amz-json-1.1"}}));
  EXPECT_EQ(testing::text_of(frames[0].payload), "{}");
  EXPECT_EQ(frames[1].headers.at(":event-type"), "sessionStart");
  testing::expect_json(testing::text_of(frames[1].payload), R"({
      "logGroupIdentifiers":["arn:aws:logs:eu-west-1:111122223333:log-group:g"],
      "logStreamNames":["a1"],"logStreamNamePrefixes":[],"logEventFilterPattern":"x",
      "requestId":"00000000-0000-4001-8000-000000000002",
      "sessionId":"00000000-0000-4003-8000-000000000004"})");
}

TEST_F(Tail, ShowsWhatIsPutOnceAndInTheOrderOfTime) {
  const auto tail = begin(R"({"logGroupIdentifiers":["g","h"]})");
  EXPECT_EQ(update(*tail), "");
  world.put("g", "a1", kNow + 2, "two");
  world.put("h", "b", kNow + 1, "one");
  EXPECT_EQ(update(*tail), "h/b:one g/a1:two ");
  EXPECT_EQ(update(*tail), "");
  for (int i = 0; i < 20; ++i) {  // over blocks and segments, one by one
    world.put("g", "a1", kNow + 3, fmt::format("{}", i));
    EXPECT_EQ(update(*tail), fmt::format("g/a1:{} ", i));
  }
  world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"new"})");
  world.put("g", "new", kNow, "n");
  EXPECT_EQ(update(*tail), "g/new:n ");
}

TEST_F(Tail, ChoosesStreamsAndPatterns) {
  const auto by_name = begin(R"({"logGroupIdentifiers":["g"],"logStreamNames":["a1","b"]})");
  const auto by_prefix = begin(R"({"logGroupIdentifiers":["g"],"logStreamNamePrefixes":["a"]})");
  const auto by_text = begin(R"({"logGroupIdentifiers":["g"],"logEventFilterPattern":"x"})");
  const auto none = begin(R"({"logGroupIdentifiers":["g"],"logStreamNames":["later"]})");
  world.put("g", "a1", kNow, "1x");
  world.put("g", "a2", kNow + 1, "2");
  world.put("g", "b", kNow + 2, "3x");
  EXPECT_EQ(update(*by_name), "g/a1:1x g/b:3x ");
  EXPECT_EQ(update(*by_prefix), "g/a1:1x g/a2:2 ");
  EXPECT_EQ(update(*by_text), "g/a1:1x g/b:3x ");
  EXPECT_EQ(update(*none), "");
}

TEST_F(Tail, LeavesOutWhatIsTooMuchForASecond) {
  const auto tail = begin(R"({"logGroupIdentifiers":["g"]})");
  for (int i = 0; i < 600; ++i) world.put("g", "a1", kNow + i, "m");
  const std::string first = update(*tail);
  EXPECT_TRUE(first.starts_with("~g/a1:m "));
  EXPECT_EQ(first.size(), 1 + 500 * std::string("g/a1:m ").size());
  EXPECT_EQ(update(*tail), "");
}

TEST_F(Tail, ShowsLateEventsOfTheLastDayOnly) {
  const auto tail = begin(R"({"logGroupIdentifiers":["g"]})");
  world.put("g", "a2", kNow - 23 * 3'600'000, "late");
  world.put("g", "a2", kNow - 25 * 3'600'000, "too late");
  EXPECT_EQ(update(*tail), "g/a2:late ");
}

TEST_F(Tail, GoesOnWhenItsGroupIsDeleted) {
  const auto tail = begin(R"({"logGroupIdentifiers":["g","h"]})");
  world.get("DeleteLogGroup", R"({"logGroupName":"g"})");
  world.put("h", "b", kNow, "m");
  EXPECT_EQ(update(*tail), "h/b:m ");
}

TEST_F(Tail, EndsAfterThreeHours) {
  const auto tail = begin(R"({"logGroupIdentifiers":["g"]})");
  world.now += 3 * 3'600'000 - 1;
  EXPECT_EQ(update(*tail), "");
  EXPECT_FALSE(tail->ended());
  world.now += 1;
  const auto frames = read_frames(next(*tail));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].headers.at(":message-type"), "exception");
  EXPECT_EQ(frames[0].headers.at(":exception-type"), "SessionTimeoutException");
  EXPECT_TRUE(tail->ended());
  EXPECT_EQ(next(*tail), "");
}

TEST_F(Tail, RefusesWhatTheApiRefuses) {
  struct Case {
    std::string_view body, want;
  };
  const std::vector<Case> cases = {
      {"{}",
       "InvalidParameterException: 1 validation error detected: Value null at "
       "'logGroupIdentifiers' failed to satisfy constraint: Member must not be null"},
      {R"({"logGroupIdentifiers":["none"]})",
       "ResourceNotFoundException: The specified log group does not exist."},
      {R"({"logGroupIdentifiers":["arn:aws:logs:x:y:log-group:g"]})",
       "ResourceNotFoundException: The specified log group does not exist."},
      {R"({"logGroupIdentifiers":["g","h"],"logStreamNames":["a1"]})",
       "InvalidParameterException: logStreamNames and logStreamNamePrefixes need exactly one log "
       "group."},
      {R"({"logGroupIdentifiers":["g"],"logStreamNames":["a"],"logStreamNamePrefixes":["a"]})",
       "InvalidParameterException: logStreamNames and logStreamNamePrefixes are mutually exclusive "
       "parameters."},
      {"x", "SerializationException: The request is not valid JSON: syntax error"},
  };
  for (const Case& c : cases) EXPECT_TRUE(error(c.body).starts_with(c.want)) << error(c.body);
  EXPECT_TRUE(error(R"({"logGroupIdentifiers":["g"],"logEventFilterPattern":"{ $.a = "})")
                  .starts_with("InvalidParameterException: Invalid filter pattern: "));
}

TEST_F(Tail, HasPlacesForFifteen) {
  std::vector<std::unique_ptr<LiveTail>> tails;
  const std::string_view body = R"({"logGroupIdentifiers":["g"]})";
  for (std::size_t i = 0; i < kTailSessionsMax; ++i) tails.push_back(begin(body));
  EXPECT_EQ(error(body), "LimitExceededException: There are 15 sessions already.");
  tails.pop_back();
  EXPECT_EQ(error(R"({"logGroupIdentifiers":["none"]})"),
            "ResourceNotFoundException: The specified log group does not exist.");
  tails.push_back(begin(body));
}

}  // namespace
}  // namespace dn::logs
