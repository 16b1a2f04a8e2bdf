#include "cli/caret.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "cli/text_table.h"

namespace dn::cli {
namespace {

constexpr std::size_t kShownMax = 100;  // characters of a line
constexpr std::size_t kBeforeMax = 60;  // of them in front of the place

// One element for each character, as a terminal may show it.
std::vector<std::string_view> split_characters(std::string_view text) {
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size < text.size() && is_utf8_continuation(text[size])) ++size;
    const std::string_view character = text.substr(0, size);
    if (character == "\t") {
      characters.emplace_back(" ");
    } else {
      characters.push_back(character == "\n" || is_printable_line(character) ? character : "?");
    }
    text.remove_prefix(size);
  }
  return characters;
}

}  // namespace

std::string format_caret(std::string_view text, std::size_t start, std::size_t end) {
  const auto characters = split_characters(text);
  start = std::min(start, characters.size());
  end = std::clamp(end, start, characters.size());
  std::size_t first = start;
  while (first > 0 && characters[first - 1] != "\n") --first;
  std::size_t last = start;
  while (last < characters.size() && characters[last] != "\n") ++last;
  end = std::max(std::min(end, last), start);
  const bool cut_before = start - first > kBeforeMax;
  if (cut_before) first = start - kBeforeMax;
  const bool cut_behind = last - first > kShownMax;
  if (cut_behind) last = first + kShownMax;
  std::string line = cut_before ? "  …" : "  ";
  for (std::size_t i = first; i < last; ++i) line += characters[i];
  if (cut_behind) line += "…";
  const std::size_t marks = std::max<std::size_t>(1, std::min(end, last) - std::min(start, last));
  return line + "\n" + std::string(2 + (cut_before ? 1 : 0) + start - first, ' ') +
         std::string(marks, '^') + "\n";
}

}  // namespace dn::cli
