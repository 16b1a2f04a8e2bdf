#include "cli/allowlist_policy.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "cli/flow_line.h"
#include "config/cloud_json.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;
constexpr Ipv4Address kAnyClient{0x0a000001};

const json::array* list_at(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  const json::value* member = object == nullptr ? nullptr : object->if_contains(name);
  return member == nullptr ? nullptr : member->if_array();
}

std::string_view text_at(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  return object == nullptr ? std::string_view() : text_of(*object, name);
}

// The port of a TCP rule for exactly one port.
std::optional<Port> single_port(const json::value& rule) {
  const std::string_view protocol = text_at(rule, "IpProtocol");
  if (protocol != "tcp" && protocol != "6") return {};
  const json::value* from = rule.as_object().if_contains("FromPort");
  const json::value* to = rule.as_object().if_contains("ToPort");
  if (from == nullptr || to == nullptr || !from->is_int64() || *from != *to) return {};
  const std::int64_t port = from->get_int64();
  if (port < 0 || port > 65535) return {};
  return static_cast<Port>(port);
}

void add_destination(std::optional<Port> port, std::string_view block, UsedDestinations& used) {
  const auto prefix = parse_ipv4_prefix(block);
  if (port && prefix) used.emplace(*port, *prefix);
}

// Of what `aws ec2 describe-security-groups` or describe-security-group-rules printed.
UsedDestinations read_used(std::string_view text, std::string_view into) {
  UsedDestinations used;
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code wrong;
  const json::value document = json::parse(text, wrong, {}, options);
  if (wrong) return used;
  if (const auto* groups = list_at(document, "SecurityGroups")) {
    for (const json::value& group : *groups) {
      const auto* permissions = list_at(group, "IpPermissionsEgress");
      if (permissions == nullptr || text_at(group, "GroupId") != into) continue;
      for (const json::value& permission : *permissions) {
        const auto* ranges = list_at(permission, "IpRanges");
        if (ranges == nullptr) continue;
        for (const json::value& range : *ranges) {
          add_destination(single_port(permission), text_at(range, "CidrIp"), used);
        }
      }
    }
  }
  if (const auto* rules = list_at(document, "SecurityGroupRules")) {
    for (const json::value& rule : *rules) {
      if (!rule.is_object() || text_at(rule, "GroupId") != into) continue;
      const json::value* egress = rule.as_object().if_contains("IsEgress");
      if (egress == nullptr || !egress->is_bool() || !egress->get_bool()) continue;
      add_destination(single_port(rule), text_at(rule, "CidrIpv4"), used);
    }
  }
  return used;
}

std::shared_ptr<const policy::PolicySnapshot> compile(policy::PolicyInput input,
                                                      const policy::PublicSuffixes& suffixes,
                                                      Date today) {
  return policy::compile_policy(input, suffixes, today).snapshot;
}

bool allows(const policy::PolicySnapshot& policy, Ipv4Address client, const SeenDestination& seen) {
  const policy::ClientPolicy* rules = policy.find_client(client);
  return rules != nullptr && policy.is_known_client(client) &&
         rules->match_name(seen.protocol, seen.port, *seen.name).has_value();
}

}  // namespace

Result<AllowlistPolicy> AllowlistPolicy::read(std::string_view text, const std::string& file_name,
                                              const std::string& into,
                                              const policy::PublicSuffixes& suffixes, Date today) {
  AllowlistPolicy made;
  policy::PolicyInput input;
  if (config::looks_like_json(text)) {
    auto cloud = config::parse_cloud_json(text, file_name);
    if (!cloud) return fail(file_name + ": " + cloud.error().message);
    input.groups = std::move(cloud->groups);
    made.used_ = read_used(text, into);
  } else {
    auto loaded = config::load_config(text, file_name);
    for (const auto& problem : loaded.problems) {
      if (problem.severity == config::ConfigProblem::Severity::Error) return fail(to_text(problem));
    }
    input = std::move(loaded.policy);
    made.by_client_ = compile(input, suffixes, today);
  }
  std::erase_if(input.groups, [&](const auto& group) { return group.gid != into; });
  input.clients.clear();
  input.clients.push_back({.prefix = {kAnyClient, 32}, .gids = {into}, .where = {}});
  made.by_group_ = compile(std::move(input), suffixes, today);
  return made;
}

bool AllowlistPolicy::names(const SeenDestination& seen) const {
  if (!seen.name) return false;
  if (allows(*by_group_, kAnyClient, seen)) return true;
  if (by_client_ == nullptr || seen.clients.empty()) return false;
  return std::ranges::all_of(seen.clients,
                             [&](Ipv4Address client) { return allows(*by_client_, client, seen); });
}

}  // namespace dn::cli
