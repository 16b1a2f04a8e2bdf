#include "review/flow_pattern.h"

#include <fmt/format.h>

namespace dn::review {

std::optional<std::string> pattern_text(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '*') return {};
  }
  return fmt::format("\"{}\"", text);
}

std::string allowlist_pattern(std::string_view gid) {
  const auto text = pattern_text(gid);
  const std::string group = text ? fmt::format("$.see_thru_gid = {} && ", *text) : "";
  return fmt::format(
      "{{ {}$.see_thru_exerted IS TRUE && ($.cat = \"client\" || $.reason = \"*server*\") }}",
      group);
}

}  // namespace dn::review
