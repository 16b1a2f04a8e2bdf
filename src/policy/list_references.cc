#include "policy/list_references.h"

#include <set>

#include "policy/annotation.h"
#include "policy/member.h"

namespace dn::policy {
namespace {

void collect(std::string_view description, std::set<std::string>& arns) {
  const auto annotation = parse_annotation(description);
  if (!annotation || !*annotation || (*annotation)->kind == Annotation::Kind::SeeThru) return;
  MemberReader reader((*annotation)->list);
  while (const auto text = reader.next()) {
    if (!text->starts_with("arn:")) continue;
    const auto member = parse_member(*text);
    if (member && member->kind() == MemberKind::List) arns.emplace(member->text());
  }
}

}  // namespace

std::vector<std::string> list_references(std::span<const SecurityGroup> groups) {
  std::set<std::string> arns;
  for (const SecurityGroup& group : groups) {
    for (const EgressRule& rule : group.egress) collect(rule.description, arns);
  }
  return {arns.begin(), arns.end()};
}

}  // namespace dn::policy
