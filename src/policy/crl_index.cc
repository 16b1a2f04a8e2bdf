#include "policy/crl_index.h"

#include <algorithm>
#include <tuple>

namespace dn::policy {
namespace {

template <class Value>
void sort_unique(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

CrlIndex::CrlIndex(const std::vector<CrlRule>& rules, std::span<const std::string> gids) {
  for (const CrlRule& rule : rules) uris_.push_back(rule.uri);
  sort_unique(uris_);
  for (const CrlRule& rule : rules) {
    const auto at = std::lower_bound(uris_.begin(), uris_.end(), rule.uri);
    rows_.push_back({.uri = static_cast<std::uint32_t>(at - uris_.begin()),
                     .group = rule.group,
                     .name = rule.name,
                     .grant = make_grant(gids[rule.group], "x509-crl", to_text(rule.uri))});
  }
  const auto place = [](const Row& row) { return std::tuple(row.uri, row.group); };
  std::sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
    return std::tuple(place(a), a.name) < std::tuple(place(b), b.name);
  });
  const auto same = [&](const Row& a, const Row& b) { return place(a) == place(b); };
  rows_.erase(std::unique(rows_.begin(), rows_.end(), same), rows_.end());
  for (std::uint32_t at = 0; at < rows_.size(); ++at) {
    const HttpUri& uri = uris_[rows_[at].uri];
    by_grant_.push_back(at);
    by_site_.emplace_back(lower_bound(uri.host, uri.port, ""), rows_[at].group);
  }
  sort_unique(by_site_);
  std::sort(by_grant_.begin(), by_grant_.end(),
            [&](auto a, auto b) { return rows_[a].grant < rows_[b].grant; });
}

std::uint32_t CrlIndex::lower_bound(const DomainName& host, Port port,
                                    std::string_view path) const {
  const auto wanted = std::tuple(host.text(), port, path);
  const auto before = [&](const HttpUri& uri, const auto& place) {
    return std::tuple(uri.host.text(), uri.port, std::string_view(uri.path)) < place;
  };
  const auto at = std::lower_bound(uris_.begin(), uris_.end(), wanted, before);
  return static_cast<std::uint32_t>(at - uris_.begin());
}

const CrlIndex::Row* CrlIndex::find(std::span<const GroupIndex> groups, const DomainName& host,
                                    Port port, std::string_view path) const {
  const std::uint32_t uri = lower_bound(host, port, path);
  if (uri == uris_.size() || uris_[uri].host != host || uris_[uri].port != port ||
      uris_[uri].path != path) {
    return nullptr;
  }
  for (const GroupIndex group : groups) {
    const auto before = [](const Row& row, const auto& place) {
      return std::tuple(row.uri, row.group) < place;
    };
    const auto at = std::lower_bound(rows_.begin(), rows_.end(), std::tuple(uri, group), before);
    if (at != rows_.end() && at->uri == uri && at->group == group) return &*at;
  }
  return nullptr;
}

bool CrlIndex::has_site(std::span<const GroupIndex> groups, const DomainName& host,
                        Port port) const {
  const std::uint32_t first = lower_bound(host, port, "");
  if (first == uris_.size() || uris_[first].host != host || uris_[first].port != port) return false;
  return std::any_of(groups.begin(), groups.end(), [&](GroupIndex group) {
    return std::binary_search(by_site_.begin(), by_site_.end(), std::pair(first, group));
  });
}

bool CrlIndex::grants(std::span<const GroupIndex> groups, GrantId grant, Port port) const {
  const auto before = [this](std::uint32_t at, GrantId id) { return rows_[at].grant < id; };
  auto at = std::lower_bound(by_grant_.begin(), by_grant_.end(), grant, before);
  for (; at != by_grant_.end() && rows_[*at].grant == grant; ++at) {
    const Row& row = rows_[*at];
    if (uris_[row.uri].port == port &&
        std::binary_search(groups.begin(), groups.end(), row.group)) {
      return true;
    }
  }
  return false;
}

}  // namespace dn::policy
