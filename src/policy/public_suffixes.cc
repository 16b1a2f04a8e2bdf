#include "policy/public_suffixes.h"

#include <libpsl.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "policy/idna.h"
#include "policy/pattern.h"

// Defined by the assembler file that cmake/embed.cmake writes.
extern "C" const char dn_public_suffix_list[];      // NOLINT: an array of unknown bound
extern "C" const char dn_public_suffix_list_end[];  // NOLINT

namespace dn::policy {
namespace {

constexpr std::size_t kListBytesMax = 16UL << 20U;

struct ContextDeleter {
  void operator()(psl_ctx_t* context) const { psl_free(context); }
};
using Context = std::unique_ptr<psl_ctx_t, ContextDeleter>;

Context load(std::string_view text) {
  // fmemopen takes no empty buffer, and does not write to one that is opened for reading.
  if (text.empty()) return {};
  FILE* file = fmemopen(const_cast<char*>(text.data()), text.size(), "r");
  if (file == nullptr) return {};
  Context context(psl_load_fp(file));
  static_cast<void>(fclose(file));
  return context;
}

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

// The rules as reversed names, sorted, so that those below one suffix stand together. Exceptions
// are left out: they only make fewer names exposed.
std::vector<std::string> read_rules(std::string_view text) {
  std::vector<std::string> rules;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find_first_of(" \t\r"));
    if (line.empty() || line.starts_with("//") || line.starts_with('!')) continue;
    if (const auto ascii = to_a_labels(line)) rules.push_back(reverse_labels(*ascii));
  }
  std::sort(rules.begin(), rules.end());
  return rules;
}

}  // namespace

std::string_view builtin_public_suffix_list() {
  return {dn_public_suffix_list,
          static_cast<std::size_t>(dn_public_suffix_list_end - dn_public_suffix_list)};
}

struct PublicSuffixes::List {
  Context context;
  std::vector<std::string> rules;  // reversed, sorted
};

PublicSuffixes::PublicSuffixes(std::unique_ptr<List> list) : list_(std::move(list)) {}
PublicSuffixes::PublicSuffixes(PublicSuffixes&&) noexcept = default;
PublicSuffixes& PublicSuffixes::operator=(PublicSuffixes&&) noexcept = default;
PublicSuffixes::~PublicSuffixes() = default;

Result<PublicSuffixes> PublicSuffixes::parse(std::string_view list_text) {
  if (list_text.size() > kListBytesMax) {
    return fail("the public suffix list is larger than 16 MiB; is it the right file?");
  }
  auto list = std::make_unique<List>();
  list->context = load(list_text);
  list->rules = read_rules(list_text);
  if (!list->context || list->rules.empty() || psl_suffix_count(list->context.get()) <= 0) {
    return fail("the public suffix list holds no rule; use a file in the publicsuffix.org format");
  }
  return PublicSuffixes(std::move(list));
}

bool PublicSuffixes::is_public_suffix(std::string_view name) const {
  if (name.empty()) return true;
  const std::string text(name);
  if (psl_is_public_suffix(list_->context.get(), text.c_str()) != 0) return true;
  return std::binary_search(list_->rules.begin(), list_->rules.end(), reverse_labels(text) + ".*");
}

std::optional<std::string> PublicSuffixes::find_covered_suffix(std::string_view pattern) const {
  const std::string_view tail = cut_behind_wildcards(pattern).tail;
  if (tail.empty()) return {};
  const std::string base = reverse_labels(tail) + '.';
  const std::size_t labels = count_labels(pattern);
  auto rule = std::lower_bound(list_->rules.begin(), list_->rules.end(), base);
  for (; rule != list_->rules.end() && rule->starts_with(base); ++rule) {
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
