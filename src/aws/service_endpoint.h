// Where a service of the cloud is asked: by its region, or as the environment says.
//
// | first found counts | |
// |---|---|
// | AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL | unless AWS_IGNORE_CONFIGURED_ENDPOINT_URLS |
// | the host of the region | AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT choose its form |
//
// Follows the AWS SDKs and Tools Reference Guide ("Service-specific endpoints", "Dual-stack and
// FIPS endpoints") and the endpoint rules of botocore 1.43.11, with which every region and form
// that exists was compared. Left out: the same settings in the shared configuration file, global
// endpoints. Pure. Covered by service_endpoint_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/endpoint_url.h"
#include "base/result.h"

namespace dn::aws {

enum class Service : std::uint8_t {
  Ec2,
  Ssm,
  SecretsManager,
  CloudWatchLogs,
  Sts,
  AutoScaling,
};

// As signatures name it: "ec2", "logs".
std::string_view signing_name(Service service);

struct EndpointForm {
  bool fips = false, dualstack = false;
};

// "aws", "aws-cn", "aws-us-gov": as ARNs of the region name it. By its prefix, as below.
std::string_view partition_of(std::string_view region);

// "ec2.eu-west-1.amazonaws.com". A region that is not known belongs to the partition of its prefix,
// without one to "aws". `region` is one by base/arn.h.
std::string service_host(Service service, std::string_view region, EndpointForm form);

// The text of the variable that counts, or "".
std::string configured_endpoint(Service service, const Environment& environment);

// Fails where the region is none, or a configured address is no address: with the variable's name
// and what to write.
Result<EndpointUrl> find_endpoint(Service service, std::string_view region,
                                  const Environment& environment);

}  // namespace dn::aws
