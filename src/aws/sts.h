// Sts: credentials of another role, from the Security Token Service.
//
// Follows the STS API reference, version 2011-06-15, AssumeRole. Covered by
// query_services_test.cc and tests/aws/clients_against_moto.py.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "aws/query_client.h"
#include "aws/temporary_credentials.h"

namespace dn::aws {

struct AssumedRole {
  std::string role_arn;
  std::string session_name;  // 2..64 of A-Z a-z 0-9 and "=,.@-_"; stands in the account's audit log
  std::string external_id = {};         // "" where the role asks for none
  std::chrono::seconds duration{3600};  // 900 s at least; chained roles 1 h at most
};

// Not shared by threads.
class Sts {
 public:
  static constexpr const char* kVersion = "2011-06-15";

  explicit Sts(QueryClient client) : client_(std::move(client)) {}
  ServiceResult<TemporaryCredentials> assume_role(const AssumedRole& role);

 private:
  QueryClient client_;
};

}  // namespace dn::aws
