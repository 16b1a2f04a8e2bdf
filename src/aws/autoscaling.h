// AutoScaling: tells a group that one of its instances is not well, so that it is replaced.
//
// Follows the EC2 Auto Scaling API reference, version 2011-01-01, SetInstanceHealth. Covered by
// query_services_test.cc.
#pragma once

#include <string>
#include <utility>

#include "aws/query_client.h"

namespace dn::aws {

// Not shared by threads.
class AutoScaling {
 public:
  static constexpr const char* kVersion = "2011-01-01";

  explicit AutoScaling(QueryClient client) : client_(std::move(client)) {}
  // Within the group's grace period an unhealthy instance stays, where that is to be respected.
  ServiceResult<void> set_instance_health(const std::string& instance_id, bool healthy,
                                          bool respect_grace_period);

 private:
  QueryClient client_;
};

}  // namespace dn::aws
