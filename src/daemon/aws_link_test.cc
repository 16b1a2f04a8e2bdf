#include "daemon/aws_link.h"

#include <gtest/gtest.h>

namespace dn::daemon {
namespace {

TEST(Deployment, IsThatOfTheConfigurationElseOfTheTag) {
  struct Case {
    std::string configured, tag, deployment, parameter;
  };
  const Case cases[] = {
      {"", "", "%default", "DiscrimiNAT"},
      {"", "%default", "%default", "DiscrimiNAT"},
      {"", "self-manage", "%default", "DiscrimiNAT"},
      {"", "blue", "blue", "DiscrimiNAT_blue"},
      {"green", "blue", "green", "DiscrimiNAT_green"},
      {"self-manage", "blue", "%default", "DiscrimiNAT"},
  };
  for (const Case& c : cases) {
    config::GatewaySettings settings;
    settings.aws_deployment_id = c.configured;
    AwsInstance instance;
    instance.deployment_tag = c.tag;
    EXPECT_EQ(deployment_of(settings, instance), c.deployment) << c.configured << "/" << c.tag;
    EXPECT_EQ(reader_settings(settings, instance).preferences_name, c.parameter);
  }
}

}  // namespace
}  // namespace dn::daemon
