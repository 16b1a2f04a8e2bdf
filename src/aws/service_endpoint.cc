#include "aws/service_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/arn.h"
#include "base/ascii.h"

namespace dn::aws {
namespace {

struct ServiceNames {
  Service service;
  std::string_view name;  // in the host and in the signature
  const char* variable;
};
constexpr std::array<ServiceNames, 6> kServices = {{
    {Service::Ec2, "ec2", "AWS_ENDPOINT_URL_EC2"},
    {Service::Ssm, "ssm", "AWS_ENDPOINT_URL_SSM"},
    {Service::SecretsManager, "secretsmanager", "AWS_ENDPOINT_URL_SECRETS_MANAGER"},
    {Service::CloudWatchLogs, "logs", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"},
    {Service::Sts, "sts", "AWS_ENDPOINT_URL_STS"},
    {Service::AutoScaling, "autoscaling", "AWS_ENDPOINT_URL_AUTO_SCALING"},
}};

struct Partition {
  std::string_view region_prefix, name, suffix, dualstack_suffix;
  bool secrets_have_one_host;  // with addresses of both families
};
constexpr std::string_view kGovernment = "us-gov-";
constexpr std::array<Partition, 8> kPartitions = {{
    {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", true},
    {"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", false},
    {"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov", false},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", false},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", false},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", false},
    {kGovernment, "aws-us-gov", "amazonaws.com", "api.aws", true},
    {"", "aws", "amazonaws.com", "api.aws", true},
}};

const ServiceNames& names_of(Service service) {
  return *std::ranges::find(kServices, service, &ServiceNames::service);
}

const Partition& partition_at(std::string_view region) {
  return *std::ranges::find_if(
      kPartitions, [&](const Partition& row) { return region.starts_with(row.region_prefix); });
}

bool is_true(const Environment& environment, const char* name) {
  return equal_ignoring_case(environment(name).value_or(""), "true");
}

struct Configured {
  const char* variable = nullptr;
  std::string text;
};

Configured find_configured(Service service, const Environment& environment) {
  if (is_true(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return {};
  for (const char* variable : {names_of(service).variable, "AWS_ENDPOINT_URL"}) {
    if (auto text = environment(variable)) return {variable, *std::move(text)};
  }
  return {};
}

}  // namespace

std::string_view signing_name(Service service) {
  return names_of(service).name;
}

std::string_view partition_of(std::string_view region) {
  return partition_at(region).name;
}

std::string service_host(Service service, std::string_view region, EndpointForm form) {
  const Partition& partition = partition_at(region);
  const bool secrets = service == Service::SecretsManager;
  const bool government = partition.region_prefix == kGovernment;
  const bool dualstack = form.dualstack && !(secrets && partition.secrets_have_one_host);
  // The plain hosts of the government's regions are validated already.
  const bool named_fips = form.fips && (!government || form.dualstack || secrets);
  return fmt::format("{}{}.{}.{}", signing_name(service), named_fips ? "-fips" : "", region,
                     dualstack ? partition.dualstack_suffix : partition.suffix);
}

std::string configured_endpoint(Service service, const Environment& environment) {
  return find_configured(service, environment).text;
}

Result<EndpointUrl> find_endpoint(Service service, std::string_view region,
                                  const Environment& environment) {
  const Configured configured = find_configured(service, environment);
  if (configured.variable != nullptr) {
    auto url = parse_endpoint_url(configured.text);
    if (!url) return fail(fmt::format("{}: {}", configured.variable, url.error().message));
    return url;
  }
  if (!is_region(region)) {
    return fail("the region is not the name of a region; write one like \"eu-west-1\"");
  }
  EndpointUrl url;
  url.host = service_host(service, region,
                          {.fips = is_true(environment, "AWS_USE_FIPS_ENDPOINT"),
                           .dualstack = is_true(environment, "AWS_USE_DUALSTACK_ENDPOINT")});
  return url;
}

}  // namespace dn::aws
