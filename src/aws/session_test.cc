#include "aws/session.h"

#include <gtest/gtest.h>

#include "aws/testing/fake_https.h"
#include "aws/testing/scripted_server.h"

namespace dn::aws {
namespace {

TEST(Session, OpensEveryClientAtItsEndpoint) {
  ScriptedServer server(
      {http_answer(200, "<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>"),
       http_answer(200, R"({"Parameter":{"Value":"v","Version":1}})", "Connection: close\r\n"),
       http_answer(200, R"({"SecretString":"s"})", "Connection: close\r\n"),
       http_answer(200, "<SetInstanceHealthResponse/>", "Connection: close\r\n"),
       http_answer(200, "<AssumeRoleResponse/>", "Connection: close\r\n"),
       http_answer(200, "{}", "Connection: close\r\n")});
  FakeWorld world;
  const Session session(
      [&](const char* name) {
        return std::string_view(name) == "AWS_ENDPOINT_URL" ? std::optional(server.url())
                                                            : std::nullopt;
      },
      std::make_shared<FixedCredentials>(Credentials{"AKID", "secret", ""}), world.surroundings());
  {
    auto ec2 = session.ec2("eu-west-1");
    ASSERT_TRUE(ec2) << ec2.error().message;
    EXPECT_TRUE(ec2->describe_addresses({}));
  }
  EXPECT_EQ(session.ssm("eu-west-2")->get_parameter("x")->value, "v");
  EXPECT_EQ(session.secrets("eu-west-2")->get_secret_value("x")->value, "s");
  EXPECT_TRUE(session.autoscaling("eu-west-2")->set_instance_health("i-1", true, true));
  EXPECT_FALSE(session.sts("eu-west-2")->assume_role({.role_arn = "r", .session_name = "s"}));
  EXPECT_TRUE(session.logs("eu-west-2")->create_log_group("g"));
  const char* scopes[] = {
      "/eu-west-1/ec2/",         "/eu-west-2/ssm/", "/eu-west-2/secretsmanager/",
      "/eu-west-2/autoscaling/", "/eu-west-2/sts/", "/eu-west-2/logs/"};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NE(server.requests().at(i).find(scopes[i]), std::string::npos) << server.requests()[i];
  }
}

const std::string kClose = "Connection: close\r\n";
constexpr const char* kRole = "arn:aws:iam::111122223333:role/read";

Session session_at(const ScriptedServer& server, FakeWorld& world) {
  return Session(
      [url = server.url()](const char* name) {
        return std::string_view(name) == "AWS_ENDPOINT_URL" ? std::optional(url) : std::nullopt;
      },
      std::make_shared<FixedCredentials>(Credentials{"OWN", "secret", ""}), world.surroundings());
}

std::string assumed(const std::string& key, const std::string& expiration) {
  return http_answer(200,
                     "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" + key +
                         "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
                         "</SessionToken><Expiration>" +
                         expiration +
                         "</Expiration></Credentials></AssumeRoleResult>"
                         "</AssumeRoleResponse>",
                     kClose);
}

const std::string kNoAddresses = http_answer(
    200, "<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>", kClose);

TEST(Session, OfARoleHasCredentialsOfStsThatStayFresh) {
  ScriptedServer server({assumed("ONE", "2026-11-22T13:00:00Z"), kNoAddresses,
                         assumed("TWO", "2026-11-22T15:00:00Z"), kNoAddresses});
  FakeWorld world;
  {
    const auto session =
        session_at(server, world)
            .assume({.role_arn = kRole, .session_name = "gateway", .external_id = "e"},
                    "eu-west-1");
    ASSERT_TRUE(session) << session.error().message;
    auto ec2 = session->ec2("eu-west-1");
    EXPECT_TRUE(ec2->describe_addresses({}));
    world.now += std::chrono::minutes(55);
    EXPECT_TRUE(ec2->describe_addresses({}));
  }
  const char* signers[] = {"Credential=OWN/", "Credential=ONE/", "Credential=OWN/",
                           "Credential=TWO/"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NE(server.requests().at(i).find(signers[i]), std::string::npos) << server.requests()[i];
  }
  EXPECT_NE(server.requests().at(0).find("/eu-west-1/sts/"), std::string::npos);
  EXPECT_NE(server.requests().at(0).find(
                "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fread&RoleSessionName=gateway&"
                "DurationSeconds=3600&ExternalId=e"),
            std::string::npos);
}

TEST(Session, OfARoleThatIsRefusedNamesIt) {
  ScriptedServer server({http_answer(
      403,
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
      "</ErrorResponse>")});
  FakeWorld world;
  const auto session =
      session_at(server, world).assume({.role_arn = kRole, .session_name = "g"}, "eu-west-1");
  ASSERT_TRUE(session);
  const auto found = session->ec2("eu-west-1")->describe_addresses({});
  ASSERT_FALSE(found);
  EXPECT_EQ(
      to_text(found.error()),
      "the role arn:aws:iam::111122223333:role/read cannot be assumed: AccessDenied: not you");
}

TEST(Session, OfARoleIsOfThePartitionOfTheRegion) {
  FakeWorld world;
  const Session session([](const char*) { return std::nullopt; }, nullptr, world.surroundings());
  EXPECT_TRUE(session.assume({.role_arn = kRole, .session_name = "g"}, "eu-west-1"));
  for (const char* region : {"cn-north-1", "us-gov-west-1", ""}) {
    EXPECT_FALSE(session.assume({.role_arn = kRole, .session_name = "g"}, region)) << region;
  }
  EXPECT_FALSE(session.assume({.role_arn = "read", .session_name = "g"}, "eu-west-1"));
}

TEST(Session, OpensNothingWithoutARegion) {
  FakeWorld world;
  const Session session([](const char*) { return std::nullopt; }, nullptr, world.surroundings());
  EXPECT_FALSE(session.ec2(""));
  const Session configured([](const char*) { return std::optional<std::string>("http://h"); },
                           nullptr, world.surroundings());
  EXPECT_FALSE(configured.ec2(""));
  EXPECT_FALSE(session.ssm("evil.example/"));
  EXPECT_TRUE(session.ssm("eu-west-1"));
}

}  // namespace
}  // namespace dn::aws
