#include "cli/rule_effect.h"

#include <fmt/format.h>

namespace dn::cli {

using policy::Finding;

std::string effect_of(const review::JudgedMember& member) {
  if (member.outcome != Finding::Outcome::Accepted) {
    return fmt::format("{}: {}", to_text(member.outcome), member.reason);
  }
  if (!member.reason.empty()) return member.reason;
  return member.proto == "see-thru" ? "lets everything through, to the end of that day" : "allowed";
}

Colour colour_of(Finding::Outcome outcome) {
  switch (outcome) {
    case Finding::Outcome::Rejected: return Colour::Bad;
    case Finding::Outcome::Warning: return Colour::Warning;
    case Finding::Outcome::Accepted:
    case Finding::Outcome::Removed: break;
  }
  return Colour::Good;
}

}  // namespace dn::cli
