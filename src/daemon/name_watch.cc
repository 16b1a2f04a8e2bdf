#include "daemon/name_watch.h"

#include <algorithm>
#include <ranges>
#include <vector>

namespace dn::daemon {

std::string NameWatch::problem_of(const engine::DnsAnswer& answer) const {
  switch (answer.status) {
    case engine::DnsStatus::NoName: return "does not exist (NXDOMAIN); check the spelling";
    case engine::DnsStatus::NoData: return "has no IPv4 address";
    case engine::DnsStatus::Failed: return "cannot be looked up; check the upstream DNS servers";
    case engine::DnsStatus::Answered: break;
  }
  const bool usable = std::ranges::any_of(answer.addresses, [&](const auto& entry) {
    return is_reachable(entry.address, allow_private_);
  });
  if (usable) return {};
  return "resolves only to private or special addresses; if that is intended, set "
         "allow_private_answers in [dns]";
}

void NameWatch::keep(const engine::DnsAnswer& answer, const std::string& name, Names& names) const {
  const auto known = names.addresses.find(name);
  if (known == names.addresses.end() && names.addresses.size() >= kNamesShownMax) return;
  // What a failure leaves in the ledger is not known here: the last good answer stays.
  if (answer.status == engine::DnsStatus::Failed && known != names.addresses.end()) return;
  auto& addresses = known == names.addresses.end() ? names.addresses[name] : known->second;
  addresses.clear();
  for (const auto& entry : answer.addresses) {
    if (is_reachable(entry.address, allow_private_)) addresses.push_back(entry.address);
  }
  std::ranges::sort(addresses);
}

void NameWatch::on_answer(const engine::DnsAnswer& answer) {
  if (answer.on_demand) return;
  const std::string name(answer.name.text());
  const std::string problem = problem_of(answer);
  enum class Change { None, Appeared, Went } change = Change::None;
  names_.with([&](Names& names) {
    keep(answer, name, names);
    const auto known = names.problems.find(name);
    if (problem.empty() && known != names.problems.end()) {
      names.problems.erase(known);
      change = Change::Went;
    } else if (!problem.empty() && (known == names.problems.end() || known->second != problem)) {
      names.problems[name] = problem;
      change = Change::Appeared;
    }
  });
  if (change == Change::Appeared) log_.write_name("warning", name, problem);
  if (change == Change::Went) log_.write_name("removed", name, "resolves again");
}

void NameWatch::on_policy(const policy::NameList& names) {
  const auto is_gone = [&](const auto& entry) {
    const auto places = std::views::iota(std::size_t{0}, names.size());
    const auto at =
        std::ranges::partition_point(places, [&](std::size_t i) { return names[i] < entry.first; });
    return at == places.end() || names[*at] != entry.first;
  };
  names_.with([&](Names& kept) {
    std::erase_if(kept.problems, is_gone);
    std::erase_if(kept.addresses, is_gone);
  });
}

std::vector<console::ResolvedName> NameWatch::resolved() {
  std::vector<console::ResolvedName> list;
  names_.with([&](const Names& names) {
    list.reserve(names.addresses.size());
    for (const auto& [name, addresses] : names.addresses) {
      const auto problem = names.problems.find(name);
      list.push_back({.name = name,
                      .addresses = addresses,
                      .problem = problem == names.problems.end() ? "" : problem->second});
    }
  });
  std::ranges::sort(list, {}, &console::ResolvedName::name);
  return list;
}

}  // namespace dn::daemon
