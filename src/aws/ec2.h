// Ec2: the operations of EC2 that the gateway needs.
//
// Follows the EC2 API reference, version 2016-11-15. Throttling beyond the client's retries comes
// back as an error; pace and sweeps are the caller's. Filters are joined by "and", the values of
// one by "or"; EC2 takes at most 200 values in a request. Covered by ec2_test.cc and
// tests/aws/clients_against_moto.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/ec2_values.h"
#include "aws/query_client.h"

namespace dn::aws {

struct Ec2Filter {
  std::string name;                 // "vpc-id", "addresses.private-ip-address", "tag-key"
  std::vector<std::string> values;  // at least one; * and ? are wildcards
};

struct Ec2Question {
  std::vector<std::string> ids = {};  // "eni-…", "sg-…"; the answer is one page then
  std::vector<Ec2Filter> filters = {};
  std::string next_token = {};  // of the page before, whose question was the same
  unsigned page_size = 1000;    // 5..1000
};

// Not shared by threads.
class Ec2 {
 public:
  static constexpr const char* kVersion = "2016-11-15";

  explicit Ec2(QueryClient client) : client_(std::move(client)) {}

  ServiceResult<Page<NetworkInterface>> describe_network_interfaces(const Ec2Question& question);
  ServiceResult<Page<SecurityGroup>> describe_security_groups(const Ec2Question& question);
  // All at once: EC2 does not page them.
  ServiceResult<std::vector<ElasticAddress>> describe_addresses(
      const std::vector<Ec2Filter>& filters);

  // Lets an instance with one interface forward what is not addressed to it.
  ServiceResult<void> disable_source_dest_check(const std::string& instance_id);
  // Fails with Resource.AlreadyAssociated where somebody was faster. The association's id.
  ServiceResult<std::string> associate_address(const std::string& allocation_id,
                                               const std::string& instance_id);

 private:
  QueryClient client_;
};

}  // namespace dn::aws
