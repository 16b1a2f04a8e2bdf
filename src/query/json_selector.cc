#include "query/json_selector.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace dn::query {
namespace {

bool is_name_letter(char c) {
  return is_word_letter(c) || c == '-';
}

PatternResult<SelectorStep> read_bracket(PatternCursor& cursor) {
  SelectorStep step;
  if (cursor.take("*")) {
    step.kind = SelectorStep::Kind::Any;
  } else if (cursor.next_is("'") || cursor.next_is("\"")) {
    const char quote = cursor.peek();
    const std::size_t begin = cursor.offset();
    cursor.take(std::string_view(&quote, 1));
    std::string_view name;
    if (!cursor.take_until(quote, name)) {
      return cursor.invalid_since(begin, "the closing quote is missing");
    }
    step.name = name;
  } else {
    const std::string_view digits = cursor.take_while(is_digit);
    if (digits.empty()) return cursor.invalid_here("expected an index, * or a quoted name");
    step.kind = SelectorStep::Kind::Index;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), step.index);
    if (error != std::errc()) step.index = UINT32_MAX;  // no message has so many elements
  }
  if (!cursor.take("]")) return cursor.invalid_here("expected ]");
  return step;
}

PatternResult<SelectorStep> read_step(PatternCursor& cursor) {
  const bool dot = cursor.take(".");
  if (cursor.take("[")) return read_bracket(cursor);
  DN_CHECK(dot, "the caller saw a dot or a bracket");
  SelectorStep step;
  if (cursor.take("*")) {
    step.kind = SelectorStep::Kind::Any;
    return step;
  }
  step.name = cursor.take_while(is_name_letter);
  if (step.name.empty()) return cursor.invalid_here("expected a name or *");
  return step;
}

struct BySize {
  static bool less(std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
  bool operator()(const std::pair<std::string, SelectorTree::NodeId>& child,
                  std::string_view name) const {
    return less(child.first, name);
  }
};

}  // namespace

PatternResult<JsonSelector> JsonSelector::parse(PatternCursor& cursor) {
  const std::size_t begin = cursor.offset();
  if (!cursor.take("$")) return cursor.invalid_here("expected a selector, such as $.name");
  JsonSelector selector;
  while (cursor.next_is(".") || cursor.next_is("[")) {
    auto step = read_step(cursor);
    if (!step) return tl::unexpected(std::move(step.error()));
    if (step->kind == SelectorStep::Kind::Any && selector.has_wildcard()) {
      return cursor.invalid_since(begin, "more than one wildcard in a selector");
    }
    selector.steps.push_back(std::move(*step));
  }
  if (selector.steps.empty()) return cursor.invalid_since(begin, "expected $.name");
  return selector;
}

bool JsonSelector::has_wildcard() const {
  return std::ranges::any_of(
      steps, [](const SelectorStep& step) { return step.kind == SelectorStep::Kind::Any; });
}

SelectorTree::NodeId SelectorTree::Node::child_of_name(std::string_view name) const {
  if ((name_sizes & size_bit(name)) == 0) return kNone;
  const auto child = std::lower_bound(names.begin(), names.end(), name, BySize{});
  return child != names.end() && child->first == name ? child->second : kNone;
}

SelectorTree::NodeId SelectorTree::Node::child_of_index(std::uint32_t index) const {
  const auto child =
      std::ranges::lower_bound(indexes, index, {}, [](const auto& entry) { return entry.first; });
  return child != indexes.end() && child->first == index ? child->second : kNone;
}

SelectorTree::NodeId SelectorTree::make_child(NodeId parent, bool wildcard) {
  const bool behind = wildcard || nodes_[parent].behind_wildcard;
  const auto id = static_cast<NodeId>(nodes_.size());
  DN_CHECK(id != kNone, "a pattern of 1024 characters has fewer steps");
  nodes_.emplace_back().behind_wildcard = behind;
  return id;
}

SelectorTree::NodeId SelectorTree::child_for(NodeId parent, const SelectorStep& step) {
  switch (step.kind) {
    case SelectorStep::Kind::Any:
      if (nodes_[parent].any == kNone) {
        const NodeId id = make_child(parent, true);
        nodes_[parent].any = id;
      }
      return nodes_[parent].any;
    case SelectorStep::Kind::Index: {
      if (const NodeId known = nodes_[parent].child_of_index(step.index); known != kNone) {
        return known;
      }
      const NodeId id = make_child(parent, false);
      auto& indexes = nodes_[parent].indexes;
      indexes.emplace_back(step.index, id);
      std::ranges::sort(indexes);
      return id;
    }
    case SelectorStep::Kind::Name: break;
  }
  if (const NodeId known = nodes_[parent].child_of_name(step.name); known != kNone) return known;
  const NodeId id = make_child(parent, false);
  Node& node = nodes_[parent];
  node.name_sizes |= size_bit(step.name);
  const auto place = std::lower_bound(node.names.begin(), node.names.end(), step.name, BySize{});
  node.names.emplace(place, step.name, id);
  return id;
}

void SelectorTree::add(const JsonSelector& selector, std::uint16_t condition) {
  NodeId at = kRoot;
  for (const SelectorStep& step : selector.steps) {
    at = child_for(at, step);
    nodes_[at].conditions_below.push_back(condition);
  }
  nodes_[at].conditions.push_back(condition);
}

}  // namespace dn::query
