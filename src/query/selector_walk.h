// SelectorWalk: which conditions of a JSON pattern hold, found while one message is scanned.
//
// A name that an object has twice counts as its last: meeting it again takes back what its former
// value made true. A wildcard looks at every member, those with the same name too, and its
// condition holds when it holds for one of them. Covered by json_pattern_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/json_condition.h"

namespace dn::query {

// The visitor of one JsonScan at a time; keeps its memory for the next one. Borrows the tree and
// the conditions.
class SelectorWalk {
 public:
  SelectorWalk(const SelectorTree& tree, std::span<const JsonCondition> conditions);

  void begin();
  // After the scan: for each condition 1 when it holds, else 0.
  std::span<const std::uint8_t> results();

  // What follows is called for every token of every message: the usual answer, that nothing here
  // is selected, is given in place.
  void on_key(const JsonText& key) {
    if (skipped_ > 0) return;
    pending_.clear();
    if (key.escaped || (levels_.back().name_sizes & SelectorTree::size_bit(key.raw)) != 0) {
      select_name(key);
    }
  }
  void on_element() {
    if (skipped_ == 0) select_next_element();
  }
  void on_text(const JsonText& text) {
    if (!ignored()) ask_about(text);
  }
  void on_number(std::string_view source) {
    if (!ignored()) ask_about(source);
  }
  void on_word(JsonWord word) {
    if (!ignored()) ask_about(word);
  }
  void on_open() {
    if (ignored()) {
      ++skipped_;
    } else {
      enter();
    }
  }
  void on_close() {
    if (skipped_ > 0) {
      --skipped_;
    } else {
      levels_.pop_back();
    }
  }

 private:
  // An object or array of which something is selected.
  struct Level {
    SelectedBy selected;
    std::uint32_t next_index = 0;
    std::uint64_t name_sizes = 0;  // of members that may be selected; all ones: of any
  };
  void select(SelectorTree::NodeId id);
  void select_by_wildcard(SelectorTree::NodeId id);
  void select_name(const JsonText& key);
  void select_next_element();
  bool ignored() const { return skipped_ > 0 || pending_.empty(); }
  void ask_about(const JsonText& text);
  void ask_about(std::string_view number);
  void ask_about(JsonWord word);
  void enter();
  template <class Holds>
  void ask(Holds holds);

  const SelectorTree& tree_;
  std::span<const JsonCondition> conditions_;
  std::vector<Level> levels_;
  std::size_t skipped_ = 0;            // open objects and arrays of which nothing is selected
  SelectedBy pending_;                 // what selects the value that comes next
  std::vector<std::uint8_t> now_;      // holds for the value that counts at present
  std::vector<std::uint8_t> earlier_;  // held for an earlier value of the wildcard
  std::string scratch_;
};

}  // namespace dn::query
