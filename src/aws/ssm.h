// Ssm: reads parameters of Systems Manager's Parameter Store.
//
// Follows the Systems Manager API reference, GetParameter: the one operation that existing roles
// permit. Covered by parameter_services_test.cc and tests/aws/clients_against_moto.py.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "aws/json_client.h"

namespace dn::aws {

struct Parameter {
  std::string value;         // at most 8 KiB; a StringList's is joined by commas
  std::int64_t version = 0;  // grows with each change
};

// Not shared by threads.
class Ssm {
 public:
  static constexpr const char* kTargetPrefix = "AmazonSSM.";

  explicit Ssm(JsonClient client) : client_(std::move(client)) {}
  // By name or ARN, decrypted. Fails with ParameterNotFound where there is none.
  ServiceResult<Parameter> get_parameter(const std::string& name);

 private:
  JsonClient client_;
};

}  // namespace dn::aws
