// The operations on log streams: request in, answer out.
#include <gtest/gtest.h>

#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::expect_json;
using testing::kNow;
using testing::ServiceWorld;

constexpr std::string_view kStream = R"({"logGroupName":"g","logStreamName":"s"})";

TEST(CreateLogStream, MakesAStreamOnce) {
  ServiceWorld world;
  EXPECT_EQ(world.error("CreateLogStream", kStream),
            "ResourceNotFoundException: The specified log group does not exist.");
  world.get("CreateLogGroup", R"({"logGroupName":"g"})");
  EXPECT_EQ(world.ask("CreateLogStream", kStream).body, "");
  EXPECT_EQ(world.error("CreateLogStream", kStream),
            "ResourceAlreadyExistsException: The specified log stream already exists");
  EXPECT_EQ(world.error("CreateLogStream", R"({"logGroupName":"g","logStreamName":"a:b"})"),
            "InvalidParameterException: 1 validation error detected: Value at 'logStreamName' "
            "failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*");
  const std::string name(513, 'x');
  EXPECT_EQ(
      world.error("CreateLogStream", R"({"logGroupName":"g","logStreamName":")" + name + "\"}"),
      "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than "
      "or equal to 512.");
}

TEST(DeleteLogStream, DeletesItsOwnAndNotTheGateways) {
  ServiceWorld world({.own_streams_taken = true});
  world.get("CreateLogGroup", R"({"logGroupName":"g"})");
  world.get("CreateLogStream", kStream);
  EXPECT_EQ(world.ask("DeleteLogStream", kStream).body, "");
  EXPECT_EQ(world.error("DeleteLogStream", kStream),
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_TRUE(
      world.error("DeleteLogStream", R"({"logGroupName":"DiscrimiNAT","logStreamName":"flow"})")
          .starts_with("AccessDeniedException: "));
}

class DescribeLogStreams : public ::testing::Test {
 protected:
  DescribeLogStreams() {
    world.get("CreateLogGroup", R"({"logGroupName":"g"})");
    for (const std::string name : {"s1", "s2", "s3", "t"}) {
      world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":")" + name + "\"}");
    }
    world.put("g", "s1", kNow - 10, "x");
    world.put("g", "s3", kNow - 20, "x");
    world.put("g", "s3", kNow - 30, "x");
  }
  std::string names(const std::string& rest) {
    std::string found;
    const auto answer = world.get("DescribeLogStreams", R"({"logGroupName":"g")" + rest + "}");
    for (const auto& stream : answer.at("logStreams").as_array()) {
      found += stream.at("logStreamName").as_string();
      found += ' ';
    }
    return found;
  }
  ServiceWorld world;
};

TEST_F(DescribeLogStreams, TellsAllOfAStream) {
  expect_json(
      world.ask("DescribeLogStreams", R"({"logGroupIdentifier":"g","logStreamNamePrefix":"s3"})")
          .body,
      R"({"logStreams":[{"arn":"arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s3",
          "logStreamName":"s3","creationTime":1790000000000,"storedBytes":0,
          "firstEventTimestamp":1795317299970,"lastEventTimestamp":1795317299980,
          "lastIngestionTime":1795317300000,
          "uploadSequenceToken":"49000000000000000000000000000000000000000000000000000000"}]})");
  expect_json(
      world.ask("DescribeLogStreams", R"({"logGroupName":"g","logStreamNamePrefix":"t"})").body,
      R"({"logStreams":[{"arn":
                  "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:t",
                  "logStreamName":"t","creationTime":1790000000000,"storedBytes":0}]})");
}

TEST_F(DescribeLogStreams, Orders) {
  EXPECT_EQ(names(""), "s1 s2 s3 t ");
  EXPECT_EQ(names(R"(,"descending":true)"), "t s3 s2 s1 ");
  EXPECT_EQ(names(R"(,"orderBy":"LastEventTime")"), "s2 t s3 s1 ");
  EXPECT_EQ(names(R"(,"orderBy":"LastEventTime","descending":true)"), "s1 s3 t s2 ");
  EXPECT_EQ(names(R"(,"logStreamNamePrefix":"s","descending":true)"), "s3 s2 s1 ");
}

TEST_F(DescribeLogStreams, RefusesWhatTheApiRefuses) {
  struct Case {
    std::string_view body, want;
  };
  const std::vector<Case> cases = {
      {R"({"logGroupName":"none"})",
       "ResourceNotFoundException: The specified log group does not exist."},
      {R"({"logGroupName":"g","orderBy":"LastEventTime","logStreamNamePrefix":"s"})",
       "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix."},
      {R"({"logGroupName":"g","nextToken":"x"})",
       "InvalidParameterException: The specified nextToken is invalid."},
      {R"({"logGroupName":"g","limit":51})",
       "InvalidParameterException: 1 validation error detected: Value '51' at 'limit' failed to "
       "satisfy constraint: Member must have value less than or equal to 50"},
      {R"({"logGroupName":"g","logGroupIdentifier":"g"})",
       "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters."},
  };
  for (const Case& c : cases) EXPECT_EQ(world.error("DescribeLogStreams", c.body), c.want);
}

TEST_F(DescribeLogStreams, PagesGiveWhatOneBigPageGives) {
  for (const std::string order : {"", R"(,"descending":true)", R"(,"orderBy":"LastEventTime")",
                                  R"(,"orderBy":"LastEventTime","descending":true)"}) {
    const std::string all = names(order);
    for (const int limit : {1, 2, 3}) {
      std::string found, token;
      do {
        const std::string rest = order + R"(,"limit":)" + std::to_string(limit) + token;
        found += names(rest);
        const auto page = world.get("DescribeLogStreams", R"({"logGroupName":"g")" + rest + "}");
        const auto* next = page.as_object().if_contains("nextToken");
        token = next == nullptr ? "" : R"(,"nextToken":)" + testing::text_of(*next);
      } while (!token.empty());
      EXPECT_EQ(found, all) << order << limit;
    }
  }
}

}  // namespace
}  // namespace dn::logs
