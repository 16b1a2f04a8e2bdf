// RuleIndex: every effective member of every group, once, for all clients together.
//
// A member (a name, a pattern, an address as text) has postings: which group names it, for which
// protocol, on which ports. A client brings its set of groups along, and a look-up is one hash
// look-up for the member and an intersection of two short sorted lists. So memory grows with the
// rules only, never with clients times rules, and a look-up costs the same whatever their number.
//
// Built by RuleIndexBuilder, then immutable; to be read by any number of threads. Covered by
// rule_index_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/protocol.h"
#include "policy/grant.h"
#include "policy/hash_table.h"
#include "policy/pattern_set.h"
#include "policy/text_arena.h"

namespace dn::policy {

// Groups are numbered in the order of their gids.
using GroupIndex = std::uint32_t;

struct PortRange {
  Port from = 0;
  Port to = 65535;
  bool contains(Port port) const { return from <= port && port <= to; }
  bool operator==(const PortRange&) const = default;
};

// A group and a protocol (Tls or Ssh) in one number, so that it can be sorted and compared at once.
using RuleKey = std::uint32_t;
constexpr RuleKey make_key(GroupIndex group, Protocol protocol) {
  return group << 1U | (protocol == Protocol::Ssh ? 1U : 0U);
}
constexpr GroupIndex group_of(RuleKey key) {
  return key >> 1U;
}
constexpr Protocol protocol_of(RuleKey key) {
  return (key & 1U) != 0 ? Protocol::Ssh : Protocol::Tls;
}

// One group names one member for one protocol on one range of ports.
struct Posting {
  TextOffset text = 0;
  RuleKey key = 0;
  PortRange ports;
  GrantId grant = 0;
};

// Those of one member, sorted by key.
using Postings = std::span<const Posting>;

class RuleIndex {
 public:
  std::string_view gid(GroupIndex group) const { return gids_[group]; }
  std::span<const std::string> gids() const { return gids_; }  // sorted
  std::string_view text(TextOffset offset) const { return arena_.at(offset); }
  const TextArena& arena() const { return arena_; }

  // The postings of exactly this text; empty when no rule has it.
  Postings find(std::string_view text) const {
    const auto same = [&](const Row& row) { return arena_.at(row.text) == text; };
    const Row* row = table_.find(hash_text(text), same);
    return row == nullptr ? Postings{} : postings_of(*row);
  }

  // Calls `visit(postings)` for the patterns that match until it returns true.
  template <class Visit>
  void match_patterns(std::string_view name, Visit visit) const {
    patterns_.match(arena_, name, [&](const PatternSet::Row& row) {
      return visit(postings_of(members_of_patterns_[row.value]));
    });
  }

  // All postings: those of one member together, members in the order in which the input first
  // names them.
  Postings postings() const { return postings_; }

  // The postings that carry this grant, as positions in postings().
  std::span<const std::uint32_t> find_grant(GrantId grant) const;

  // The ssh rules of one group, as positions in postings().
  std::span<const std::uint32_t> find_ssh(GroupIndex group) const;

 private:
  friend class RuleIndexBuilder;
  struct Row {
    TextOffset text = 0;
    std::uint32_t first = 0;  // posting
    std::uint32_t count = 0;
  };

  Postings postings_of(const Row& row) const {
    return Postings(postings_).subspan(row.first, row.count);
  }

  std::vector<std::string> gids_;
  TextArena arena_;
  HashTable<Row> table_;
  std::vector<Posting> postings_;  // those of one member stand together
  PatternSet patterns_;
  std::vector<Row> members_of_patterns_;
  std::vector<std::uint32_t> by_grant_;  // positions of postings, sorted by their grant
  std::vector<std::uint32_t> ssh_;       // positions of ssh postings, sorted by their key
};

// Collects members, then builds. Used once, by one thread.
class RuleIndexBuilder {
 public:
  // `gids` are sorted and unique.
  explicit RuleIndexBuilder(std::vector<std::string> gids);

  // `member` is in its compared form (member.h). The same member may come any number of times.
  void add(RuleKey key, std::string_view member, PortRange ports);
  // A text beside the members, which no look-up finds.
  TextOffset add_text(std::string_view text) { return index_.arena_.add(text); }
  std::size_t size() const { return index_.postings_.size(); }

  RuleIndex build() &&;

 private:
  void sort_postings();
  void index_members();
  void index_grants();

  RuleIndex index_;
};

}  // namespace dn::policy
