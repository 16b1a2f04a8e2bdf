#include "cli/cloud_access.h"

#include <utility>

#include "aws/credentials.h"
#include "daemon/aws_link.h"

namespace dn::cli {

Result<CloudAccess> open_aws(config::GatewaySettings settings) {
  const aws::Environment environment = aws::process_environment();
  auto instance = daemon::find_instance(settings, environment);
  if (!instance && settings.aws_region.empty()) {
    const auto identity = aws::find_identity(environment, "");
    if (identity && !identity->region.empty()) {
      settings.aws_region = identity->region;
      instance = daemon::find_instance(settings, environment);
    }
  }
  if (!instance) return tl::unexpected(instance.error());
  auto questions = daemon::aws_questions(settings, *instance, daemon::open_session(environment));
  if (!questions) return tl::unexpected(questions.error());
  return CloudAccess{daemon::reader_settings(settings, *instance), *std::move(questions)};
}

}  // namespace dn::cli
