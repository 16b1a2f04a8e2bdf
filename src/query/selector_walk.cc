#include "query/selector_walk.h"

#include <algorithm>

namespace dn::query {

SelectorWalk::SelectorWalk(const SelectorTree& tree, std::span<const JsonCondition> conditions)
    : tree_(tree),
      conditions_(conditions),
      now_(conditions.size()),
      earlier_(conditions.size()) {}

void SelectorWalk::begin() {
  levels_.clear();
  skipped_ = 0;
  pending_.clear();
  pending_.add(SelectorTree::kRoot);
  std::ranges::fill(now_, std::uint8_t{0});
  std::ranges::fill(earlier_, std::uint8_t{0});
}

std::span<const std::uint8_t> SelectorWalk::results() {
  for (std::size_t i = 0; i < now_.size(); ++i) {
    now_[i] |= earlier_[i];
    if (conditions_[i].kind == JsonCondition::Kind::NotExists) now_[i] ^= 1U;
  }
  return now_;
}

void SelectorWalk::select(SelectorTree::NodeId id) {
  if (id == SelectorTree::kNone) return;
  const SelectorTree::Node& node = tree_.node(id);
  for (const std::uint16_t condition : node.conditions_below) {
    now_[condition] = 0;
    // Behind a wildcard this is one of its values, and the earlier ones still count.
    if (!node.behind_wildcard) earlier_[condition] = 0;
  }
  pending_.add(id);
}

void SelectorWalk::select_by_wildcard(SelectorTree::NodeId id) {
  if (id == SelectorTree::kNone) return;
  for (const std::uint16_t condition : tree_.node(id).conditions_below) {
    earlier_[condition] |= now_[condition];
    now_[condition] = 0;
  }
  pending_.add(id);
}

void SelectorWalk::select_name(const JsonText& key) {
  const std::string_view name = decode(key, scratch_);
  for (const SelectorTree::NodeId id : levels_.back().selected.ids()) {
    select(tree_.node(id).child_of_name(name));
    select_by_wildcard(tree_.node(id).any);
  }
}

void SelectorWalk::select_next_element() {
  pending_.clear();
  Level& level = levels_.back();
  const std::uint32_t index = level.next_index++;
  for (const SelectorTree::NodeId id : level.selected.ids()) {
    select(tree_.node(id).child_of_index(index));
    select_by_wildcard(tree_.node(id).any);
  }
}

template <class Holds>
void SelectorWalk::ask(Holds holds) {
  for (const SelectorTree::NodeId id : pending_.ids()) {
    for (const std::uint16_t condition : tree_.node(id).conditions) {
      now_[condition] = holds(conditions_[condition]) ? 1 : 0;
    }
  }
}

void SelectorWalk::ask_about(const JsonText& text) {
  const std::string_view decoded = decode(text, scratch_);
  ask([&](const JsonCondition& condition) { return condition.holds_for_text(decoded); });
}

void SelectorWalk::ask_about(std::string_view number) {
  ask([&](const JsonCondition& condition) { return condition.holds_for_number(number); });
}

void SelectorWalk::ask_about(JsonWord word) {
  ask([&](const JsonCondition& condition) { return condition.holds_for_word(word); });
}

void SelectorWalk::enter() {
  ask([](const JsonCondition& condition) { return condition.holds_for_container(); });
  Level& level = levels_.emplace_back();
  level.selected = pending_;
  for (const SelectorTree::NodeId id : pending_.ids()) {
    const SelectorTree::Node& node = tree_.node(id);
    level.name_sizes |= node.any == SelectorTree::kNone ? node.name_sizes : ~std::uint64_t{0};
  }
  pending_.clear();
}

}  // namespace dn::query
