#include "policy/public_suffixes.h"

#include <algorithm>

#include "base/domain_name.h"
#include "policy/idna.h"
#include "policy/pattern.h"

// Defined by the assembler file that cmake/embed.cmake writes.
extern "C" const char dn_public_suffix_list[];      // NOLINT: an array of unknown bound
extern "C" const char dn_public_suffix_list_end[];  // NOLINT

namespace dn::policy {
namespace {

constexpr std::size_t kListBytesMax = 16UL << 20U;

// "a.b.com" and "com.b.a" are each other's reverse.
std::string reverse_labels(std::string_view name) {
  std::string reversed;
  reversed.reserve(name.size());
  std::size_t end = name.size();
  while (end > 0) {
    const std::size_t dot = name.rfind('.', end - 1);
    const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    if (!reversed.empty()) reversed += '.';
    reversed += name.substr(begin, end - begin);
    end = begin == 0 ? 0 : dot;
  }
  return reversed;
}

bool holds(const std::vector<std::string>& sorted, const std::string& name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

}  // namespace

std::string_view builtin_public_suffix_list() {
  return {dn_public_suffix_list,
          static_cast<std::size_t>(dn_public_suffix_list_end - dn_public_suffix_list)};
}

Result<PublicSuffixes> PublicSuffixes::parse(std::string_view list_text) {
  if (list_text.size() > kListBytesMax) {
    return fail("the public suffix list is larger than 16 MiB; is it the right file?");
  }
  PublicSuffixes list;
  while (!list_text.empty()) {
    const std::size_t end = std::min(list_text.find('\n'), list_text.size());
    list.add_line(list_text.substr(0, end));
    list_text.remove_prefix(std::min(end + 1, list_text.size()));
  }
  if (list.rules_.empty()) {
    return fail("the public suffix list holds no rule; use a file in the publicsuffix.org format");
  }
  std::sort(list.rules_.begin(), list.rules_.end());
  std::sort(list.exceptions_.begin(), list.exceptions_.end());
  return list;
}

// A line is read up to the first blank. What is no rule is left out.
void PublicSuffixes::add_line(std::string_view line) {
  line = line.substr(0, line.find_first_of(" \t\r"));
  if (line.empty() || line.starts_with("//")) return;
  const bool exception = line.starts_with('!');
  const bool wildcard = line.starts_with("*.");
  line.remove_prefix(exception ? 1 : wildcard ? 2 : 0);
  const auto ascii = to_a_labels(line);
  if (!ascii || !DomainName::parse(*ascii)) return;
  const std::string reversed = reverse_labels(*ascii);
  if (exception) {
    exceptions_.push_back(reversed);
  } else {
    rules_.push_back(wildcard ? reversed + ".*" : reversed);
  }
}

bool PublicSuffixes::is_public_suffix(std::string_view name) const {
  const std::string reversed = reverse_labels(name);
  if (holds(exceptions_, reversed)) return false;
  const std::size_t dot = reversed.rfind('.');
  if (dot == std::string::npos) return true;
  return holds(rules_, reversed) || holds(rules_, reversed + ".*") ||
         holds(rules_, reversed.substr(0, dot) + ".*");
}

std::optional<std::string> PublicSuffixes::find_covered_suffix(std::string_view pattern) const {
  const std::string_view tail = cut_behind_wildcards(pattern).tail;
  if (tail.empty()) return {};
  const std::string base = reverse_labels(tail) + '.';
  const std::size_t labels = count_labels(pattern);
  auto rule = std::lower_bound(rules_.begin(), rules_.end(), base);
  for (; rule != rules_.end() && rule->starts_with(base); ++rule) {
    if (count_labels(*rule) != labels) continue;
    const std::string suffix = reverse_labels(*rule);
    if (!suffix.starts_with("*.")) {
      if (matches_pattern(pattern, suffix)) return suffix;
      continue;
    }
    // The rule's first label is anything, so only the others can differ.
    const std::string_view rest = pattern.substr(pattern.find('.') + 1);
    if (matches_pattern(rest, std::string_view(suffix).substr(2))) return suffix;
  }
  return {};
}

}  // namespace dn::policy
