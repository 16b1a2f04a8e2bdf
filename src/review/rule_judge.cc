#include "review/rule_judge.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/limits.h"
#include "policy/list_references.h"
#include "policy/policy_snapshot.h"
#include "review/client_binding.h"

namespace dn::review {
namespace {

using policy::Finding;

// Whether a description that is no annotation was probably meant to be one.
bool looks_like_annotation(std::string_view description) {
  const std::string folded = lowered(description.substr(0, limits::kLogFieldBytesMax));
  return folded.contains("discriminat") || folded.contains("see-thru:");
}

}  // namespace

std::vector<JudgedMember> RuleJudge::judge(const policy::SecurityGroup& group,
                                           const policy::EgressRule& rule) const {
  policy::PolicyInput input;
  input.groups.push_back({.gid = group.gid, .egress = {rule}, .where = group.where});
  input.clients.push_back(any_client({group.gid}));
  input.preferences = input_.preferences;
  input.preferences.see_thru.reset();
  for (const std::string& arn : policy::list_references(input.groups)) {
    const auto list = input_.lists.find(arn);
    if (list != input_.lists.end()) input.lists.insert(*list);
  }
  const auto compiled = policy::compile_policy(input, suffixes_, today_);
  std::vector<JudgedMember> members;
  for (const Finding& finding : compiled.findings) {
    if (finding.category == Finding::Category::Client) continue;
    JudgedMember member{finding.proto, finding.addr, finding.outcome, finding.reason};
    if (finding.category == Finding::Category::SeeThru) {
      member.proto = "see-thru";
      member.member = finding.thru_date;
    }
    members.push_back(std::move(member));
  }
  if (members.empty() && looks_like_annotation(rule.description)) {
    members.push_back({"", rule.description, Finding::Outcome::Warning,
                       "no annotation; begin the description with \"discriminat:tls:\", "
                       "\"discriminat:ssh:\" or \"discriminat:see-thru:\""});
  }
  return members;
}

std::vector<JudgedMember> RuleJudge::judge_default_see_thru() const {
  policy::PolicyInput input;
  input.preferences = input_.preferences;
  const auto compiled = policy::compile_policy(input, suffixes_, today_);
  std::vector<JudgedMember> members;
  for (const Finding& finding : compiled.findings) {
    if (finding.category != Finding::Category::SeeThru) continue;
    members.push_back({"see-thru", finding.thru_date, finding.outcome, finding.reason});
  }
  return members;
}

std::string ports_of(const policy::EgressRule& rule, const JudgedMember& member) {
  if (member.proto == "see-thru") return "all";
  if (rule.from_port == 0 && rule.to_port == 65535) return "all";
  if (rule.from_port == rule.to_port) return fmt::format("{}", rule.from_port);
  return fmt::format("{}-{}", rule.from_port, rule.to_port);
}

}  // namespace dn::review
