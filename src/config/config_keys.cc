// The reference page as Markdown, made from the table of keys.
#include "config/config_keys.h"

#include <fmt/format.h>

namespace dn::config {

std::string format_key_reference() {
  std::string page;
  for (const auto& section : kSections) {
    page += fmt::format("### `{}`\n\n{}\n\n", section.header, section.description);
    page += "| key | type | default | meaning |\n|---|---|---|---|\n";
    for (const auto& key : kKeys) {
      if (key.section != section.section) continue;
      const bool literal = key.fallback.starts_with('"') || key.fallback.starts_with('[') ||
                           key.fallback.find(' ') == std::string_view::npos;
      const std::string fallback = key.fallback.empty() ? "required"
                                   : literal            ? fmt::format("`{}`", key.fallback)
                                                        : std::string(key.fallback);
      page +=
          fmt::format("| `{}` | {} | {} | {} |\n", key.name, key.type, fallback, key.description);
    }
    page += '\n';
  }
  return page;
}

}  // namespace dn::config
