// PatternSet: which of many wildcard patterns match a name.
//
// Since no wildcard crosses a dot, a pattern fixes the number of labels, and everything behind its
// last wildcard label is literal:
//
//     api-*.eu?.example.com        head (2 labels) | tail
//     └──────────┘└─────────┘
//
// Patterns with the same tail and the same number of head labels form a bucket. A name has one
// candidate bucket per dot, found by hash. Inside a bucket, patterns stand under the longer one of
// two literals: what precedes the first wildcard, or what follows the last one within the head
// ("api-" above; nothing for "*"). The bucket knows the lengths that occur, and each of them costs
// one more hash look-up. What is found there is verified by the linear matcher of pattern.h.
//
// So a look-up costs (labels of the name) + (distinct literal lengths in the buckets met) hash
// look-ups, however many patterns there are. Worst case: patterns that share tail, number of labels
// and literal ("*a*.x.com", "*b*.x.com", …) are tried one after the other. No allocation, no
// recursion. Covered by pattern_set_test.cc, which compares with a scan over all patterns.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/hash_table.h"
#include "policy/text_arena.h"

namespace dn::policy {

class PatternSet {
 public:
  struct Row {
    TextOffset text = 0;
    std::uint32_t value = 0;  // of the caller
  };

  // `rows` name patterns of `arena`, each once.
  static PatternSet build(const TextArena& arena, std::vector<Row> rows);

  // Calls `visit(row)` for the matching patterns, the longest literal tail first, until it returns
  // true. `arena` is that of build().
  template <class Visit>
  void match(const TextArena& arena, std::string_view name, Visit visit) const {
    if (buckets_.empty()) return;
    Tails tails;
    const std::size_t labels = find_tails(name, tails);
    for (std::size_t head_labels = 1; head_labels <= labels; ++head_labels) {
      const Tail& tail = tails[labels - head_labels];
      const Bucket* bucket = find_bucket(arena, name, tail, head_labels);
      if (bucket == nullptr) continue;
      const std::string_view head = head_of(name, name.size() - tail.begin);
      if (match_bucket(arena, *bucket, head, visit)) return;
    }
  }

  std::size_t size() const { return rows_.size(); }

 private:
  // A literal that stands at the beginning or at the end of a head.
  struct Literal {
    std::uint8_t bytes = 0;
    bool at_end = false;
    bool operator==(const Literal&) const = default;
  };
  struct Bucket {
    TextOffset text = 0;  // of one of its patterns
    std::uint8_t tail_bytes = 0;
    std::uint8_t head_labels = 0;
    std::uint32_t literals_begin = 0;
    std::uint32_t literals_end = 0;
  };
  // The rows of one bucket that stand under one literal.
  struct Cluster {
    std::uint32_t bucket = 0;
    std::uint32_t rows_begin = 0;
    std::uint32_t rows_end = 0;
    Literal literal;
  };
  // The last labels of a name: where they begin, and their hash. Left uninitialised: there is room
  // for many, and few are used.
  struct Tail {
    std::uint8_t begin;
    SuffixHash::State hash;
  };
  using Tails = std::array<Tail, 128>;  // 253 bytes hold at most 127 labels; and the empty tail
  struct Draft;

  // What precedes the tail and its dot.
  static std::string_view head_of(std::string_view name, std::size_t tail_bytes) {
    return tail_bytes == 0 ? name : name.substr(0, name.size() - tail_bytes - 1);
  }
  static std::string_view literal_of(std::string_view head, Literal literal) {
    return literal.at_end ? head.substr(head.size() - literal.bytes)
                          : head.substr(0, literal.bytes);
  }
  static std::uint32_t hash_cluster(std::uint32_t bucket, Literal literal, std::string_view text);

  // Fills tails[k] with the tail of k labels; returns the number of labels.
  static std::size_t find_tails(std::string_view name, Tails& tails);
  const Bucket* find_bucket(const TextArena& arena, std::string_view name, const Tail& tail,
                            std::size_t head_labels) const;
  const Cluster* find_cluster(const TextArena& arena, const Bucket& bucket, Literal literal,
                              std::string_view text) const;
  // `literal` is known to be the same in both.
  static bool matches_head(std::string_view pattern, Literal literal, std::string_view head);
  void add_draft(const TextArena& arena, const Draft& draft, const Draft* previous);

  template <class Visit>
  bool match_bucket(const TextArena& arena, const Bucket& bucket, std::string_view head,
                    Visit visit) const {
    for (std::uint32_t i = bucket.literals_begin; i < bucket.literals_end; ++i) {
      const Literal literal = literals_[i];
      if (literal.bytes > head.size()) continue;
      const Cluster* cluster = find_cluster(arena, bucket, literal, literal_of(head, literal));
      if (cluster == nullptr) continue;
      for (std::uint32_t at = cluster->rows_begin; at < cluster->rows_end; ++at) {
        const std::string_view pattern = head_of(arena.at(rows_[at].text), bucket.tail_bytes);
        if (matches_head(pattern, literal, head) && visit(rows_[at])) return true;
      }
    }
    return false;
  }

  std::vector<Row> rows_;  // those of one cluster stand together
  std::vector<Bucket> buckets_;
  std::vector<Literal> literals_;  // those of one bucket stand together, the longest first
  HashTable<std::uint32_t> bucket_table_;
  HashTable<Cluster> cluster_table_;
};

}  // namespace dn::policy
