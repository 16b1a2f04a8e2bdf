#include "cli/allowlist_policy.h"

#include <algorithm>
#include <utility>

namespace dn::cli {
namespace {

constexpr Ipv4Address kAnyClient{0x0a000001};

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

AllowlistPolicy::AllowlistPolicy(const Document& document, const std::string& into,
                                 const policy::PublicSuffixes& suffixes, Date today) {
  if (!document.from_cloud) by_client_ = compile(document.policy, suffixes, today);
  policy::PolicyInput input = document.policy;
  std::erase_if(input.groups, [&](const auto& group) { return group.gid != into; });
  input.clients.clear();
  input.clients.push_back({.prefix = {kAnyClient, 32}, .gids = {into}, .where = {}});
  by_group_ = compile(std::move(input), suffixes, today);
  for (const auto& [gid, port, block] : document.destinations) {
    if (gid == into) used_.emplace(port, block);
  }
}

bool AllowlistPolicy::names(const SeenDestination& seen) const {
  if (!seen.name) return false;
  if (allows(*by_group_, kAnyClient, seen)) return true;
  if (by_client_ == nullptr || seen.clients.empty()) return false;
  return std::ranges::all_of(seen.clients,
                             [&](Ipv4Address client) { return allows(*by_client_, client, seen); });
}

}  // namespace dn::cli
