// JsonSelector: which values of a JSON message a condition is about.
//
//   selector := "$" step { step }
//   step     := "." name | ".*" | [ "." ] "[" index "]" | [ "." ] "[*]" | [ "." ] "['" any "']"
//             | [ "." ] '["' any '"]'
//   name     := [A-Za-z0-9_-]+
//
// A name selects a member of an object, an index (from 0) an element of an array, a wildcard every
// member or element. SelectorTree holds the selectors of one pattern, and SelectorWalk follows it
// while a message is scanned. Covered by json_pattern_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/pattern_cursor.h"

namespace dn::query {

inline constexpr std::size_t kWildcardsMax = 3;  // of one pattern; of one selector: one

struct SelectorStep {
  enum class Kind : std::uint8_t { Name, Index, Any };
  Kind kind = Kind::Name;
  std::string name;
  std::uint32_t index = 0;
};
struct JsonSelector {
  std::vector<SelectorStep> steps;
  static PatternResult<JsonSelector> parse(PatternCursor& cursor);
  bool has_wildcard() const;
};

// Immutable once it is built.
class SelectorTree {
 public:
  using NodeId = std::uint16_t;
  static constexpr NodeId kRoot = 0;
  static constexpr NodeId kNone = 0xffff;

  // A bit for names of this size; the last one for all longer ones.
  static std::uint64_t size_bit(std::string_view name) {
    return std::uint64_t{1} << std::min<std::size_t>(name.size(), 63);
  }

  struct Node {
    NodeId child_of_name(std::string_view name) const;
    NodeId child_of_index(std::uint32_t index) const;

    std::vector<std::pair<std::string, NodeId>> names;  // by size, then by bytes
    std::uint64_t name_sizes = 0;                       // size_bit() of each
    std::vector<std::pair<std::uint32_t, NodeId>> indexes;
    NodeId any = kNone;
    bool behind_wildcard = false;                 // reached through one, or by one
    std::vector<std::uint16_t> conditions;        // whose selectors end here
    std::vector<std::uint16_t> conditions_below;  // ... end here or further down
  };

  SelectorTree() : nodes_(1) {}
  void add(const JsonSelector& selector, std::uint16_t condition);
  const Node& node(NodeId id) const { return nodes_[id]; }

 private:
  NodeId child_for(NodeId parent, const SelectorStep& step);
  NodeId make_child(NodeId parent, bool wildcard);
  std::vector<Node> nodes_;
};

// Nodes that a value is selected by: one by names and indexes alone, and one for each wildcard.
class SelectedBy {
 public:
  bool empty() const { return count_ == 0; }
  void clear() { count_ = 0; }
  void add(SelectorTree::NodeId id) { ids_[count_++] = id; }
  std::span<const SelectorTree::NodeId> ids() const { return {ids_.data(), count_}; }

 private:
  std::array<SelectorTree::NodeId, kWildcardsMax + 1> ids_{};
  std::uint8_t count_ = 0;
};

}  // namespace dn::query
