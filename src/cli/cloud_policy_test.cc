// One read of a cloud that answers, that fails for a while, that refuses, and that is interrupted.
#include "cli/cloud_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "daemon/testing/fake_cloud.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;
using daemon::testing::FakeCloud;

const std::string kList = "arn:aws:ssm:eu-west-1:111122223333:parameter/allowed";

class CloudPolicyTest : public testing::Test {
 protected:
  CloudPolicyTest() {
    cloud_.add_client("eni-1", "10.0.0.1", {"sg-1"});
    cloud_.set_group("sg-1", "discriminat:tls:" + kList);
    cloud_.lists[kList] = "a.example.com";
  }
  Result<std::optional<CloudPolicy>> read() {
    World world{.in = text_, .out = text_, .err = err_, .today = {}, .now = {}};
    world.err_is_terminal = true;
    world.clock = [this] { return wall_; };
    world.interrupted = [this] { return interrupted_; };
    world.pause = [this](std::chrono::milliseconds time) {
      wall_ += time;
      longest_ = std::max(longest_, time);
    };
    CloudAccess access;
    access.settings.vpcs = {"vpc-1"};
    access.questions = cloud_.questions();
    return read_cloud_policy(std::move(access), world);
  }
  CloudPolicy good() {
    const auto policy = read();
    EXPECT_TRUE(policy && *policy) << (policy ? "interrupted" : policy.error().message);
    return policy && *policy ? **policy : CloudPolicy{};
  }

  FakeCloud cloud_;
  WallTime wall_{12h};
  std::chrono::milliseconds longest_{0};
  std::stringstream text_, err_;
  bool interrupted_ = false;
};

TEST_F(CloudPolicyTest, IsWhatTheGatewayWouldTakeFirst) {
  cloud_.page_size = 1;
  cloud_.add_client("eni-2", "10.0.0.2", {"sg-1"});
  cloud_.parameters["DiscrimiNAT"] = R"({"%default": {"wildcard_exposure": "none"}})";
  const CloudPolicy policy = good();
  EXPECT_EQ(policy.input.clients.size(), 2U);
  EXPECT_EQ(policy.input.groups.size(), 1U);
  EXPECT_EQ(policy.input.lists.at(kList), "a.example.com");
  EXPECT_EQ(policy.input.preferences.wildcard_exposure, policy::WildcardExposure::None);
  EXPECT_TRUE(policy.problems.empty());
  EXPECT_EQ(err_.str(), "") << "a fast read needs no progress";
}

TEST_F(CloudPolicyTest, IsReadInSpiteOfAFewFailures) {
  cloud_.fault(503, "Unavailable");
  cloud_.fault(503, "Unavailable");
  EXPECT_EQ(good().input.clients.size(), 1U);
  EXPECT_LE(longest_, 2s) << "nobody waits for the rounds of a gateway";
}

TEST_F(CloudPolicyTest, NamesTheProblemsOfACloudThatDoesNotAnswer) {
  for (int i = 0; i < 100; ++i) cloud_.fault(503, "Unavailable");
  const auto policy = read();
  ASSERT_FALSE(policy);
  EXPECT_TRUE(policy.error().message.contains("interfaces cannot be listed: Unavailable: no"))
      << policy.error().message;
  EXPECT_LE(std::ranges::count(cloud_.asked, "interfaces"), kCloudFailuresMax);
  EXPECT_TRUE(err_.str().contains("reading the policy: 0 interfaces")) << err_.str();
}

TEST_F(CloudPolicyTest, AsksOnceWhatItMayNot) {
  for (int i = 0; i < 100; ++i) cloud_.fault(403, "UnauthorizedOperation");
  const auto policy = read();
  ASSERT_FALSE(policy);
  EXPECT_TRUE(policy.error().message.contains("UnauthorizedOperation")) << policy.error().message;
  EXPECT_EQ(
      std::ranges::count(cloud_.asked, "interfaces") + std::ranges::count(cloud_.asked, "groups"),
      1);
}

TEST_F(CloudPolicyTest, GoesOnWithoutListsAndSaysSo) {
  cloud_.lists.clear();
  const CloudPolicy policy = good();
  EXPECT_EQ(policy.input.clients.size(), 1U);
  ASSERT_EQ(policy.problems.size(), 1U);
  EXPECT_TRUE(policy.problems[0].contains(kList)) << policy.problems[0];
}

TEST_F(CloudPolicyTest, EndsWithCtrlC) {
  interrupted_ = true;
  const auto policy = read();
  ASSERT_TRUE(policy);
  EXPECT_FALSE(policy->has_value());
}

}  // namespace
}  // namespace dn::cli
