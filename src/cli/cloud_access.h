// The way to a cloud that holds a policy: what to ask for, and who answers.
#pragma once

#include "base/result.h"
#include "config/gateway_settings.h"
#include "daemon/cloud_reader.h"

namespace dn::cli {

struct CloudAccess {
  daemon::CloudReaderSettings settings;
  daemon::CloudQuestions questions;
};

// As the gateway finds it on this machine, with the credentials of the environment. A region that
// neither the configuration nor an instance knows is that of the environment or of the profile, as
// for every tool of AWS. Fails where there is none.
Result<CloudAccess> open_aws(config::GatewaySettings settings);

}  // namespace dn::cli
