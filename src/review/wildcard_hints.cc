#include "review/wildcard_hints.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policy/exposure.h"
#include "policy/member.h"

namespace dn::review {

std::vector<WildcardHint> find_wildcard_hints(const std::vector<NameOnPort>& names,
                                              const policy::PublicSuffixes& suffixes) {
  std::map<std::pair<Port, std::string>, std::vector<std::string>> siblings;
  for (const NameOnPort& name : names) {
    const std::string_view text = name.name;
    const std::size_t dot = text.find('.');
    if (name.protocol != Protocol::Tls || dot == std::string_view::npos) continue;
    siblings[{name.port, std::string(text.substr(dot + 1))}].emplace_back(text);
  }
  std::vector<WildcardHint> hints;
  for (auto& [key, covered] : siblings) {
    if (covered.size() < kSiblingsMin) continue;
    std::string pattern = "*." + key.second;
    const auto member = policy::parse_member(pattern);
    if (!member || member->kind() != policy::MemberKind::Pattern) continue;
    if (policy::find_exposing_suffix(pattern, suffixes)) continue;
    std::ranges::sort(covered);
    hints.push_back({key.first, std::move(pattern), std::move(covered)});
  }
  return hints;
}

}  // namespace dn::review
