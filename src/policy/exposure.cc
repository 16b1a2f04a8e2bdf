#include "policy/exposure.h"

#include <fmt/format.h>

#include "policy/pattern.h"
#include "policy/quote.h"

namespace dn::policy {

std::optional<std::string> find_exposing_suffix(std::string_view pattern,
                                                const PublicSuffixes& suffixes) {
  const std::string_view tail = cut_behind_wildcards(pattern).tail;
  if (tail.empty()) return "*";
  if (suffixes.is_public_suffix(tail)) return std::string(tail);
  // Each cut that has a wildcard label directly left of it and wildcards on its right.
  std::string_view rest = pattern;
  while (rest.size() > tail.size()) {
    const std::size_t dot = rest.find('.');
    const bool left_is_free = has_wildcard(rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
    if (!left_is_free || !has_wildcard(rest)) continue;
    if (auto covered = suffixes.find_covered_suffix(rest)) return covered;
  }
  return {};
}

std::optional<std::string> find_exposure_problem(std::string_view pattern,
                                                 WildcardExposure exposure,
                                                 const PublicSuffixes& suffixes) {
  if (exposure == WildcardExposure::Nuclear) return {};
  if (exposure == WildcardExposure::None) {
    return fmt::format(
        "{}: the preference wildcard_exposure \"none\" prohibits wildcards; list the names",
        quote(pattern));
  }
  if (exposure == WildcardExposure::ProhibitAsterisk && pattern.contains('*')) {
    return fmt::format(
        "{}: the preference wildcard_exposure \"prohibit_asterisk\" prohibits \"*\"; list the "
        "names, or write \"?\" for each character",
        quote(pattern));
  }
  if (const auto suffix = find_exposing_suffix(pattern, suffixes)) {
    return fmt::format("publicsuffix[.]org list matched with `{}`", *suffix);
  }
  return {};
}

}  // namespace dn::policy
