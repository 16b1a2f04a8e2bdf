// Readers of the three documents, and the only place of this folder that includes Boost.JSON.
//
// All walk a parsed value; its depth is bounded by the parser, modules by a work list.
#include "config/cloud_json.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "base/readable.h"
#include "config/field_text.h"

namespace dn::config {
namespace {

namespace json = boost::json;
using Severity = ConfigProblem::Severity;

// Deeper than any plan: a module within a module takes two levels.
constexpr std::size_t kDepthMax = 256;
constexpr std::int64_t kAllPorts = 65535;

const json::value* find(const json::value& value, std::string_view key) {
  const json::object* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

// Empty where the key is missing, null or not text.
std::string_view text_at(const json::value& value, std::string_view key) {
  const json::value* found = find(value, key);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

// Nothing where the key is missing, null or not a whole number.
std::optional<std::int64_t> number_at(const json::value& value, std::string_view key) {
  const json::value* found = find(value, key);
  if (found == nullptr) return {};
  boost::system::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  if (error) return {};
  return number;
}

// An empty list where the key is missing or something else.
const json::array& list_at(const json::value& value, std::string_view key) {
  static const json::array kEmpty;
  const json::value* found = find(value, key);
  const json::array* list = found == nullptr ? nullptr : found->if_array();
  return list == nullptr ? kEmpty : *list;
}

// The keys of one document's way to write a rule.
struct RuleKeys {
  std::string_view protocol;
  std::string_view from_port;
  std::string_view to_port;
};
constexpr RuleKeys kAwsKeys = {"IpProtocol", "FromPort", "ToPort"};
constexpr RuleKeys kTerraformKeys = {"protocol", "from_port", "to_port"};
constexpr RuleKeys kTerraformRuleKeys = {"ip_protocol", "from_port", "to_port"};

bool is_tcp(std::string_view protocol) {
  return protocol == "tcp" || protocol == "6";
}

// Collects groups and problems of one document. Used by one call of parse_cloud_json().
class Collector {
 public:
  explicit Collector(std::string_view file_name) : file_name_(file_name) {}

  policy::SecurityGroup& group(std::string_view gid, std::string_view where);
  void add_rule(policy::SecurityGroup& group, const json::value& rule, const RuleKeys& keys,
                std::string_view description, std::string where);
  void add_destination(std::string_view gid, const json::value& rule, std::string_view block);
  void report(std::string_view where, Severity severity, std::string what, std::string fix);
  CloudGroups take(CloudDocument kind);

 private:
  std::string_view file_name_;
  CloudGroups out_;
  std::unordered_map<std::string, std::size_t> places_;
  std::size_t unlisted_ = 0;
};

void Collector::report(std::string_view where, Severity severity, std::string what,
                       std::string fix) {
  if (out_.problems.size() >= kProblemsMax) {
    ++unlisted_;
    return;
  }
  out_.problems.push_back({fmt::format("{}: {}", file_name_, printable(where)), std::move(what),
                           std::move(fix), severity});
}

CloudGroups Collector::take(CloudDocument kind) {
  out_.kind = kind;
  if (unlisted_ != 0) {
    out_.problems.push_back({std::string(file_name_), fmt::format("{} more problems", unlisted_),
                             "mend the ones above and look again", Severity::Error});
  }
  return std::move(out_);
}

// The group of this id, made when it is new. The reference lives until the next call.
policy::SecurityGroup& Collector::group(std::string_view gid, std::string_view where) {
  const auto [place, fresh] = places_.try_emplace(std::string(gid), out_.groups.size());
  if (fresh) {
    policy::SecurityGroup made;
    made.gid = std::string(gid);
    made.where = std::string(where);
    out_.groups.push_back(std::move(made));
  }
  return out_.groups[place->second];
}

void Collector::add_rule(policy::SecurityGroup& group, const json::value& rule,
                         const RuleKeys& keys, std::string_view description, std::string where) {
  policy::EgressRule made;
  made.description = std::string(description);
  made.ip_protocol = std::string(text_at(rule, keys.protocol));
  if (made.ip_protocol == "all") made.ip_protocol = "-1";  // Terraform takes both
  if (made.ip_protocol.empty()) {
    report(where, Severity::Error, fmt::format("the rule has no {}", keys.protocol),
           "print the document again, without a query that drops parts of it");
    return;
  }
  // Only TCP has ports here; of other protocols these numbers may be ICMP types.
  if (is_tcp(made.ip_protocol)) {
    const auto from = number_at(rule, keys.from_port);
    const auto to = number_at(rule, keys.to_port);
    if (!from || !to || *from < 0 || *to > kAllPorts || *from > *to) {
      report(where, Severity::Error,
             fmt::format("the rule has no port range in {} and {}", keys.from_port, keys.to_port),
             "write a range from 0 to 65535");
      return;
    }
    made.from_port = static_cast<Port>(*from);
    made.to_port = static_cast<Port>(*to);
  }
  made.where = std::move(where);
  group.egress.push_back(std::move(made));
}

// Of a rule in AWS's keys. What is odd about it, add_rule() says where it matters.
void Collector::add_destination(std::string_view gid, const json::value& rule,
                                std::string_view block) {
  const std::string_view protocol = text_at(rule, kAwsKeys.protocol);
  const auto from = number_at(rule, kAwsKeys.from_port);
  const bool one_port = from && from == number_at(rule, kAwsKeys.to_port);
  const auto prefix = parse_ipv4_prefix(block);
  if (!is_tcp(protocol) || !one_port || *from < 0 || *from > kAllPorts || !prefix) return;
  out_.destinations.push_back({std::string(gid), static_cast<Port>(*from), *prefix});
}

// ---- AWS
// -----------------------------------------------------------------------------------------

// A permission holds one protocol and range, and per destination a description of its own.
void read_permission(Collector& collector, policy::SecurityGroup& group,
                     const json::value& permission, std::size_t number) {
  constexpr std::array<std::string_view, 4> kDestinations = {"IpRanges", "Ipv6Ranges",
                                                             "PrefixListIds", "UserIdGroupPairs"};
  for (const std::string_view destinations : kDestinations) {
    std::size_t position = 0;
    for (const json::value& destination : list_at(permission, destinations)) {
      std::string where = fmt::format("{} IpPermissionsEgress[{}].{}[{}]", group.gid, number,
                                      destinations, position++);
      collector.add_destination(group.gid, permission, text_at(destination, "CidrIp"));
      const std::string_view description = text_at(destination, "Description");
      if (description.empty()) continue;
      collector.add_rule(group, permission, kAwsKeys, description, std::move(where));
    }
  }
}

void warn_of_more_pages(Collector& collector, const json::value& document) {
  if (text_at(document, "NextToken").empty()) return;
  collector.report("NextToken", Severity::Warning, "this is only one page of the answer",
                   "run the command without --max-items and --no-paginate");
}

CloudGroups read_security_groups(Collector collector, const json::value& document) {
  warn_of_more_pages(collector, document);
  std::size_t position = 0;
  for (const json::value& element : list_at(document, "SecurityGroups")) {
    const std::string where = fmt::format("SecurityGroups[{}]", position++);
    const std::string_view gid = text_at(element, "GroupId");
    if (gid.empty()) {
      collector.report(where, Severity::Error, "the group has no GroupId",
                       "print the document again, without a query that drops parts of it");
      continue;
    }
    auto& group = collector.group(gid, where);
    std::size_t number = 0;
    for (const json::value& permission : list_at(element, "IpPermissionsEgress")) {
      read_permission(collector, group, permission, number++);
    }
  }
  return collector.take(CloudDocument::AwsSecurityGroups);
}

CloudGroups read_security_group_rules(Collector collector, const json::value& document) {
  warn_of_more_pages(collector, document);
  std::size_t position = 0;
  for (const json::value& rule : list_at(document, "SecurityGroupRules")) {
    const std::string place = fmt::format("SecurityGroupRules[{}]", position++);
    const std::string_view gid = text_at(rule, "GroupId");
    const std::string_view id = text_at(rule, "SecurityGroupRuleId");
    const json::value* egress = find(rule, "IsEgress");
    if (gid.empty() || egress == nullptr || !egress->is_bool()) {
      collector.report(place, Severity::Error, "the rule has no GroupId or no IsEgress",
                       "print the document again, without a query that drops parts of it");
      continue;
    }
    auto& group = collector.group(gid, gid);
    if (!egress->get_bool()) continue;
    collector.add_destination(gid, rule, text_at(rule, "CidrIpv4"));
    const std::string_view description = text_at(rule, "Description");
    if (description.empty()) continue;
    collector.add_rule(group, rule, kAwsKeys, description, id.empty() ? place : std::string(id));
  }
  return collector.take(CloudDocument::AwsSecurityGroupRules);
}

// ---- Terraform
// -----------------------------------------------------------------------------------

// A group with its rules inline. Rules of the same description that name several blocks are one.
void read_group_resource(Collector& collector, std::string_view address,
                         const json::value& values) {
  const std::string_view id = text_at(values, "id");
  auto& group = collector.group(id.empty() ? address : id, address);
  std::size_t position = 0;
  for (const json::value& rule : list_at(values, "egress")) {
    std::string where = fmt::format("{}.egress[{}]", address, position++);
    const std::string_view description = text_at(rule, "description");
    if (description.empty()) continue;
    collector.add_rule(group, rule, kTerraformKeys, description, std::move(where));
  }
}

// A rule as a resource of its own. Its group is often not known before the plan is applied; the
// rule then stands for a group of its own.
void read_rule_resource(Collector& collector, std::string_view address, const json::value& values,
                        const RuleKeys& keys) {
  const std::string_view description = text_at(values, "description");
  if (description.empty()) return;
  const std::string_view gid = text_at(values, "security_group_id");
  auto& group = collector.group(gid.empty() ? address : gid, address);
  collector.add_rule(group, values, keys, description, std::string(address));
}

void read_resource(Collector& collector, const json::value& resource) {
  // Data sources describe what others manage.
  if (text_at(resource, "mode") == "data") return;
  const std::string_view type = text_at(resource, "type");
  const std::string_view address = text_at(resource, "address");
  const json::value* values = find(resource, "values");
  if (values == nullptr) return;
  if (type == "aws_security_group" || type == "aws_default_security_group") {
    read_group_resource(collector, address, *values);
  } else if (type == "aws_security_group_rule" && text_at(*values, "type") == "egress") {
    read_rule_resource(collector, address, *values, kTerraformKeys);
  } else if (type == "aws_vpc_security_group_egress_rule") {
    read_rule_resource(collector, address, *values, kTerraformRuleKeys);
  }
}

CloudGroups read_terraform(Collector collector, const json::value& root_module) {
  std::vector<const json::value*> modules = {&root_module};
  for (std::size_t next = 0; next < modules.size(); ++next) {
    const json::value& module = *modules[next];
    for (const json::value& resource : list_at(module, "resources")) {
      read_resource(collector, resource);
    }
    for (const json::value& child : list_at(module, "child_modules")) modules.push_back(&child);
  }
  return collector.take(CloudDocument::Terraform);
}

// ---- Which document
// ------------------------------------------------------------------------------

const json::value* find_root_module(const json::value& document) {
  for (const std::string_view part : {"planned_values", "values"}) {
    const json::value* values = find(document, part);
    const json::value* root = values == nullptr ? nullptr : find(*values, "root_module");
    if (root != nullptr) return root;
  }
  return nullptr;
}

std::string describe_other(const json::value& document) {
  constexpr std::string_view kWanted =
      "print it with `aws ec2 describe-security-groups`, `aws ec2 describe-security-group-rules` "
      "or `terraform show -json PLAN`";
  std::string what = "the document is none that can be checked";
  if (document.is_array()) {
    what = "the document is a list; drop --query";
  } else if (find(document, "terraform_version") != nullptr) {
    what = find(document, "resources") != nullptr
               ? "this is Terraform's state file, not the output of `terraform show -json`"
               : "the plan has no planned_values; it may be empty or have failed";
  }
  return fmt::format("{}; {}", what, kWanted);
}

std::string describe_not_json(std::string_view text, std::string_view error) {
  if (text.starts_with("PK")) {
    return "this is a plan file of Terraform, not JSON; check the output of `terraform show -json "
           "FILE`";
  }
  return fmt::format("not JSON: {}", error);
}

}  // namespace

std::string_view to_text(CloudDocument kind) {
  switch (kind) {
    case CloudDocument::AwsSecurityGroups: return "aws ec2 describe-security-groups";
    case CloudDocument::AwsSecurityGroupRules: return "aws ec2 describe-security-group-rules";
    case CloudDocument::Terraform: break;
  }
  return "terraform show -json";
}

bool looks_like_json(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return false;
  if (text[start] == '[') {
    const std::size_t next = text.find_first_not_of(kBlanks, start + 1);
    return next != std::string_view::npos && text[next] == '{';
  }
  return text[start] == '{' || text.starts_with("PK\x03\x04");
}

Result<CloudGroups> parse_cloud_json(std::string_view text, std::string_view file_name) {
  if (text.size() > limits::kPolicyFileBytesMax) {
    return fail(
        fmt::format("{} bytes; at most {} are read", text.size(), limits::kPolicyFileBytesMax));
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::monotonic_resource memory;
  boost::system::error_code error;
  const json::value document = json::parse(text, error, &memory, options);
  if (error) return fail(describe_not_json(text, error.message()));
  if (find(document, "SecurityGroups") != nullptr) {
    return read_security_groups(Collector(file_name), document);
  }
  if (find(document, "SecurityGroupRules") != nullptr) {
    return read_security_group_rules(Collector(file_name), document);
  }
  if (const json::value* root = find_root_module(document)) {
    return read_terraform(Collector(file_name), *root);
  }
  return fail(describe_other(document));
}

}  // namespace dn::config
