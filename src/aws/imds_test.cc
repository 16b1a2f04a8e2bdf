#include "aws/imds.h"

#include <gtest/gtest.h>

#include <map>

#include "aws/testing/fake_https.h"
#include "aws/testing/scripted_server.h"

namespace dn::aws {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Metadata that gives the prepared answers.
struct Instance {
  std::vector<SeenRequest> seen;
  FakeWorld world;
  Imds imds(std::deque<Outcome> outcomes) {
    return Imds(std::make_unique<FakeHttps>(std::move(outcomes), seen),
                parse_endpoint_url("http://169.254.169.254").value(), world.surroundings());
  }
  std::string paths() const {
    std::string all;
    for (const SeenRequest& request : seen) all += request.method + " " + request.path + "\n";
    return all;
  }
};

Outcome good(std::string body) {
  return answer_of(200, std::move(body));
}
const Outcome kAbsent = answer_of(404, "");

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto at = values.find(name);
    return at == values.end() ? std::nullopt : std::optional(at->second);
  };
}

TEST(Imds, AsksWithATokenOverHttp) {
  ScriptedServer server({http_answer(200, "TOKEN=="), http_answer(200, "InService"),
                         http_answer(404, ""), http_answer(200, "203.0.113.7")});
  FakeWorld world;
  auto imds = Imds::open(variables({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url() + "/"}}),
                         world.surroundings());
  ASSERT_TRUE(imds) << imds.error().message;
  EXPECT_EQ((*imds)->target_lifecycle_state().value(), "InService");
  EXPECT_EQ((*imds)->target_lifecycle_state().value(), "");
  EXPECT_EQ((*imds)->public_address().value(), parse_ipv4("203.0.113.7"));
  const auto& requests = server.requests();
  EXPECT_TRUE(requests.at(0).starts_with("PUT /latest/api/token HTTP/1.1\r\n")) << requests[0];
  EXPECT_NE(requests.at(0).find("\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\n"),
            std::string::npos);
  EXPECT_EQ(requests.at(0).find("X-Forwarded-For"), std::string::npos);
  EXPECT_TRUE(requests.at(1).starts_with(
      "GET /latest/meta-data/autoscaling/target-lifecycle-state HTTP/1.1\r\n"));
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_NE(requests.at(i).find("\r\nX-aws-ec2-metadata-token: TOKEN==\r\n"), std::string::npos);
  }
}

TEST(Imds, IsFoundWhereTheEnvironmentSays) {
  FakeWorld world;
  const auto opened = [&](std::map<std::string, std::string> values) {
    const auto imds = Imds::open(variables(std::move(values)), world.surroundings());
    return imds ? "open" : imds.error().message;
  };
  EXPECT_EQ(opened({}), "open");
  EXPECT_EQ(opened({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}}), "open");
  EXPECT_EQ(opened({{"AWS_EC2_METADATA_DISABLED", "True"}}),
            "AWS_EC2_METADATA_DISABLED switches instance metadata off");
  EXPECT_EQ(opened({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense"}}),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT: write an address like http://169.254.169.254");
}

TEST(Imds, FetchesANewTokenOnceWhenItIsRefused) {
  Instance instance;
  auto imds = instance.imds(
      {good("one"), good("InService"), answer_of(401, ""), good("two"), good("Terminated")});
  EXPECT_EQ(imds.target_lifecycle_state().value(), "InService");
  EXPECT_EQ(imds.target_lifecycle_state().value(), "Terminated");
  ASSERT_EQ(instance.seen.size(), 5U);
  EXPECT_EQ(instance.seen[2].header("X-aws-ec2-metadata-token"), "one");
  EXPECT_EQ(instance.seen[4].header("X-aws-ec2-metadata-token"), "two");
  Instance stubborn;
  auto refusing = stubborn.imds({good("one"), answer_of(401, "")});
  const auto refused = refusing.target_lifecycle_state();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "instance metadata: a fresh token is refused");
}

TEST(Imds, FetchesANewTokenBeforeTheOldOneEnds) {
  Instance instance;
  auto imds = instance.imds({good("one"), good("A"), good("B"), good("two"), good("C")});
  EXPECT_TRUE(imds.target_lifecycle_state());
  instance.world.now += hours(5);
  EXPECT_EQ(imds.target_lifecycle_state().value(), "B");
  instance.world.now += minutes(56);
  EXPECT_EQ(imds.target_lifecycle_state().value(), "C");
}

TEST(Imds, TellsWhyItHasNothing) {
  struct Case {
    std::string_view name;
    std::deque<Outcome> outcomes;
    ImdsFault want;
    std::size_t asked;
  };
  const std::vector<Case> cases = {
      {"no answer", {no_answer(true), no_answer(true)}, ImdsFault::Unreachable, 2},
      {"errors", {answer_of(500, ""), answer_of(503, "")}, ImdsFault::Unreachable, 2},
      {"too large", {no_answer(false)}, ImdsFault::Odd, 1},
      {"token off", {answer_of(403, "")}, ImdsFault::Off, 1},
      {"value off", {good("t"), answer_of(403, "")}, ImdsFault::Off, 2},
      {"version 1 only", {kAbsent}, ImdsFault::Odd, 1},
      {"no token", {good("")}, ImdsFault::Odd, 1},
      {"two lines for a token", {good("a\r\nX-Evil: 1")}, ImdsFault::Odd, 1},
      {"redirect", {good("t"), answer_of(302, "")}, ImdsFault::Odd, 2},
      {"no state", {good("t"), good("<html>")}, ImdsFault::Odd, 2},
  };
  for (const Case& c : cases) {
    Instance instance;
    const auto state = instance.imds(c.outcomes).target_lifecycle_state();
    ASSERT_FALSE(state) << c.name;
    EXPECT_EQ(state.error().fault, c.want) << c.name << ": " << state.error().message;
    EXPECT_EQ(instance.seen.size(), c.asked) << c.name;
  }
  Instance second;
  EXPECT_EQ(second.imds({no_answer(true), good("t"), answer_of(500, ""), good("InService")})
                .target_lifecycle_state()
                .value(),
            "InService");
}

