#include "policy/pattern_set.h"

#include <algorithm>
#include <tuple>

#include "policy/pattern.h"

namespace dn::policy {
namespace {

std::string_view tail_of(std::string_view pattern, std::size_t tail_bytes) {
  return pattern.substr(pattern.size() - tail_bytes);
}

std::uint32_t hash_bucket(SuffixHash tail, std::size_t head_labels) {
  tail.add_number(static_cast<std::uint32_t>(head_labels));
  return tail.value();
}

SuffixHash hash_of(std::string_view text) {
  SuffixHash hash;
  hash.add_before(text);
  return hash;
}

}  // namespace

// A pattern taken apart, in the order of its place in the set.
struct PatternSet::Draft {
  Row row;
  std::string_view text;
  NameCut cut;
  std::size_t head_labels = 0;
  Literal literal;

  static Draft make(const TextArena& arena, Row row) {
    Draft draft{.row = row, .text = arena.at(row.text), .cut = {}, .head_labels = 0, .literal = {}};
    draft.cut = cut_behind_wildcards(draft.text);
    const std::string_view head = draft.cut.head;
    draft.head_labels = count_labels(head);
    const std::size_t before = head.find_first_of("*?");
    const std::size_t after = head.size() - head.find_last_of("*?") - 1;
    draft.literal = {.bytes = static_cast<std::uint8_t>(std::max(before, after)),
                     .at_end = after > before};
    return draft;
  }

  auto bucket_key() const { return std::tie(cut.tail, head_labels); }
  std::string_view literal_text() const { return literal_of(cut.head, literal); }

  bool operator<(const Draft& other) const {
    if (bucket_key() != other.bucket_key()) return bucket_key() < other.bucket_key();
    if (literal.bytes != other.literal.bytes) return literal.bytes > other.literal.bytes;
    if (literal.at_end != other.literal.at_end) return other.literal.at_end;
    return std::tuple(literal_text(), text) < std::tuple(other.literal_text(), other.text);
  }
};

PatternSet PatternSet::build(const TextArena& arena, std::vector<Row> rows) {
  std::vector<Draft> drafts;
  drafts.reserve(rows.size());
  for (const Row& row : rows) drafts.push_back(Draft::make(arena, row));
  std::sort(drafts.begin(), drafts.end());
  PatternSet set;
  set.rows_.reserve(drafts.size());
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    set.add_draft(arena, drafts[i], i == 0 ? nullptr : &drafts[i - 1]);
  }
  return set;
}

void PatternSet::add_draft(const TextArena& arena, const Draft& draft, const Draft* previous) {
  const bool new_bucket = previous == nullptr || previous->bucket_key() != draft.bucket_key();
  const bool new_literal = new_bucket || previous->literal != draft.literal;
  const bool new_cluster = new_literal || previous->literal_text() != draft.literal_text();
  const auto literals = static_cast<std::uint32_t>(literals_.size());
  if (new_bucket) {
    bucket_table_.add(hash_bucket(hash_of(draft.cut.tail), draft.head_labels),
                      static_cast<std::uint32_t>(buckets_.size()));
    buckets_.push_back({.text = draft.row.text,
                        .tail_bytes = static_cast<std::uint8_t>(draft.cut.tail.size()),
                        .head_labels = static_cast<std::uint8_t>(draft.head_labels),
                        .literals_begin = literals,
                        .literals_end = literals});
  }
  if (new_literal) {
    literals_.push_back(draft.literal);
    ++buckets_.back().literals_end;
  }
  const auto bucket = static_cast<std::uint32_t>(buckets_.size() - 1);
  const auto row = static_cast<std::uint32_t>(rows_.size());
  const std::string_view text = draft.literal_text();
  if (new_cluster) {
    cluster_table_.add(
        hash_cluster(bucket, draft.literal, text),
        {.bucket = bucket, .rows_begin = row, .rows_end = row, .literal = draft.literal});
  }
  rows_.push_back(draft.row);
  auto* cluster = const_cast<Cluster*>(find_cluster(arena, buckets_.back(), draft.literal, text));
  ++cluster->rows_end;
}

std::uint32_t PatternSet::hash_cluster(std::uint32_t bucket, Literal literal,
                                       std::string_view text) {
  SuffixHash hash = hash_of(text);
  hash.add_number(bucket << 1U | (literal.at_end ? 1U : 0U));
  return hash.value();
}

std::size_t PatternSet::find_tails(std::string_view name, Tails& tails) {
  SuffixHash hash;
  std::size_t labels = 0;
  tails[0] = {.begin = static_cast<std::uint8_t>(name.size()), .hash = hash};
  for (std::size_t i = name.size(); i > 0; --i) {
    if (name[i - 1] == '.' && labels + 2 < tails.size()) {
      tails[++labels] = {.begin = static_cast<std::uint8_t>(i), .hash = hash};
    }
    hash.add_before(name[i - 1]);
  }
  return labels + 1;
}

const PatternSet::Bucket* PatternSet::find_bucket(const TextArena& arena, std::string_view name,
                                                  const Tail& tail, std::size_t head_labels) const {
  const std::string_view text = name.substr(tail.begin);
  const auto same = [&](std::uint32_t index) {
    const Bucket& bucket = buckets_[index];
    return bucket.head_labels == head_labels && bucket.tail_bytes == text.size() &&
           tail_of(arena.at(bucket.text), bucket.tail_bytes) == text;
  };
  const std::uint32_t* found = bucket_table_.find(hash_bucket(tail.hash, head_labels), same);
  return found == nullptr ? nullptr : &buckets_[*found];
}

const PatternSet::Cluster* PatternSet::find_cluster(const TextArena& arena, const Bucket& bucket,
                                                    Literal literal, std::string_view text) const {
  const auto index = static_cast<std::uint32_t>(&bucket - buckets_.data());
  return cluster_table_.find(hash_cluster(index, literal, text), [&](const Cluster& cluster) {
    if (cluster.bucket != index || cluster.literal != literal) return false;
    const std::string_view pattern = arena.at(rows_[cluster.rows_begin].text);
    return literal_of(cut_behind_wildcards(pattern).head, literal) == text;
  });
}

bool PatternSet::matches_head(const TextArena& arena, const Row& row, std::string_view head) const {
  const std::string_view pattern = cut_behind_wildcards(arena.at(row.text)).head;
  return pattern == "*" || matches_pattern(pattern, head);
}

}  // namespace dn::policy
