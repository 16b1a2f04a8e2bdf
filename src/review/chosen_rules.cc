#include "review/chosen_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>

#include "policy/exposure.h"
#include "policy/member.h"
#include "policy/quote.h"
#include "records/json_pieces.h"
#include "review/flow_line.h"
#include "review/policy_view.h"
#include "review/rule_forms.h"

namespace dn::review {
namespace {

using policy::MemberKind;
using policy::quote;

constexpr std::string_view kDefaultGid = "%default";

// What keeps the gateway from taking the pattern in a rule.
std::optional<std::string> find_pattern_problem(std::string_view pattern, Protocol protocol,
                                                policy::WildcardExposure exposure,
                                                const policy::PublicSuffixes& suffixes) {
  if (protocol == Protocol::Ssh) {
    return "SSH carries no host name, so a wildcard has no effect; list the names";
  }
  auto problem = policy::find_exposure_problem(pattern, exposure, suffixes);
  if (problem && problem->starts_with("publicsuffix")) {
    *problem += "; anybody could register a name that it covers: write more of its labels";
  }
  return problem;
}

Result<NameOnPort> check(const ChosenName& name, policy::WildcardExposure exposure,
                         const policy::PublicSuffixes& suffixes) {
  const auto wrong = [&](std::string_view why) {
    return fail(fmt::format("{}: {}", quote(name.dhost), why));
  };
  const auto protocol = find_protocol(name.proto);
  if (protocol != Protocol::Tls && protocol != Protocol::Ssh) {
    return wrong(
        fmt::format("no rule is for the protocol {}; write \"tls\" or \"ssh\"", quote(name.proto)));
  }
  if (name.port < 1 || name.port > 65535) {
    return wrong(fmt::format("{} is no port; write one from 1 to 65535", name.port));
  }
  const auto member = policy::parse_member(name.dhost);
  if (!member) return tl::unexpected(member.error());
  if (member->kind() == MemberKind::List) {
    return wrong("this is a list; write a name, a pattern or an IPv4 address");
  }
  if (member->kind() == MemberKind::Pattern) {
    const auto problem = find_pattern_problem(member->text(), *protocol, exposure, suffixes);
    if (problem) return problem->starts_with('"') ? fail(*problem) : wrong(*problem);
  }
  return NameOnPort{static_cast<Port>(name.port), *protocol, std::string(member->text())};
}

void add_rules(policy::SecurityGroup& group, const WrittenRules& written) {
  for (const WrittenRule& rule : written.rules) {
    group.egress.push_back({.description = rule.description,
                            .ip_protocol = "tcp",
                            .from_port = rule.port,
                            .to_port = rule.port,
                            .where = {}});
  }
}

}  // namespace

Result<std::vector<NameOnPort>> check_chosen_names(const std::vector<ChosenName>& names,
                                                   policy::WildcardExposure exposure,
                                                   const policy::PublicSuffixes& suffixes) {
  if (names.size() > kChosenNamesMax) {
    return fail(fmt::format("{} names are more than {}; ask in parts, or put them into a list",
                            names.size(), kChosenNamesMax));
  }
  std::vector<NameOnPort> checked;
  for (const ChosenName& name : names) {
    auto good = check(name, exposure, suffixes);
    if (!good) return tl::unexpected(std::move(good.error()));
    checked.push_back(*std::move(good));
  }
  return checked;
}

void print_chosen_rules_json(const WrittenRules& written, std::string_view into,
                             std::ostream& out) {
  std::ostringstream terraform;
  print_rules_terraform(written, into, terraform);
  std::ostringstream policy_file;
  print_rules_policy_file(written, policy_file);
  out << "{\"rules\": [";
  print_rules_json(written, out);
  out << "],\n\"terraform\": " << records::json_long_text(terraform.view())
      << ",\n\"policy_file\": " << records::json_long_text(policy_file.view())
      << ",\n\"notes\": " << records::json_list(notes_of(written)) << "}\n";
}

Result<policy::PolicyInput> make_candidate(policy::PolicyInput input, const std::string& gid,
                                           const WrittenRules& written) {
  if (gid == kDefaultGid) {
    input.preferences.see_thru.reset();
    auto& group = input.groups.emplace_back();
    group.gid = gid;
    add_rules(group, written);
    for (auto& client : input.clients) client.gids.push_back(gid);
    return input;
  }
  policy::SecurityGroup* first = nullptr;
  for (auto& group : input.groups) {
    if (group.gid != gid) continue;
    if (first == nullptr) first = &group;
    std::erase_if(group.egress, is_see_thru);
  }
  if (first == nullptr) {
    return fail(fmt::format("{}: the policy has no such group; write the id of one", quote(gid)));
  }
  add_rules(*first, written);
  return input;
}

}  // namespace dn::review
