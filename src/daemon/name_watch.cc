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

void NameWatch::on_answer(const engine::DnsAnswer& answer) {
  if (answer.on_demand) return;
  const std::string name(answer.name.text());
  const std::string problem = problem_of(answer);
  enum class Change { None, Appeared, Went } change = Change::None;
  problems_.with([&](auto& problems) {
    const auto known = problems.find(name);
    if (problem.empty() && known != problems.end()) {
      problems.erase(known);
      change = Change::Went;
    } else if (!problem.empty() && (known == problems.end() || known->second != problem)) {
      problems[name] = problem;
      change = Change::Appeared;
    }
  });
  if (change == Change::Appeared) log_.write_name("warning", name, problem);
  if (change == Change::Went) log_.write_name("removed", name, "resolves again");
}

void NameWatch::on_policy(const policy::NameList& names) {
  problems_.with([&](auto& problems) {
    std::erase_if(problems, [&](const auto& entry) {
      const auto at =
          std::ranges::partition_point(std::views::iota(std::size_t{0}, names.size()),
                                       [&](std::size_t i) { return names[i] < entry.first; });
      return at == std::views::iota(std::size_t{0}, names.size()).end() ||
             names[*at] != entry.first;
    });
  });
}

}  // namespace dn::daemon
