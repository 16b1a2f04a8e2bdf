// The operations on log groups: request in, answer out.
#include <gtest/gtest.h>

#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::expect_json;
using testing::ServiceWorld;

constexpr std::string_view kInvalid = "InvalidParameterException: ";
constexpr std::string_view kOne = "InvalidParameterException: 1 validation error detected: Value ";

TEST(CreateLogGroup, MakesAGroupOnce) {
  ServiceWorld world;
  const auto answer = world.ask("CreateLogGroup", R"({"logGroupName":"g","tags":{"a":"b"}})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(world.error("CreateLogGroup", R"({"logGroupName":"g"})"),
            "ResourceAlreadyExistsException: The specified log group already exists");
}

TEST(CreateLogGroup, RefusesWhatItCannotDo) {
  ServiceWorld world;
  struct Case {
    std::string_view body;
    std::string want;
  };
  const std::vector<Case> cases = {
      {R"({"logGroupName":"aws/x"})",
       "InvalidParameterException: Log group names starting with 'aws/' are reserved."},
      {R"({"logGroupName":"g","kmsKeyId":"k"})",
       "InvalidParameterException: kmsKeyId is not supported here."},
      {R"({"logGroupName":"g","logGroupClass":"DELIVERY"})",
       "InvalidParameterException: Only the log group class STANDARD is supported here."},
      {R"({"logGroupName":"g","logGroupClass":"X"})",
       std::string(kOne) + "at 'logGroupClass' failed to satisfy constraint: Member must satisfy "
                           "enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]"},
      {R"({"logGroupName":"g","deletionProtectionEnabled":true})",
       "InvalidParameterException: deletionProtectionEnabled is not supported here."},
      {R"({"logGroupName":"g","tags":{"a":1}})",
       "SerializationException: NUMBER_VALUE can not be converted to a String at 'tags'"},
      {R"({"logGroupName":"a b"})",
       std::string(kOne) + "at 'logGroupName' failed to satisfy constraint: Member must satisfy "
                           R"(regular expression pattern: [\.\-_/#A-Za-z0-9]+)"},
      {R"({"logGroupName":""})",
       std::string(kOne) + "at 'logGroupName' failed to satisfy constraint: Member must have "
                           "length greater than or equal to 1"},
      {"{}", std::string(kOne) + "null at 'logGroupName' failed to satisfy constraint: Member "
                                 "must not be null"},
  };
  for (const auto& c : cases) EXPECT_EQ(world.error("CreateLogGroup", c.body), c.want) << c.body;
  EXPECT_EQ(world.catalog.groups().size(), 1U);
}

