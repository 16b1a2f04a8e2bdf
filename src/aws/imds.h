// Imds: what an instance knows of itself, by the Instance Metadata Service, version 2 only.
//
// Follows the EC2 user guide, "Use the Instance Metadata Service". A session token is fetched by
// PUT and sent with every question; a forged request that somebody makes us send has none. Theory
// of operation:
//
// | answer | what then |
// |---|---|
// | none within a second, or 5xx | once more, then Unreachable |
// | 401 | a new token, once |
// | 403 | Off: switched off for this instance |
// | 404 | the value is absent, which is no fault |
//
// The service is at 169.254.169.254, or where AWS_EC2_METADATA_SERVICE_ENDPOINT and …_ENDPOINT_MODE
// say; it is never asked through a proxy. What it says becomes host names, paths and filters, so
// each value must consist of what such a value can hold. Nothing is cached but the token: 1024
// packets a second are allowed, for DNS and time as well. Left out: version 1. Covered by
// imds_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "aws/credentials.h"
#include "aws/https_client.h"
#include "aws/surroundings.h"
#include "aws/temporary_credentials.h"
#include "base/address.h"

namespace dn::aws {

enum class ImdsFault : std::uint8_t {
  Off,          // by AWS_EC2_METADATA_DISABLED or for this instance; asking again is no use
  Unreachable,  // no instance of EC2, or one hop too many (a container)
  Odd,          // not what instance metadata says
};
struct ImdsError {
  ImdsFault fault = ImdsFault::Odd;
  std::string message;  // for people: what to do
};
template <class T>
using ImdsResult = tl::expected<T, ImdsError>;

struct InstanceIdentity {
  std::string region, instance_id;          // "eu-west-1", "i-…"; there
  std::string availability_zone;            // the rest may be ""
  std::string interface_id, mac, owner_id;  // of the first interface
  std::string vpc_id, subnet_id;
  bool operator==(const InstanceIdentity&) const = default;
};

// Spot capacity is taken back.
struct SpotAction {
  std::string action;  // "terminate", "stop", "hibernate"
  std::optional<WallTime> time;
};

// Not shared by threads.
class Imds {
 public:
  static constexpr std::size_t kAnswerBytesMax = 64UL << 10U;  // beyond: Odd

  static ImdsResult<std::unique_ptr<Imds>> open(const Environment& environment,
                                                Surroundings surroundings);
  Imds(std::unique_ptr<HttpsClient> https, EndpointUrl endpoint, Surroundings surroundings);

  ImdsResult<InstanceIdentity> identity();
  ImdsResult<std::optional<Ipv4Address>> public_address();
  // Nothing where the instance does not show its tags, too.
  ImdsResult<std::optional<std::string>> tag(std::string_view key);
  ImdsResult<std::optional<SpotAction>> spot_action();
  // "InService", "Terminated", …; "" outside of a group.
  ImdsResult<std::string> target_lifecycle_state();
  // Of the instance's role; Odd where it has none.
  ImdsResult<TemporaryCredentials> role_credentials();

 private:
  // Below /latest/meta-data/.
  ImdsResult<std::optional<std::string>> get(std::string_view path);
  ImdsResult<HttpsAnswer> ask(const HttpsRequest& request);
  ImdsResult<std::string> fetch_token();

  std::unique_ptr<HttpsClient> https_;
  EndpointUrl endpoint_;
  Surroundings surroundings_;
  std::string token_;  // "": none
  WallTime token_end_;
};

}  // namespace dn::aws
