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

void NameWatch::keep(const engine::DnsAnswer& answer, const std::string& problem,
                     Names& names) const {
  const std::string name(answer.name.text());
  const auto known = names.shown.find(name);
  if (known == names.shown.end() && names.shown.size() >= kNamesShownMax) return;
  console::ResolvedName now{.name = name, .addresses = {}, .problem = problem};
  if (answer.status == engine::DnsStatus::Failed && known != names.shown.end()) {
    // What a failure leaves in the ledger is not known here: the last good answer stays.
    now.addresses = known->second->addresses;
  } else {
    for (const auto& entry : answer.addresses) {
      if (is_reachable(entry.address, allow_private_)) now.addresses.push_back(entry.address);
    }
    std::ranges::sort(now.addresses);
  }
  names.shown[name] = std::make_shared<const console::ResolvedName>(std::move(now));
}

void NameWatch::on_answer(const engine::DnsAnswer& answer) {
  if (answer.on_demand) return;
  const std::string name(answer.name.text());
  const std::string problem = problem_of(answer);
  enum class Change { None, Appeared, Went } change = Change::None;
  names_.with([&](Names& names) {
    keep(answer, problem, names);
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
  std::vector<std::string> gone = names_.with([](const Names& kept) {
    std::vector<std::string> known;
    known.reserve(kept.problems.size() + kept.shown.size());
    for (const auto& [name, problem] : kept.problems) known.push_back(name);
    for (const auto& [name, shown] : kept.shown) known.push_back(name);
    return known;
  });
  std::erase_if(gone, [&](const std::string& name) {
    const auto places = std::views::iota(std::size_t{0}, names.size());
    const auto at =
        std::ranges::partition_point(places, [&](std::size_t i) { return names[i] < name; });
    return at != places.end() && names[*at] == name;
  });
  names_.with([&](Names& kept) {
    for (const std::string& name : gone) {
      kept.problems.erase(name);
      kept.shown.erase(name);
    }
  });
}

std::vector<console::ResolvedName> NameWatch::resolved() {
  const auto shown = names_.with([](const Names& names) {
    const auto all = std::views::values(names.shown);
    return std::vector<Shown>(all.begin(), all.end());
  });
  std::vector<console::ResolvedName> list;
  list.reserve(shown.size());
  for (const Shown& name : shown) list.push_back(*name);
  std::ranges::sort(list, {}, &console::ResolvedName::name);
  return list;
}

}  // namespace dn::daemon
