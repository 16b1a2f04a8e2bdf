#include "policy/pattern.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dn::policy {
namespace {

constexpr std::size_t kLabelBytesMax = 63;

// Letters, digits, '-' and '_' as small numbers; everything else is 0 and matches nothing.
constexpr std::size_t kSymbols = 39;
constexpr std::array<std::uint8_t, 256> kSymbolOf = [] {
  std::array<std::uint8_t, 256> table{};
  std::uint8_t next = 1;
  for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = next++;
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = next++;
  table['-'] = next++;
  table['_'] = next++;
  return table;
}();
static_assert(kSymbolOf['_'] == kSymbols - 1);

std::size_t symbol_of(char c) {
  return kSymbolOf[static_cast<unsigned char>(c)];
}

std::string_view take_label(std::string_view& rest) {
  const std::size_t dot = std::min(rest.find('.'), rest.size());
  const std::string_view label = rest.substr(0, dot);
  rest.remove_prefix(std::min(dot + 1, rest.size()));
  return label;
}

// State i means: the first i characters of the pattern (asterisks not counted) are matched. An
// asterisk before character i lets state i stay where it is.
bool matches_label(std::string_view pattern, std::string_view label) {
  if (pattern == "*") return true;
  if (!is_satisfiable_label(pattern)) return false;
  std::array<std::uint64_t, kSymbols> steps{};
  std::uint64_t any = 0;
  std::uint64_t stays = 0;
  std::size_t size = 0;
  for (const char c : pattern) {
    if (c == '*') {
      stays |= 1ULL << size;
    } else if (c == '?') {
      any |= 1ULL << size++;
    } else {
      steps[symbol_of(c)] |= 1ULL << size++;
    }
  }
  std::uint64_t states = 1;
  for (const char c : label) {
    const std::size_t symbol = symbol_of(c);
    if (symbol == 0) return false;
    states = ((states & (steps[symbol] | any)) << 1U) | (states & stays);
  }
  return (states >> size & 1U) != 0;
}

}  // namespace

bool is_satisfiable_label(std::string_view label) {
  const auto stars = std::count(label.begin(), label.end(), '*');
  return label.size() - static_cast<std::size_t>(stars) <= kLabelBytesMax;
}

NameCut cut_behind_wildcards(std::string_view pattern) {
  const std::size_t wildcard = pattern.find_last_of("*?");
  if (wildcard == std::string_view::npos) return {.head = {}, .tail = pattern};
  const std::size_t dot = pattern.find('.', wildcard);
  if (dot == std::string_view::npos) return {.head = pattern, .tail = {}};
  return {.head = pattern.substr(0, dot), .tail = pattern.substr(dot + 1)};
}

std::size_t count_labels(std::string_view name) {
  if (name.empty()) return 0;
  return 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), '.'));
}

bool matches_pattern(std::string_view pattern, std::string_view name) {
  if (count_labels(pattern) != count_labels(name)) return false;
  while (!pattern.empty()) {
    if (!matches_label(take_label(pattern), take_label(name))) return false;
  }
  return true;
}

}  // namespace dn::policy
