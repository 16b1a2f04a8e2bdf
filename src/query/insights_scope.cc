#include "query/insights_scope.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"
#include "query/insights_lexer.h"

namespace dn::query::insights {
namespace {

constexpr std::array<std::string_view, 5> kGenerated = {"@timestamp", "@message", "@logStream",
                                                        "@log", "@ingestionTime"};

}  // namespace

std::uint32_t Scope::find_made(const std::string& name) const {
  const auto found = made_.find(name);
  return found == made_.end() ? kNoSlot : found->second.slot;
}

Node Scope::resolve(const std::vector<std::string>& parts) {
  const std::string name = joined(parts);
  if (const auto slot = find_made(name); slot != kNoSlot) return field_node(slot);
  for (std::size_t count = parts.size() - 1; count > 0; --count) {
    const auto begin = parts.begin(), middle = begin + static_cast<std::ptrdiff_t>(count);
    const auto found = made_.find(joined({begin, middle}));
    if (found == made_.end() || found->second.command == command_) continue;
    Node node = field_node(found->second.slot);
    node.path.assign(middle, parts.end());
    return node;
  }
  if (parts.size() == 1 &&
      (equal_ignoring_case(name, "true") || equal_ignoring_case(name, "false"))) {
    Node node;
    node.op = Operator::Number;
    node.constant = Value::of_bool(equal_ignoring_case(name, "true"));
    return node;
  }
  const bool is_generated = std::ranges::find(kGenerated, name) != kGenerated.end();
  if (behind_stats_ || (!is_generated && name_in_message(name).empty())) return field_node(kNoSlot);
  auto& slots = is_generated ? generated_ : discovered_;
  const auto [known, added] = slots.try_emplace(name, slots_);
  if (added) ++slots_;
  return field_node(known->second);
}

void Scope::begin_rows(std::uint32_t slots) {
  behind_stats_ = true;
  made_.clear();
  slots_ = slots;
}

}  // namespace dn::query::insights
