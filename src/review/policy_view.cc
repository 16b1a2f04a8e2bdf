#include "review/policy_view.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "policy/annotation.h"
#include "policy/policy_snapshot.h"
#include "review/client_binding.h"

namespace dn::review {
namespace {

using GroupsByGid = std::map<std::string_view, const policy::SecurityGroup*>;

// Which date counts is the compiler's answer: it is given the see-thru rules of these groups, and
// nothing else. Without groups: the see-thru of strangers.
std::optional<SeeThruView> find_see_thru(const policy::PolicyInput& input,
                                         const GroupsByGid& groups,
                                         const std::vector<std::string>& gids,
                                         const policy::PublicSuffixes& suffixes, Date today) {
  policy::PolicyInput part;
  part.preferences = input.preferences;
  for (const std::string& gid : gids) {
    const auto found = groups.find(gid);
    if (found == groups.end()) continue;
    auto& group = part.groups.emplace_back();
    group.gid = gid;
    std::ranges::copy_if(found->second->egress, std::back_inserter(group.egress), is_see_thru);
  }
  if (!gids.empty())
    part.clients.push_back({.prefix = {kAnyClient, 32}, .gids = gids, .where = {}});
  const auto compiled = policy::compile_policy(part, suffixes, today);
  const auto* rules = compiled.snapshot->find_client(kAnyClient);
  const policy::SeeThru* see_thru = rules == nullptr ? nullptr : rules->see_thru();
  if (see_thru == nullptr) return {};
  const auto left = std::chrono::sys_days{see_thru->until} - std::chrono::sys_days{today};
  return SeeThruView{.until = see_thru->until,
                     .gid = std::string(see_thru->gid),
                     .days_remaining = std::max(0, static_cast<int>(left.count())),
                     .in_force = left.count() >= 0};
}

std::vector<const policy::ClientBinding*> choose_clients(const policy::PolicyInput& input,
                                                         std::optional<Ipv4Address> client) {
  std::vector<const policy::ClientBinding*> chosen;
  if (client) {
    const auto* binding = find_binding(input.clients, *client);
    if (binding != nullptr) chosen.push_back(binding);
    return chosen;
  }
  for (const auto& binding : input.clients) chosen.push_back(&binding);
  std::ranges::sort(chosen, {}, [](const auto* binding) { return binding->prefix; });
  return chosen;
}

std::vector<ClientsView> group_clients(const std::vector<const policy::ClientBinding*>& clients) {
  std::vector<ClientsView> views;
  std::map<std::vector<std::string>, std::size_t> places;
  for (const auto* binding : clients) {
    std::vector<std::string> gids = binding->gids;
    std::ranges::sort(gids);
    gids.erase(std::ranges::unique(gids).begin(), gids.end());
    const auto [place, fresh] = places.try_emplace(gids, views.size());
    if (fresh) views.push_back({.clients = {}, .gids = std::move(gids), .see_thru = {}});
    views[place->second].clients.push_back(binding);
  }
  return views;
}

}  // namespace

PolicyView view_policy(const policy::PolicyInput& input, const policy::PublicSuffixes& suffixes,
                       Date today, std::optional<Ipv4Address> client) {
  GroupsByGid groups;
  for (const auto& group : input.groups) groups.emplace(group.gid, &group);
  PolicyView view;
  view.clients = group_clients(choose_clients(input, client));
  view.strangers = find_see_thru(input, groups, {}, suffixes, today);
  std::set<std::string_view> shown;
  for (auto& clients : view.clients) {
    clients.see_thru = clients.gids.empty()
                           ? view.strangers
                           : find_see_thru(input, groups, clients.gids, suffixes, today);
    shown.insert(clients.gids.begin(), clients.gids.end());
  }
  std::set<std::string_view> used;
  for (const auto& binding : input.clients) used.insert(binding.gids.begin(), binding.gids.end());
  for (const auto& [gid, group] : groups) {
    if (shown.contains(gid)) view.groups.push_back(group);
    if (!used.contains(gid)) view.unused_gids.emplace_back(gid);
  }
  return view;
}

std::string name_of(const policy::ClientBinding& client) {
  return client.prefix.length == 32 ? to_text(client.prefix.base) : to_text(client.prefix);
}

bool is_see_thru(const policy::EgressRule& rule) {
  const auto annotation = policy::parse_annotation(rule.description);
  return annotation && *annotation && (*annotation)->kind == policy::Annotation::Kind::SeeThru;
}

std::vector<std::string> policy_problems(const policy::PolicyInput& input,
                                         const policy::PublicSuffixes& suffixes, Date today) {
  using Category = policy::Finding::Category;
  std::set<std::string> problems;
  const auto compiled = policy::compile_policy(input, suffixes, today);
  for (const auto& finding : compiled.findings.problems()) {
    if (finding.category == Category::Self) problems.insert(finding.reason);
    if (finding.category == Category::Client) {
      problems.insert(finding.where + ": " + finding.gid + ": " + finding.reason);
    }
  }
  return {problems.begin(), problems.end()};
}

}  // namespace dn::review