TEST(CreateLogGroup, TellsThatTheDiskRefuses) {
  ServiceWorld world;
  world.catalog.disk_fails = true;
  const auto answer = world.ask("CreateLogGroup", R"({"logGroupName":"g"})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.error_type, "ServiceUnavailableException");
}

TEST(DeleteLogGroup, DeletesItsOwnAndNotTheGateways) {
  ServiceWorld world({.own_streams_taken = true});
  world.get("CreateLogGroup", R"({"logGroupName":"g"})");
  EXPECT_EQ(world.ask("DeleteLogGroup", R"({"logGroupName":"g"})").body, "");
  EXPECT_EQ(world.error("DeleteLogGroup", R"({"logGroupName":"g"})"),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(world.error("DeleteLogGroup", R"({"logGroupName":"DiscrimiNAT"})"),
            "AccessDeniedException: The gateway alone writes its own streams of log group "
            "DiscrimiNAT; use another log group or stream.");
}

TEST(RetentionPolicy, IsSetAndTakenAway) {
  ServiceWorld world;
  world.get("CreateLogGroup", R"({"logGroupName":"g"})");
  const std::string prefix = R"({"logGroupNamePrefix":"g"})";
  EXPECT_EQ(world.ask("PutRetentionPolicy", R"({"logGroupName":"g","retentionInDays":14})").body,
            "");
  EXPECT_EQ(world.get("DescribeLogGroups", prefix).at("logGroups").at(0).at("retentionInDays"), 14);
  EXPECT_EQ(world.ask("DeleteRetentionPolicy", R"({"logGroupName":"g"})").body, "");
  EXPECT_FALSE(world.get("DescribeLogGroups", prefix)
                   .at("logGroups")
                   .at(0)
                   .as_object()
                   .contains("retentionInDays"));
}

TEST(RetentionPolicy, TakesTheDaysOfTheApiOnly) {
  ServiceWorld world;
  world.get("CreateLogGroup", R"({"logGroupName":"g"})");
  for (const int days : {-1, 0, 2, 15, 3654, 2147483647}) {
    const std::string body =
        R"({"logGroupName":"g","retentionInDays":)" + std::to_string(days) + "}";
    EXPECT_EQ(world.error("PutRetentionPolicy", body),
              std::string(kOne) + "'" + std::to_string(days) +
                  "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum "
                  "value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, "
                  "1096, 1827, 2192, 2557, 2922, 3288, 3653]");
  }
  for (const std::string_view operation : {"PutRetentionPolicy", "DeleteRetentionPolicy"}) {
    EXPECT_EQ(world.error(operation, R"({"logGroupName":"none","retentionInDays":7})"),
              "ResourceNotFoundException: The specified log group does not exist.");
  }
}

TEST(DescribeLogGroups, TellsAllOfAGroup) {
  ServiceWorld world;
  world.get("CreateLogGroup", R"({"logGroupName":"/x/1"})");
  expect_json(world.ask("DescribeLogGroups", R"({"logGroupNamePrefix":"/x"})").body, R"(
      {"logGroups":[{"arn":"arn:aws:logs:eu-west-1:111122223333:log-group:/x/1:*",
                     "logGroupArn":"arn:aws:logs:eu-west-1:111122223333:log-group:/x/1",
                     "logGroupName":"/x/1","creationTime":1790000000000,"metricFilterCount":0,
                     "storedBytes":0,"logGroupClass":"STANDARD",
                     "deletionProtectionEnabled":false}]})");
}

std::string names(const boost::json::value& answer) {
  std::string found;
  for (const auto& group : answer.at("logGroups").as_array()) {
    found += group.at("logGroupName").as_string();
    found += ' ';
  }
  return found;
}

TEST(DescribeLogGroups, ChoosesByPrefixPatternAndIdentifier) {
  ServiceWorld world;
  for (const std::string name : {"b", "B", "ab", "a", "abc"}) {
    world.get("CreateLogGroup", R"({"logGroupName":")" + name + "\"}");
  }
  struct Case {
    std::string_view body, want;
  };
  const std::vector<Case> cases = {
      {"{}", "B DiscrimiNAT a ab abc b "},  // ASCII order
      {"", "B DiscrimiNAT a ab abc b "},
      {R"({"logGroupNamePrefix":"ab"})", "ab abc "},
      {R"({"logGroupNamePattern":"b"})", "ab abc b "},
      {R"({"logGroupNamePattern":""})", "B DiscrimiNAT a ab abc b "},
      {R"({"logGroupNamePrefix":"x"})", ""},
      {R"({"logGroupIdentifiers":["a","arn:aws:logs:eu-west-1:111122223333:log-group:b"]})",
       "a b "},
      {R"({"logGroupIdentifiers":["arn:aws:logs:eu-west-1:999:log-group:b"]})", ""},
      {R"({"logGroupClass":"STANDARD","logGroupNamePrefix":"a"})", "a ab abc "},
      {R"({"logGroupClass":"DELIVERY"})", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(names(world.get("DescribeLogGroups", c.body)), c.want);
  EXPECT_FALSE(world.get("DescribeLogGroups", R"({"logGroupNamePattern":"b"})")
                   .at("logGroups")
                   .at(0)
                   .as_object()
                   .contains("storedBytes"));
  EXPECT_EQ(
      world.error("DescribeLogGroups", R"({"logGroupNamePrefix":"a","logGroupNamePattern":"b"})"),
      std::string(kInvalid) +
          "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
}

TEST(DescribeLogGroups, PagesGiveWhatOneBigPageGives) {
  ServiceWorld world;
  for (int i = 0; i < 23; ++i) {
    world.get("CreateLogGroup", R"({"logGroupName":"g)" + std::to_string(i) + "\"}");
  }
  const std::string all = names(world.get("DescribeLogGroups", "{}"));
  for (const int limit : {1, 2, 7, 23, 24, 50}) {
    std::string found, token;
    do {
      const auto page =
          world.get("DescribeLogGroups", R"({"limit":)" + std::to_string(limit) + token + "}");
      EXPECT_LE(page.at("logGroups").as_array().size(), static_cast<std::size_t>(limit));
      found += names(page);
      const auto* next = page.as_object().if_contains("nextToken");
      token = next == nullptr ? "" : R"(,"nextToken":)" + testing::text_of(*next);
    } while (!token.empty());
    EXPECT_EQ(found, all) << limit;
  }
}

TEST(DescribeLogGroups, RefusesATokenOfAnotherRequest) {
  ServiceWorld world;
  for (const std::string name : {"a1", "a2", "b1"}) {
    world.get("CreateLogGroup", R"({"logGroupName":")" + name + "\"}");
  }
  const auto page = world.get("DescribeLogGroups", R"({"logGroupNamePrefix":"a","limit":1})");
  const std::string token = testing::text_of(page.at("nextToken"));
  const std::string refused = std::string(kInvalid) + "The specified nextToken is invalid.";
  EXPECT_EQ(world.error("DescribeLogGroups", R"({"nextToken":)" + token + "}"), refused);
  EXPECT_EQ(world.error("DescribeLogGroups", R"({"nextToken":"x"})"), refused);
  EXPECT_EQ(names(world.get("DescribeLogGroups",
                            R"({"logGroupNamePrefix":"a","limit":2,"nextToken":)" + token + "}")),
            "a2 ");
}

}  // namespace
}  // namespace dn::logs
