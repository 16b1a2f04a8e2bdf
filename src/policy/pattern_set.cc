#include "policy/pattern_set.h"

#include <algorithm>
#include <tuple>

#include "policy/pattern.h"

namespace dn::policy {
namespace {

std::uint32_t hash_bucket(std::string_view tail, std::size_t head_labels) {
  SuffixHash hash;
  for (std::size_t i = tail.size(); i > 0; --i) hash.add_before(tail[i - 1]);
  return SuffixHash::value(hash.state(), static_cast<std::uint32_t>(head_labels));
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
    bucket_table_.add(hash_bucket(draft.cut.tail, draft.head_labels),
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
  const std::uint64_t place = bucket << 1U | (literal.at_end ? 1U : 0U);
  return mix_hash(hash_text(text) ^ place << 32U);
}

std::size_t PatternSet::find_tails(std::string_view name, Tails& tails) {
  SuffixHash hash;
  std::size_t labels = 0;
  tails[0] = {.begin = static_cast<std::uint8_t>(name.size()), .hash = hash.state()};
  for (std::size_t i = name.size(); i > 0; --i) {
    if (name[i - 1] == '.' && labels + 2 < tails.size()) {
      tails[++labels] = {.begin = static_cast<std::uint8_t>(i), .hash = hash.state()};
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
           arena.at(bucket.text).ends_with(text);
  };
  const std::uint32_t hash = SuffixHash::value(tail.hash, static_cast<std::uint32_t>(head_labels));
  const std::uint32_t* found = bucket_table_.find(hash, same);
  return found == nullptr ? nullptr : &buckets_[*found];
}

const PatternSet::Cluster* PatternSet::find_cluster(const TextArena& arena, const Bucket& bucket,
                                                    Literal literal, std::string_view text) const {
  const auto index = static_cast<std::uint32_t>(&bucket - buckets_.data());
  return cluster_table_.find(hash_cluster(index, literal, text), [&](const Cluster& cluster) {
    if (cluster.bucket != index || cluster.literal != literal) return false;
    const std::string_view pattern = arena.at(rows_[cluster.rows_begin].text);
    return literal_of(head_of(pattern, bucket.tail_bytes), literal) == text;
  });
}

bool PatternSet::matches_head(std::string_view pattern, Literal literal, std::string_view head) {
  // Usual: an asterisk besides the literal. Both heads have the same number of labels, so what the
  // asterisk stands for holds no dot.
  if (pattern.size() == literal.bytes + 1U &&
      (literal.at_end ? pattern.front() : pattern.back()) == '*') {
    return true;
  }
  return matches_pattern(pattern, head);
}

}  // namespace dn::policy
