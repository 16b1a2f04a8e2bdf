// Security Groups out of JSON documents that the tools of a cloud print, for the commands that read
// policies offline.
//
// Three documents, told apart by their content:
//   - `aws ec2 describe-security-groups`
//   - `aws ec2 describe-security-group-rules`
//   - `terraform show -json` of a plan or a state: aws_security_group, aws_default_security_group,
//     aws_security_group_rule and aws_vpc_security_group_egress_rule, in all modules
// Only outbound rules are read, and annotations are not interpreted. Destinations stand apart: the
// gateway ignores them. A document is refused as a whole where it is none of these or not JSON; an
// odd rule becomes a problem and costs its neighbours nothing. Covered by cloud_json_test.cc and
// fuzz/config_fuzz.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "config/config_problem.h"
#include "policy/policy_input.h"

namespace dn::config {

enum class CloudDocument : std::uint8_t { AwsSecurityGroups, AwsSecurityGroupRules, Terraform };
std::string_view to_text(CloudDocument kind);

// Where an outbound TCP rule for one port leads, whatever its description. AWS takes each once in a
// group.
struct CloudDestination {
  std::string gid;
  Port port = 0;
  Ipv4Prefix block;
};

struct CloudGroups {
  CloudDocument kind = CloudDocument::AwsSecurityGroups;
  // In the order of the document. `gid` is the group's id; in a plan, where ids are not known yet,
  // the address of the resource. `where` of a rule is its own id, its resource, or its place.
  std::vector<policy::SecurityGroup> groups;
  std::vector<CloudDestination> destinations;  // of what AWS printed, not of Terraform
  std::vector<ConfigProblem> problems;
};

// The error says what the text is instead, and which command prints a document that can be read.
Result<CloudGroups> parse_cloud_json(std::string_view text, std::string_view file_name);

// Whether a text is meant for parse_cloud_json() and not a configuration file: an object, a list of
// objects, or a plan of Terraform that was not printed as JSON.
bool looks_like_json(std::string_view text);

}  // namespace dn::config
