// CrlIndex: which groups may fetch which revocation lists over plaintext HTTP.
//
// A list is named by its URI: host, port and path must be equal, byte for byte in the path. As in
// the RuleIndex, a client brings its set of groups along; a look-up is one binary search for each
// of them. Immutable after its construction; to be read by any number of threads. Covered by
// crl_index_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http_uri.h"
#include "policy/grant.h"
#include "policy/rule_index.h"

namespace dn::policy {

// Those of all groups together; beyond, lists have no effect (compile.cc reports it).
inline constexpr std::size_t kCrlRulesMax = 65'536;

// A group may fetch a list, because it has a tls rule for `name`, whose certificates name the list.
struct CrlRule {
  HttpUri uri;
  GroupIndex group = 0;
  TextOffset name = 0;
};

class CrlIndex {
 public:
  struct Row {
    std::uint32_t uri = 0;  // position in uris()
    GroupIndex group = 0;
    TextOffset name = 0;  // the one that the input names first, where several have the list
    GrantId grant = 0;
  };

  CrlIndex() = default;
  // `gids` are those of the groups.
  CrlIndex(const std::vector<CrlRule>& rules, std::span<const std::string> gids);

  // The row of the first group that has this list; nullptr when none has. `groups` are sorted.
  const Row* find(std::span<const GroupIndex> groups, const DomainName& host, Port port,
                  std::string_view path) const;
  // Whether one of the groups has a list at this host and port.
  bool has_site(std::span<const GroupIndex> groups, const DomainName& host, Port port) const;
  // Whether one of the groups has a list at this port under this grant.
  bool grants(std::span<const GroupIndex> groups, GrantId grant, Port port) const;

  std::span<const HttpUri> uris() const { return uris_; }  // sorted, unique
  std::span<const Row> rows() const { return rows_; }  // sorted by uri and group, unique in both

 private:
  // The position of the first URI at this host and port that is not below `path`.
  std::uint32_t lower_bound(const DomainName& host, Port port, std::string_view path) const;

  std::vector<HttpUri> uris_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> by_grant_;                        // positions in rows_
  std::vector<std::pair<std::uint32_t, GroupIndex>> by_site_;  // the site's first URI; sorted
};

}  // namespace dn::policy
