// AwsLink: the gateway on Amazon Web Services: who it is there, what it asks, where its logs go.
//
// find_instance() asks instance metadata, once, before anything else starts. AwsLink then holds the
// thread that reads the policy (cloud_source.h) and the one that ships the logs
// (shipper/log_shipper.h), both with the same credentials, which are kept fresh. Credentials are
// looked for where every tool of AWS looks (aws/credential_source.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/session.h"
#include "base/result.h"
#include "config/gateway_settings.h"
#include "daemon/cloud_source.h"
#include "daemon/config_log.h"
#include "daemon/self_care.h"
#include "shipper/log_shipper.h"

namespace dn::daemon {

// What is not known is "".
struct AwsInstance {
  std::string region;
  std::string instance_id, vpc_id;
  std::string deployment_tag;  // value of the tag `discriminat`
};

// By configuration first, then by instance metadata. Fails where no region is known, and where
// instance metadata answers something odd.
Result<AwsInstance> find_instance(const config::GatewaySettings& settings,
                                  const aws::Environment& environment);

// Of the configuration, else of the tag; "%default" where there is none, and for the other values
// that mean none (docs/aws-quick-start.md).
std::string deployment_of(const config::GatewaySettings& settings, const AwsInstance& instance);

// Whose clients and which preferences a gateway on this instance reads: by configuration first.
CloudReaderSettings reader_settings(const config::GatewaySettings& settings,
                                    const AwsInstance& instance);

// The questions of cloud_reader.h, put to AWS: to the account of `session`, and to those of the
// configured roles (account_questions.h). The lists of other regions are asked for there.
Result<CloudQuestions> aws_questions(const config::GatewaySettings& settings,
                                     const AwsInstance& instance,
                                     std::shared_ptr<const aws::Session> session);

// With the credentials of the environment. `sleep` is called by the threads that ask.
std::shared_ptr<const aws::Session> open_session(const aws::Environment& environment);

struct AwsLinkSettings {
  config::GatewaySettings gateway;
  AwsInstance instance;
  std::function<void()> on_news;  // CloudSource's
};

class AwsLink {
 public:
  // `log` outlives the link.
  static Result<std::unique_ptr<AwsLink>> start(const AwsLinkSettings& settings, ConfigLog& log);

  // For the thread that looks after the instance; with connections of its own.
  Result<SelfCareQuestions> self_care_questions(const AwsInstance& instance) const;

  CloudSource& source() { return *source_; }
  // Without a shipper: empty.
  std::map<std::string, shipper::ShipStats> shipped() const;

 private:
  explicit AwsLink(std::shared_ptr<const aws::Session> session) : session_(std::move(session)) {}

  std::shared_ptr<const aws::Session> session_;
  std::unique_ptr<CloudSource> source_;
  std::unique_ptr<shipper::LogShipper> shipper_;
};

}  // namespace dn::daemon
