// The smaller services with XML: Sts and AutoScaling.
#include <gtest/gtest.h>

#include "aws/autoscaling.h"
#include "aws/sts.h"
#include "aws/testing/fake_https.h"

namespace dn::aws {
namespace {

template <class Client>
struct Asked {
  std::vector<SeenRequest> seen;
  FakeWorld world;
  Client make(Outcome outcome) {
    SignedService service;
    service.endpoint = parse_endpoint_url("https://h").value();
    return Client(QueryClient(std::make_unique<FakeHttps>(std::deque<Outcome>{outcome}, seen),
                              Client::kVersion, std::move(service), world.surroundings()));
  }
};

std::string assumed(std::string_view inside) {
  return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
         "<AssumeRoleResult><Credentials>" +
         std::string(inside) + "</Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

TEST(Sts, AssumesARole) {
  Asked<Sts> asked;
  const auto found =
      asked
          .make(answer_of(200, assumed("<SessionToken>t</SessionToken><SecretAccessKey>s"
                                       "</SecretAccessKey><Expiration>2026-11-22T12:00:00Z"
                                       "</Expiration><AccessKeyId>ASIA</AccessKeyId>")))
          .assume_role({.role_arn = "arn:aws:iam::1:role/r",
                        .session_name = "i-1",
                        .external_id = "e",
                        .duration = std::chrono::minutes(15)});
  ASSERT_TRUE(found) << to_text(found.error());
  EXPECT_EQ(found->keys, (Credentials{"ASIA", "s", "t"}));
  EXPECT_EQ(found->expiration, kNoon);
  EXPECT_EQ(asked.seen.at(0).body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
            "RoleSessionName=i-1&DurationSeconds=900&ExternalId=e");
}

TEST(Sts, WantsCompleteCredentialsAndRepeatsNoneOfThem) {
  for (const std::string& body :
       {std::string("HIDDEN"), assumed("<AccessKeyId>HIDDEN</AccessKeyId>"),
        assumed("<AccessKeyId>HIDDEN</AccessKeyId><SecretAccessKey>HIDDEN</SecretAccessKey>"
                "<SessionToken>HIDDEN</SessionToken><Expiration>HIDDEN</Expiration>")}) {
    Asked<Sts> asked;
    const auto found =
        asked.make(answer_of(200, body)).assume_role({.role_arn = "r", .session_name = "s"});
    ASSERT_FALSE(found);
    EXPECT_EQ(to_text(found.error()).find("HIDDEN"), std::string::npos);
    EXPECT_EQ(found.error().body, "");
  }
}

TEST(AutoScaling, SetsTheHealthOfAnInstance) {
  Asked<AutoScaling> asked;
  EXPECT_TRUE(asked.make(answer_of(200, "<SetInstanceHealthResponse/>"))
                  .set_instance_health("i-1", false, true));
  EXPECT_EQ(asked.seen.at(0).body,
            "Action=SetInstanceHealth&Version=2011-01-01&InstanceId=i-1&HealthStatus=Unhealthy&"
            "ShouldRespectGracePeriod=true");
  Asked<AutoScaling> denied;
  const auto refused = denied
                           .make(answer_of(403,
                                           "<ErrorResponse><Error><Code>AccessDenied</Code></Error>"
                                           "</ErrorResponse>"))
                           .set_instance_health("i-1", true, false);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_denied(refused.error()));
}

}  // namespace
}  // namespace dn::aws
