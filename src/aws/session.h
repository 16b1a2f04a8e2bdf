// Session: opens the clients of one identity, by region.
//
// Each client has a connection of its own, its endpoint from service_endpoint.h, and AWS_CA_BUNDLE
// for the certificates to trust. A reference by ARN may lie in another region than the gateway, so
// the region is an argument. A role that is assumed is a session of its own, whose credentials the
// one that assumed it fetches, and fetches anew (credential_source.h). Covered by session_test.cc.
#pragma once

#include <memory>
#include <string>

#include "aws/autoscaling.h"
#include "aws/cloudwatch_logs.h"
#include "aws/credential_provider.h"
#include "aws/credentials.h"
#include "aws/ec2.h"
#include "aws/json_client.h"
#include "aws/secrets.h"
#include "aws/service_endpoint.h"
#include "aws/ssm.h"
#include "aws/sts.h"
#include "aws/surroundings.h"
#include "base/result.h"

namespace dn::aws {

// May be shared by threads where `environment` and `surroundings` may; the clients may not.
class Session {
 public:
  Session(Environment environment, std::shared_ptr<CredentialProvider> credentials,
          Surroundings surroundings);

  // Fail where the region is none, whatever the endpoint, or the configured endpoint is none.
  Result<Ec2> ec2(const std::string& region) const;
  Result<Ssm> ssm(const std::string& region) const;
  Result<Secrets> secrets(const std::string& region) const;
  Result<Sts> sts(const std::string& region) const;
  Result<AutoScaling> autoscaling(const std::string& region) const;
  Result<CloudWatchLogs> logs(const std::string& region) const;

  // Asks STS in `region` when credentials are needed, not at once. Fails as above, and where the
  // role's ARN names another partition than the region's: no account of it can be assumed here.
  Result<Session> assume(AssumedRole role, const std::string& region) const;

 private:
  struct Parts;
  Result<Parts> open(Service service, const std::string& region) const;
  Result<JsonClient> open_json(Service service, const std::string& region,
                               const char* target_prefix) const;
  Result<QueryClient> open_query(Service service, const std::string& region,
                                 const char* version) const;

  Environment environment_;
  std::shared_ptr<CredentialProvider> credentials_;
  Surroundings surroundings_;
};

}  // namespace dn::aws
