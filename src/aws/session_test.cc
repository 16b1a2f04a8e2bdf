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
