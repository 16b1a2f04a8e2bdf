#include "cli/allowlist_policy.h"

#include <algorithm>
#include <iterator>

#include "cli/client_binding.h"

namespace dn::cli {
namespace {

std::shared_ptr<const policy::PolicySnapshot> compile(const policy::PolicyInput& input,
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
  policy::PolicyInput input;
  std::ranges::copy_if(document.policy.groups, std::back_inserter(input.groups),
                       [&](const auto& group) { return group.gid == into; });
  input.clients.push_back(any_client({into}));
  input.preferences = document.policy.preferences;
  input.lists = document.policy.lists;
  by_group_ = compile(input, suffixes, today);
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
