// Secrets: reads secrets of AWS Secrets Manager.
//
// Follows the Secrets Manager API reference, GetSecretValue, as far as secrets are text. Covered by
// parameter_services_test.cc and tests/aws/clients_against_moto.py.
#pragma once

#include <string>
#include <utility>

#include "aws/json_client.h"

namespace dn::aws {

struct Secret {
  std::string value;       // at most 64 KiB
  std::string version_id;  // another one after each change
};

// Not shared by threads.
class Secrets {
 public:
  static constexpr const char* kTargetPrefix = "secretsmanager.";

  explicit Secrets(JsonClient client) : client_(std::move(client)) {}
  // By name or ARN, its current version. Fails with ResourceNotFoundException where there is none.
  ServiceResult<Secret> get_secret_value(const std::string& id);

 private:
  JsonClient client_;
};

}  // namespace dn::aws
