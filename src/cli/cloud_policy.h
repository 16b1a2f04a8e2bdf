// One complete read of a cloud's policy, with the reader of the gateway (daemon/cloud_reader.h).
//
// The reader is stepped until it has its first input and nothing more is due soon. Its time is
// counted here: a wait that is meant for a gateway, which has all day, is cut short. Interfaces or
// groups that cannot be listed end it after kCloudFailuresMax attempts, and at once where the
// caller may not list them; each attempt has the retries of its client. What the gateway can do
// without (preferences, lists) is a problem and no failure, as there. Covered by
// cloud_policy_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/cloud_access.h"
#include "cli/world.h"
#include "config/config_file.h"
#include "policy/policy_input.h"

namespace dn::cli {

inline constexpr int kCloudFailuresMax = 3;

struct CloudPolicy {
  policy::PolicyInput input;
  std::vector<std::string> problems;  // what could not be read, what is odd; sorted
};

// Nothing when Ctrl-C ended it. The error names every problem, one per line. Says on standard error
// how far it is.
Result<std::optional<CloudPolicy>> read_cloud_policy(CloudAccess access, World& world);

// The policy of the cloud that `settings` lead to. The exit code where there is none: why is then
// on `world.err`.
tl::expected<CloudPolicy, int> take_cloud_policy(const config::GatewaySettings& settings,
                                                 World& world);
// The same, with its problems on `world.err`.
tl::expected<policy::PolicyInput, int> take_cloud_input(const config::GatewaySettings& settings,
                                                        World& world);

// A good configuration file, with the policy of the cloud where that is its source; problems of the
// cloud stand on `world.err`. The exit code where there is none: why is then there, too.
tl::expected<config::LoadedConfig, int> load_policy(const std::string& path, World& world);

}  // namespace dn::cli
