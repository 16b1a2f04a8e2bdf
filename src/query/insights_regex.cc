#include "query/insights_regex.h"

#include "query/insights_limits.h"

namespace dn::query::insights {
namespace {

std::string with_python_names(std::string_view pattern) {
  constexpr std::string_view kGroup = "(?<";
  std::string result;
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    result += c;
    if (c == '\\' && at + 1 < pattern.size()) {
      result += pattern[++at];
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // A ] that comes first is a member of the class.
      for (const char first : {'^', ']'}) {
        if (at + 1 < pattern.size() && pattern[at + 1] == first) result += pattern[++at];
      }
    } else if (pattern.substr(at, kGroup.size()) == kGroup && at + kGroup.size() < pattern.size() &&
               pattern[at + kGroup.size()] != '=' && pattern[at + kGroup.size()] != '!') {
      result += "?P<";
      at += kGroup.size() - 1;
    }
  }
  return result;
}

// Where the groups are asked for, RE2 carries the places of all of them along, and a step that
// begins or ends one copies them.
std::size_t steps_of(const RE2& regex) {
  const auto groups = static_cast<std::size_t>(regex.NumberOfCapturingGroups());
  return static_cast<std::size_t>(regex.ProgramSize()) + groups * groups;
}

}  // namespace

tl::expected<std::shared_ptr<const RE2>, std::string> compile_regex(std::string_view pattern,
                                                                    std::size_t& steps_left) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemoryBytes);
  auto regex = std::make_shared<const RE2>(with_python_names(pattern), options);
  if (!regex->ok()) return tl::unexpected(regex->error());
  const std::size_t steps = steps_of(*regex);
  if (steps > steps_left) {
    return tl::unexpected(std::string("it is too large, with the others of the query"));
  }
  steps_left -= steps;
  return regex;
}

}  // namespace dn::query::insights
