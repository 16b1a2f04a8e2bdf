// One pass over the bytes; strings are skipped as a whole. See toml_guard.h.
#include "config/toml_guard.h"

#include <algorithm>

namespace dn::config {
namespace {

// The length of the string literal at the head of `text`, quotes included; up to the end of the
// text where it is not closed (a single-line one ends with its line).
std::size_t string_length(std::string_view text) {
  const char quote = text.front();
  const bool escapes = quote == '"';
  const bool multi_line = text.size() >= 3 && text[1] == quote && text[2] == quote;
  std::size_t i = multi_line ? 3 : 1;
  for (; i < text.size(); ++i) {
    if (escapes && text[i] == '\\') {
      ++i;
    } else if (!multi_line && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    } else if (multi_line && text.substr(i).starts_with(text.substr(0, 3))) {
      i += 3;
      // Up to two quotes may stand directly before the closing ones.
      for (int more = 0; more < 2 && i < text.size() && text[i] == quote; ++more) ++i;
      return i;
    }
  }
  return text.size();
}

}  // namespace

std::optional<ShapeProblem> find_shape_problem(std::string_view toml) {
  std::size_t line = 1;
  std::size_t dots = 0;
  std::size_t dotted_keys = 0;
  while (!toml.empty()) {
    std::size_t taken = 1;
    switch (toml.front()) {
      case '"':
      case '\'': taken = string_length(toml); break;
      case '#': taken = std::min(toml.find('\n'), toml.size()); break;
      case '.':
        if (++dots >= kKeyPartsMax) return ShapeProblem{line, "a key of too many parts"};
        break;
      case '=':
        if (dots > 0 && ++dotted_keys > kDottedKeysMax) {
          return ShapeProblem{line, "too many dotted keys"};
        }
        dots = 0;
        break;
      case '\n':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}': dots = 0; break;
      default: break;
    }
    line += static_cast<std::size_t>(std::ranges::count(toml.substr(0, taken), '\n'));
    toml.remove_prefix(taken);
  }
  return {};
}

}  // namespace dn::config
