// GetLogRecord, GetLogGroupFields and TestMetricFilter.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "logs/position.h"
#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::expect_json;
using testing::kNow;
using testing::ServiceWorld;
using testing::text_of;

TEST(TestMetricFilter, NumbersTheMessagesThatMatch) {
  ServiceWorld world;
  expect_json(world
                  .ask("TestMetricFilter", R"({"filterPattern":"\"ü\"",
                        "logEventMessages":["no","yes ü","\"ü\""]})")
                  .body,
              R"({"matches":[
                  {"eventMessage":"yes ü","eventNumber":2,"extractedValues":{}},
                  {"eventMessage":"\"ü\"","eventNumber":3,"extractedValues":{}}]})");
  expect_json(world
                  .ask("TestMetricFilter", R"({"filterPattern":"[a, b=2, ...]",
                "logEventMessages":["1 2 3"]})")
                  .body,
              R"({"matches":[{"eventMessage":"1 2 3","eventNumber":1,
                      "extractedValues":{"$a":"1","$b":"2","$3":"3"}}]})");
}

TEST(TestMetricFilter, RefusesWhatTheApiRefuses) {
  ServiceWorld world;
  for (const std::string_view body :
       {"{}", R"({"filterPattern":"a"})", R"({"logEventMessages":["a"]})",
        R"({"filterPattern":"a","logEventMessages":[]})",
        R"({"filterPattern":"a","logEventMessages":[""]})",
        R"({"filterPattern":"{ $.x = ","logEventMessages":["a"]})"}) {
    EXPECT_TRUE(world.error("TestMetricFilter", body).starts_with("InvalidParameterException: "))
        << body;
  }
}

class Records : public ::testing::Test {
 protected:
  Records() {
    world.get("CreateLogGroup", R"({"logGroupName":"g"})");
    world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
    for (int i = 0; i < 20; ++i) {
      world.put("g", "s", kNow - 1000 * i,
                fmt::format(R"({{"n":{}{}}})", i, i % 4 == 0 ? R"(,"rare":{"x":true})" : ""));
    }
  }
  ServiceWorld world;
};

TEST_F(Records, AreFoundByTheirPointer) {
  const auto blocks = world.catalog.blocks("g", {}, {}, {});
  store::LoadedBlock block;
  int seen = 0;
  for (const store::BlockInfo& info : *blocks) {
    ASSERT_TRUE(world.catalog.load(info, block));
    std::size_t at = 0;
    while (const auto event = block.next_event(at)) {
      const std::string pointer = format_record_pointer("g", event->key);
      const auto record =
          world.get("GetLogRecord", R"({"logRecordPointer":")" + pointer + "\"}").at("logRecord");
      EXPECT_EQ(record.at("@message").as_string(), event->message);
      EXPECT_EQ(record.at("@logStream").as_string(), "s");
      EXPECT_EQ(record.at("@log").as_string(), "111122223333:g");
      EXPECT_EQ(record.as_object().contains("rare.x"), event->message.contains("rare"));
      ++seen;
    }
  }
  EXPECT_EQ(seen, 20);
}

TEST_F(Records, ThatAreNotThereAreRefused) {
  const auto blocks = world.catalog.blocks("g", {}, {}, {});
  const records::EventKey good{kNow, blocks->front().stream, 1, 0};
  const auto ask = [&](std::string_view pointer) {
    return world.error("GetLogRecord", fmt::format(R"({{"logRecordPointer":"{}"}})", pointer));
  };
  const std::string gone = "ResourceNotFoundException: The specified log record does not exist.";
  EXPECT_EQ(ask(format_record_pointer("none", good)), gone);
  for (int field = 0; field < 4; ++field) {
    records::EventKey key = good;
    if (field == 0) ++key.timestamp;
    if (field == 1) key.stream += 100;
    if (field == 2) key.segment += 100;
    if (field == 3) ++key.offset;
    EXPECT_EQ(ask(format_record_pointer("g", key)), gone) << field;
  }
  EXPECT_EQ(ask("x"), "InvalidParameterException: The specified logRecordPointer is invalid.");
  EXPECT_EQ(ask(""), "InvalidParameterException: The specified logRecordPointer is invalid.");
}

std::string fields(const boost::json::value& answer) {
  std::string found;
  for (const auto& field : answer.at("logGroupFields").as_array()) {
    found += fmt::format("{}:{} ", std::string_view(field.at("name").as_string()),
                         field.at("percent").as_int64());
  }
  return found;
}

TEST_F(Records, TellWhichFieldsAGroupHas) {
  const std::string found = fields(world.get("GetLogGroupFields", R"({"logGroupName":"g"})"));
  EXPECT_TRUE(found.contains("n:100 ")) << found;
  EXPECT_TRUE(found.contains("rare.x:25 ")) << found;
  EXPECT_TRUE(found.contains("@timestamp:100 ")) << found;
  const auto at = [&](std::int64_t time) {
    return fields(world.get("GetLogGroupFields",
                            fmt::format(R"({{"logGroupIdentifier":"g","time":{}}})", time)));
  };
  EXPECT_EQ(at(kNow / 1000), found);
  EXPECT_EQ(at(kNow), found);  // milliseconds
  EXPECT_EQ(at(kNow / 1000 - 480 - 21), "");
  EXPECT_EQ(at(0), "");
  EXPECT_EQ(at(INT64_MAX), "");
  world.now += 16 * 60'000;
  EXPECT_EQ(fields(world.get("GetLogGroupFields", R"({"logGroupName":"g"})")), "");
}

}  // namespace
}  // namespace dn::logs
