#include "aws/service_endpoint.h"

#include <gtest/gtest.h>

#include <map>

namespace dn::aws {
namespace {

std::string found(Service service, std::string_view region,
                  std::map<std::string, std::string> variables = {}) {
  const auto url = find_endpoint(service, region, [&](const char* name) {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  });
  return url ? url->to_text() : "error: " + url.error().message;
}

// As botocore 1.43.11 has them in partitions.json.
TEST(ServiceEndpoint, KnowsThePartitionOfARegion) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"eu-west-1", "aws"},
                                                                 {"cn-north-1", "aws-cn"},
                                                                 {"eusc-de-east-1", "aws-eusc"},
                                                                 {"us-iso-east-1", "aws-iso"},
                                                                 {"us-isob-east-1", "aws-iso-b"},
                                                                 {"eu-isoe-west-1", "aws-iso-e"},
                                                                 {"us-isof-south-1", "aws-iso-f"},
                                                                 {"us-gov-west-1", "aws-us-gov"},
                                                                 {"xx-new-1", "aws"}};
  for (const auto& [region, want] : cases) EXPECT_EQ(partition_of(region), want) << region;
}

// The wanted hosts are those of botocore 1.43.11's endpoint rules.
TEST(ServiceEndpoint, IsTheHostOfTheRegion) {
  struct Case {
    Service service;
    std::string_view region;
    EndpointForm form;
    std::string_view want;
  };
  constexpr EndpointForm kPlain{}, kFips{true, false}, kDual{false, true}, kBoth{true, true};
  const Case cases[] = {
      {Service::Ec2, "eu-west-1", kPlain, "ec2.eu-west-1.amazonaws.com"},
      {Service::Ec2, "us-east-1", kFips, "ec2-fips.us-east-1.amazonaws.com"},
      {Service::Ec2, "eu-west-1", kDual, "ec2.eu-west-1.api.aws"},
      {Service::Ec2, "us-east-1", kBoth, "ec2-fips.us-east-1.api.aws"},
      {Service::Ec2, "us-gov-west-1", kFips, "ec2.us-gov-west-1.amazonaws.com"},
      {Service::Ec2, "us-gov-west-1", kBoth, "ec2-fips.us-gov-west-1.api.aws"},
      {Service::Ec2, "cn-north-1", kPlain, "ec2.cn-north-1.amazonaws.com.cn"},
      {Service::Ssm, "cn-north-1", kDual, "ssm.cn-north-1.api.amazonwebservices.com.cn"},
      {Service::Ssm, "us-gov-east-1", kFips, "ssm.us-gov-east-1.amazonaws.com"},
      {Service::SecretsManager, "eu-west-1", kDual, "secretsmanager.eu-west-1.amazonaws.com"},
      {Service::SecretsManager, "us-east-1", kBoth, "secretsmanager-fips.us-east-1.amazonaws.com"},
      {Service::SecretsManager, "us-gov-west-1", kFips,
       "secretsmanager-fips.us-gov-west-1.amazonaws.com"},
      {Service::SecretsManager, "us-iso-east-1", kDual,
       "secretsmanager.us-iso-east-1.api.aws.ic.gov"},
      {Service::CloudWatchLogs, "eusc-de-east-1", kPlain, "logs.eusc-de-east-1.amazonaws.eu"},
      {Service::CloudWatchLogs, "us-isob-east-1", kPlain, "logs.us-isob-east-1.sc2s.sgov.gov"},
      {Service::Sts, "us-isof-south-1", kPlain, "sts.us-isof-south-1.csp.hci.ic.gov"},
      {Service::Sts, "eu-isoe-west-1", kDual, "sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
      {Service::AutoScaling, "xx-new-7", kPlain, "autoscaling.xx-new-7.amazonaws.com"},
  };
  for (const Case& c : cases) EXPECT_EQ(service_host(c.service, c.region, c.form), c.want);
}

TEST(ServiceEndpoint, HasTheFormThatTheEnvironmentChooses) {
  EXPECT_EQ(found(Service::Ec2, "eu-west-1"), "https://ec2.eu-west-1.amazonaws.com/");
  EXPECT_EQ(found(Service::Ec2, "us-east-1", {{"AWS_USE_FIPS_ENDPOINT", "True"}}),
            "https://ec2-fips.us-east-1.amazonaws.com/");
  EXPECT_EQ(found(Service::Ec2, "us-east-1",
                  {{"AWS_USE_DUALSTACK_ENDPOINT", "true"}, {"AWS_USE_FIPS_ENDPOINT", "false"}}),
            "https://ec2.us-east-1.api.aws/");
}

TEST(ServiceEndpoint, IsTheConfiguredOneBeforeAll) {
  const std::map<std::string, std::string> both = {{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"},
                                                   {"AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:2"}};
  EXPECT_EQ(found(Service::Ec2, "eu-west-1", both), "http://127.0.0.1:2/");
  EXPECT_EQ(found(Service::Ssm, "eu-west-1", both), "http://127.0.0.1:1/");
  EXPECT_EQ(found(Service::Ssm, "", both), "http://127.0.0.1:1/");
  auto ignored = both;
  ignored["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(found(Service::Ec2, "eu-west-1", ignored), "https://ec2.eu-west-1.amazonaws.com/");
  const std::pair<Service, const char*> variables[] = {
      {Service::Ec2, "AWS_ENDPOINT_URL_EC2"},
      {Service::Ssm, "AWS_ENDPOINT_URL_SSM"},
      {Service::SecretsManager, "AWS_ENDPOINT_URL_SECRETS_MANAGER"},
      {Service::CloudWatchLogs, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"},
      {Service::Sts, "AWS_ENDPOINT_URL_STS"},
      {Service::AutoScaling, "AWS_ENDPOINT_URL_AUTO_SCALING"}};
  for (const auto& [service, variable] : variables) {
    EXPECT_EQ(found(service, "r", {{variable, "https://h"}}), "https://h/") << variable;
  }
}

TEST(ServiceEndpoint, IsNoneWithoutARegionOrWithAWrongAddress) {
  for (const char* region : {"", "evil.example/", "eu-west-1.evil", "EU-WEST-1"}) {
    EXPECT_EQ(found(Service::Ssm, region),
              "error: the region is not the name of a region; write one like \"eu-west-1\"");
  }
  EXPECT_TRUE(found(Service::Ec2, "eu-west-1", {{"AWS_ENDPOINT_URL_EC2", "nonsense"}})
                  .starts_with("error: AWS_ENDPOINT_URL_EC2: write "));
}

}  // namespace
}  // namespace dn::aws
