#include "query/line_scout.h"

#include <algorithm>

namespace dn::query {
namespace {

constexpr std::size_t kFirstWindow = 2048;  // a few lines
constexpr std::size_t kWindowMax = 65536;   // well inside the cache of one core

// The place behind the line that `at` stands in.
std::size_t line_end(std::string_view lines, std::size_t at) {
  return std::min(lines.find('\n', at), lines.size());
}

std::string_view line_around(std::string_view lines, std::size_t from, std::size_t at) {
  const std::size_t before = lines.substr(from, at - from).rfind('\n');
  const std::size_t begin = before == std::string_view::npos ? from : from + before + 1;
  return lines.substr(begin, line_end(lines, at) - begin);
}

}  // namespace

LineScout::LineScout(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) finders_.emplace_back(text);
}

std::optional<std::string_view> LineScout::next(std::string_view lines, std::size_t from) const {
  if (from > 0 && from < lines.size() && lines[from - 1] != '\n') {
    from = line_end(lines, from) + 1;  // the middle of a line is not its beginning
  }
  if (from >= lines.size()) return std::nullopt;
  if (finders_.empty()) return lines.substr(from, line_end(lines, from) - from);
  for (std::size_t window = kFirstWindow; from < lines.size();
       window = std::min(2 * window, kWindowMax)) {
    // A window ends where a line ends, so that no text stands on its edge.
    std::size_t end = line_end(lines, std::min(from + window, lines.size()));
    std::optional<std::size_t> found;
    for (const ByteFinder& finder : finders_) {
      const std::size_t at = finder.find(lines.substr(0, end), from);
      if (at == ByteFinder::npos) continue;
      found = at;
      end = at;  // only an earlier line is of interest now
    }
    if (found) return line_around(lines, from, *found);
    from = end + 1;
  }
  return std::nullopt;
}

}  // namespace dn::query