TEST(Imds, KnowsTheInstanceAndItsFirstInterface) {
  Instance instance;
  auto imds = instance.imds({good("t"), good("eu-west-1"), good("eu-west-1a"), good("i-0a"),
                             good("02:00:00:00:00:01"), good("eni-0a"), good("123456789012"),
                             good("vpc-0a"), good("subnet-0a")});
  const auto identity = imds.identity();
  ASSERT_TRUE(identity) << identity.error().message;
  InstanceIdentity want;
  want.region = "eu-west-1";
  want.availability_zone = "eu-west-1a";
  want.instance_id = "i-0a";
  want.mac = "02:00:00:00:00:01";
  want.interface_id = "eni-0a";
  want.owner_id = "123456789012";
  want.vpc_id = "vpc-0a";
  want.subnet_id = "subnet-0a";
  EXPECT_EQ(*identity, want);
  EXPECT_EQ(instance.paths(),
            "PUT /latest/api/token\n"
            "GET /latest/meta-data/placement/region\n"
            "GET /latest/meta-data/placement/availability-zone\n"
            "GET /latest/meta-data/instance-id\n"
            "GET /latest/meta-data/mac\n"
            "GET /latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/interface-id\n"
            "GET /latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/owner-id\n"
            "GET /latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/vpc-id\n"
            "GET /latest/meta-data/network/interfaces/macs/02:00:00:00:00:01/subnet-id\n");
}

TEST(Imds, TakesNoIdentityThatIsNone) {
  const auto fault_of = [](std::deque<Outcome> outcomes) {
    Instance instance;
    const auto identity = instance.imds(std::move(outcomes)).identity();
    return identity ? "an identity" : identity.error().message;
  };
  EXPECT_EQ(fault_of({good("t"), kAbsent, kAbsent, good("i-1"), kAbsent}),
            "instance metadata: there is no region or no instance id");
  EXPECT_EQ(fault_of({good("t"), good("evil.example/")}),
            "instance metadata: placement/region is no identifier");
  EXPECT_EQ(fault_of({good("t"), good("eu-west-1"), kAbsent, good("i-1"), good("../../iam")}),
            "instance metadata: mac is no identifier");
  EXPECT_EQ(fault_of({good("t"), good("r"), kAbsent, good("i-1"), kAbsent}), "an identity");
}

TEST(Imds, ReadsTags) {
  Instance instance;
  auto imds = instance.imds({good("t"), good("a, b"), kAbsent});
  EXPECT_EQ(imds.tag("discriminat").value(), "a, b");
  EXPECT_EQ(imds.tag("a/../b c").value(), std::nullopt);
  EXPECT_EQ(instance.seen.at(1).path, "/latest/meta-data/tags/instance/discriminat");
  EXPECT_EQ(instance.seen.at(2).path, "/latest/meta-data/tags/instance/a%2F..%2Fb%20c");
}

TEST(Imds, TellsThatSpotCapacityIsTakenBack) {
  Instance instance;
  auto imds = instance.imds({good("t"), kAbsent,
                             good(R"({"action":"terminate","time":"2026-11-22T12:00:00Z"})"),
                             good("{}"), good("soon")});
  EXPECT_FALSE(imds.spot_action().value());
  const auto action = imds.spot_action().value();
  ASSERT_TRUE(action);
  EXPECT_EQ(action->action, "terminate");
  EXPECT_EQ(action->time, kNoon);
  EXPECT_FALSE(imds.spot_action());
  EXPECT_FALSE(imds.spot_action());
}

TEST(Imds, HasTheCredentialsOfTheRole) {
  const std::string document =
      R"({"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t",)"
      R"("Expiration":"2026-11-22T12:00:00Z"})";
  Instance instance;
  auto imds = instance.imds({good("t"), good("my-role_1\nother"), good(document)});
  const auto found = imds.role_credentials();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys, (Credentials{"ASIA", "s", "t"}));
  EXPECT_EQ(instance.seen.at(2).path, "/latest/meta-data/iam/security-credentials/my-role_1");
  const auto why = [](std::deque<Outcome> outcomes) {
    Instance without;
    const auto none = without.imds(std::move(outcomes)).role_credentials();
    return none ? "credentials" : none.error().message;
  };
  EXPECT_EQ(why({good("t"), kAbsent}),
            "instance metadata: the instance has no role; attach an instance profile to it");
  EXPECT_EQ(why({good("t"), good("../x")}), "instance metadata: the name of its role is none");
  EXPECT_EQ(why({good("t"), good("r"), kAbsent}), "instance metadata: its role has no credentials");
  EXPECT_EQ(why({good("t"), good("r"), good(R"({"Code":"Failed"})")}),
            "instance metadata: the role of the instance gives no credentials; look at its trust "
            "policy");
}

}  // namespace
}  // namespace dn::aws
