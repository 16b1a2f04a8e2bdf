#include "logs/names.h"

#include <gtest/gtest.h>

namespace dn::logs {
namespace {

const Account kHere = {.region = "eu-west-1", .id = "111122223333"};

std::string group_of(std::string_view body) {
  auto fields = RequestFields::parse(body);
  const auto group = read_group(*fields, kHere);
  return group ? *group : std::string(to_text(group.error().type)) + ": " + group.error().message;
}

TEST(Names, FormatsArns) {
  EXPECT_EQ(group_arn(kHere, "/a/b"), "arn:aws:logs:eu-west-1:111122223333:log-group:/a/b");
  EXPECT_EQ(stream_arn(kHere, "g", "s"),
            "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s");
  EXPECT_EQ(group_arn({"cn-north-1", "1"}, "g"), "arn:aws-cn:logs:cn-north-1:1:log-group:g");
  EXPECT_EQ(group_arn({"us-gov-west-1", "1"}, "g"),
            "arn:aws-us-gov:logs:us-gov-west-1:1:log-group:g");
}

TEST(Names, ReadsTheGroupOfARequest) {
  const std::string invalid = "InvalidParameterException: 1 validation error detected: Value ";
  const std::string pattern =
      "failed to satisfy constraint: Member must satisfy regular expression pattern: ";
  struct Case {
    std::string_view body;
    std::string want;
  };
  const std::vector<Case> cases = {
      {R"({"logGroupName":"a/b.c-d_e#F9"})", "a/b.c-d_e#F9"},
      {R"({"logGroupIdentifier":"a/b"})", "a/b"},
      {R"({"logGroupIdentifier":"arn:aws:logs:eu-west-1:111122223333:log-group:a/b"})", "a/b"},
      {R"({"logGroupIdentifier":"arn:aws:logs:eu-west-1:999:log-group:a"})",
       "ResourceNotFoundException: The specified log group does not exist."},
      {R"({"logGroupIdentifier":"arn:aws:s3:::a"})",
       "ResourceNotFoundException: The specified log group does not exist."},
      {R"({"logGroupIdentifier":"arn:aws:logs:eu-west-1:111122223333:log-group:a:*"})",
       invalid + "at 'logGroupIdentifier' " + pattern + R"([\w#+=/:,.@-]*)"},
      {R"({"logGroupName":"a:b"})",
       invalid + "at 'logGroupName' " + pattern + R"([\.\-_/#A-Za-z0-9]+)"},
      {R"({"logGroupName":"a","logGroupIdentifier":"a"})",
       "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters."},
      {"{}", invalid + "null at 'logGroupName' failed to satisfy constraint: Member must not be "
                       "null"},
  };
  for (const Case& c : cases) EXPECT_EQ(group_of(c.body), c.want) << c.body;
}

TEST(Names, KnowsWhatARequestMayAskFor) {
  EXPECT_TRUE(is_group_name("a/b.c-d_e#F9"));
  EXPECT_TRUE(is_stream_name("a b/\t\xc3\xbc"));
  for (const std::string_view name : {"", "a b", "a:b", "a*", "\xc3\xbc"}) {
    EXPECT_FALSE(is_group_name(name)) << name;
  }
  for (const std::string_view name : {"", "a:b", "*"}) EXPECT_FALSE(is_stream_name(name)) << name;
  std::string longest;
  for (int i = 0; i < 512; ++i) longest += "\xc3\xbc";
  EXPECT_TRUE(is_stream_name(longest));
  EXPECT_FALSE(is_stream_name(longest + "x"));
  EXPECT_TRUE(is_group_name(std::string(512, 'a')));
  EXPECT_FALSE(is_group_name(std::string(513, 'a')));
}

TEST(Names, HoldsNamesToTheirLength) {
  const auto body = [](std::size_t size) {
    return R"({"logGroupName":")" + std::string(size, 'a') + R"("})";
  };
  EXPECT_EQ(group_of(body(512)), std::string(512, 'a'));
  EXPECT_EQ(group_of(body(513)),
            "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less "
            "than or equal to 512.");
}

}  // namespace
}  // namespace dn::logs
