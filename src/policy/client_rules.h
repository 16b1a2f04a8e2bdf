// ClientRules: the ClientPolicy of one set of groups, as a view of the RuleIndex that all share.
//
// It owns nothing but the set and its see-thru rules; revocation lists stand in the CrlIndex. No
// match allocates. Immutable; lives inside the snapshot. Covered by compile_test.cc.
#pragma once

#include <optional>
#include <vector>

#include "policy/crl_index.h"
#include "policy/policy_snapshot.h"
#include "policy/rule_index.h"

namespace dn::policy {

// The latest see-thru rule of a group, or of the preferences.
struct SeeThruRule {
  std::string_view gid;
  Date until;
};

class ClientRules final : public ClientPolicy {
 public:
  // `groups` are sorted and unique; `see_thru` stand in the order of preference for equal dates.
  ClientRules(const RuleIndex& rules, const CrlIndex& crls, std::vector<GroupIndex> groups,
              const std::vector<SeeThruRule>& see_thru);

  std::optional<RuleRef> match_name(Protocol protocol, Port port,
                                    const DomainName& name) const override;
  std::optional<RuleRef> match_address(Protocol protocol, Port port,
                                       Ipv4Address address) const override;
  std::optional<RuleRef> match_crl(const DomainName& host, Port port,
                                   std::string_view path) const override;
  bool has_crls_at(const DomainName& host, Port port) const override;
  bool matches_on_other_port(Protocol protocol, Port port, const DomainName& name) const override;
  bool matches_on_other_port(Protocol protocol, Port port, Ipv4Address address) const override;
  std::vector<DomainName> ssh_names(Port port, std::size_t most) const override;
  const SeeThru* see_thru() const override { return see_thru_ ? &*see_thru_ : nullptr; }
  bool still_grants(GrantId grant, Port port) const override;

 private:
  template <class Wanted>
  const Posting* find_posting(Postings postings, Protocol protocol, Wanted wanted) const;
  const Posting* find_on_port(Postings postings, Protocol protocol, Port port) const;
  const Posting* find_off_port(Postings postings, Protocol protocol, Port port) const;
  RuleRef reference(const Posting& posting) const;

  const RuleIndex* rules_;
  const CrlIndex* crls_;
  std::vector<GroupIndex> groups_;
  std::optional<SeeThru> see_thru_;
  std::vector<GrantId> see_thru_grants_;
};

}  // namespace dn::policy
