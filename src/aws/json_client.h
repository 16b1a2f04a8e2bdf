// JsonClient: operations of a JSON 1.1 service (CloudWatch Logs, Systems Manager, Secrets Manager).
//
// Follows the AWS JSON 1.1 protocol of the Smithy specification. What is tried again is the table
// in signed_client.h. Covered by json_client_test.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "aws/signed_client.h"

namespace dn::aws {

// Not shared by threads.
class JsonClient {
 public:
  // `target_prefix` as "Logs_20140328.".
  JsonClient(std::unique_ptr<HttpsClient> https, std::string target_prefix, SignedService service,
             Surroundings surroundings);

  // The answer's body; JSON, or empty.
  ServiceResult<std::string> call(std::string_view operation, std::string_view body);

 private:
  std::string target_prefix_;
  SignedClient client_;
};

// From an answer that is no success. `type` without what stands in front of '#' and behind ':'.
ServiceError parse_service_error(const HttpsAnswer& answer);

}  // namespace dn::aws
