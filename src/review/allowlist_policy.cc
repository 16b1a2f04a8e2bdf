#include "review/allowlist_policy.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "policy/list_references.h"
#include "review/client_binding.h"

namespace dn::review {
namespace {

bool allows(const policy::PolicySnapshot& policy, Ipv4Address client, const SeenDestination& seen) {
  const policy::ClientPolicy* rules = policy.find_client(client);
  return rules != nullptr && policy.is_known_client(client) &&
         rules->match_name(seen.protocol, seen.port, *seen.name).has_value();
}

}  // namespace

AllowlistPolicy::AllowlistPolicy(std::shared_ptr<const policy::PolicySnapshot> by_client,
                                 const policy::PolicyInput& input, const std::string& into,
                                 UsedDestinations used, const policy::PublicSuffixes& suffixes,
                                 Date today)
    : by_client_(std::move(by_client)),
      used_(std::move(used)) {
  policy::PolicyInput group;
  std::ranges::copy_if(input.groups, std::back_inserter(group.groups),
                       [&](const auto& one) { return one.gid == into; });
  group.clients.push_back(any_client({into}));
  group.preferences = input.preferences;
  for (const std::string& arn : policy::list_references(group.groups)) {
    const auto list = input.lists.find(arn);
    if (list != input.lists.end()) group.lists.insert(*list);
  }
  by_group_ = policy::compile_policy(group, suffixes, today).snapshot;
}

bool AllowlistPolicy::names(const SeenDestination& seen) const {
  if (!seen.name) return false;
  if (allows(*by_group_, kAnyClient, seen)) return true;
  if (by_client_ == nullptr || seen.clients.empty()) return false;
  return std::ranges::all_of(seen.clients,
                             [&](Ipv4Address client) { return allows(*by_client_, client, seen); });
}

}  // namespace dn::review
