#include "aws/autoscaling.h"

namespace dn::aws {

ServiceResult<void> AutoScaling::set_instance_health(const std::string& instance_id, bool healthy,
                                                     bool respect_grace_period) {
  // The answer holds nothing but the id of the request.
  const auto body = client_.call(
      "SetInstanceHealth", {{"InstanceId", instance_id},
                            {"HealthStatus", healthy ? "Healthy" : "Unhealthy"},
                            {"ShouldRespectGracePeriod", respect_grace_period ? "true" : "false"}});
  if (!body) return tl::unexpected(body.error());
  return {};
}

}  // namespace dn::aws
