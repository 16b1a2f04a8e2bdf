#include "policy/rule_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/pattern.h"

namespace dn::policy {

std::span<const std::uint32_t> RuleIndex::find_grant(GrantId grant) const {
  const auto before = [this](std::uint32_t at, GrantId id) { return postings_[at].grant < id; };
  const auto first = std::lower_bound(by_grant_.begin(), by_grant_.end(), grant, before);
  auto last = first;
  while (last != by_grant_.end() && postings_[*last].grant == grant) ++last;
  return {first, last};
}

std::span<const std::uint32_t> RuleIndex::find_ssh(GroupIndex group) const {
  const RuleKey key = make_key(group, Protocol::Ssh);
  const auto before = [this](std::uint32_t at, RuleKey k) { return postings_[at].key < k; };
  const auto first = std::lower_bound(ssh_.begin(), ssh_.end(), key, before);
  return {first, std::lower_bound(first, ssh_.end(), key + 1, before)};
}

RuleIndexBuilder::RuleIndexBuilder(std::vector<std::string> gids) {
  index_.gids_ = std::move(gids);
}

void RuleIndexBuilder::add(RuleKey key, std::string_view member, PortRange ports) {
  const std::uint32_t hash = hash_text(member);
  const auto same = [&](const RuleIndex::Row& row) { return index_.arena_.at(row.text) == member; };
  RuleIndex::Row* row = index_.table_.find(hash, same);
  TextOffset text = 0;
  if (row != nullptr) {
    text = row->text;
  } else {
    text = index_.arena_.add(member);
    index_.table_.add(hash, {.text = text, .first = 0, .count = 0});
  }
  index_.postings_.push_back({.text = text, .key = key, .ports = ports, .grant = 0});
}

RuleIndex RuleIndexBuilder::build() && {
  index_.arena_.shrink();
  sort_postings();
  index_members();
  index_grants();
  return std::move(index_);
}

void RuleIndexBuilder::sort_postings() {
  auto& postings = index_.postings_;
  const auto rank = [](const Posting& p) {
    return std::tuple(p.text, p.key, p.ports.from, p.ports.to);
  };
  const auto before = [&](const Posting& a, const Posting& b) { return rank(a) < rank(b); };
  const auto equal = [&](const Posting& a, const Posting& b) { return rank(a) == rank(b); };
  std::sort(postings.begin(), postings.end(), before);
  postings.erase(std::unique(postings.begin(), postings.end(), equal), postings.end());
  postings.shrink_to_fit();
}

void RuleIndexBuilder::index_members() {
  const auto& postings = index_.postings_;
  std::vector<PatternSet::Row> patterns;
  for (std::size_t first = 0, last = 0; first < postings.size(); first = last) {
    const TextOffset offset = postings[first].text;
    while (last < postings.size() && postings[last].text == offset) ++last;
    const std::string_view text = index_.arena_.at(offset);
    RuleIndex::Row* row = index_.table_.find(
        hash_text(text), [&](const RuleIndex::Row& r) { return r.text == offset; });
    row->first = static_cast<std::uint32_t>(first);
    row->count = static_cast<std::uint32_t>(last - first);
    if (!has_wildcard(text)) continue;
    patterns.push_back(
        {.text = offset, .value = static_cast<std::uint32_t>(index_.members_of_patterns_.size())});
    index_.members_of_patterns_.push_back(*row);
  }
  index_.patterns_ = PatternSet::build(index_.arena_, std::move(patterns));
}

void RuleIndexBuilder::index_grants() {
  auto& postings = index_.postings_;
  for (std::uint32_t at = 0; at < postings.size(); ++at) {
    Posting& posting = postings[at];
    const Protocol protocol = protocol_of(posting.key);
    posting.grant =
        make_grant(index_.gid(group_of(posting.key)), to_text(protocol), index_.text(posting.text));
    index_.by_grant_.push_back(at);
    if (protocol == Protocol::Ssh) index_.ssh_.push_back(at);
  }
  std::sort(index_.by_grant_.begin(), index_.by_grant_.end(),
            [&](auto a, auto b) { return postings[a].grant < postings[b].grant; });
  std::sort(index_.ssh_.begin(), index_.ssh_.end(), [&](auto a, auto b) {
    return std::tuple(postings[a].key, a) < std::tuple(postings[b].key, b);
  });
}

}  // namespace dn::policy
