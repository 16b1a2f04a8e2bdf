#include "policy/client_rules.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace dn::policy {
namespace {

// An address as the index has it, without heap memory.
class AddressText {
 public:
  explicit AddressText(Ipv4Address address) {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
      if (shift < 32) add('.');
      const unsigned byte = address.value >> (shift - 8) & 0xffU;
      if (byte >= 100) add_digit(byte / 100);
      if (byte >= 10) add_digit(byte / 10 % 10);
      add_digit(byte % 10);
    }
  }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  void add(char c) { bytes_[size_++] = c; }
  void add_digit(unsigned digit) { add(static_cast<char>('0' + digit)); }

  std::array<char, 16> bytes_{};
  std::size_t size_ = 0;
};

bool has_rules(Protocol protocol) {
  return protocol == Protocol::Tls || protocol == Protocol::Ssh;
}

}  // namespace

ClientRules::ClientRules(const RuleIndex& rules, const CrlIndex& crls,
                         std::vector<GroupIndex> groups, const std::vector<SeeThruRule>& see_thru)
    : rules_(&rules),
      crls_(&crls),
      groups_(std::move(groups)) {
  for (const SeeThruRule& rule : see_thru) {
    const GrantId grant = make_grant(rule.gid, "see-thru", "");
    see_thru_grants_.push_back(grant);
    if (!see_thru_ || rule.until > see_thru_->until) {
      see_thru_ = SeeThru{.until = rule.until, .gid = rule.gid, .grant = grant};
    }
  }
}

// The first wanted posting of this client's groups. Both lists are sorted; the shorter one is
// walked, the other one searched.
template <class Wanted>
const Posting* ClientRules::find_posting(Postings postings, Protocol protocol,
                                         Wanted wanted) const {
  if (!has_rules(protocol)) return nullptr;
  if (postings.size() <= groups_.size()) {
    for (const Posting& posting : postings) {
      if (protocol_of(posting.key) == protocol && wanted(posting.ports) &&
          std::binary_search(groups_.begin(), groups_.end(), group_of(posting.key))) {
        return &posting;
      }
    }
    return nullptr;
  }
  for (const GroupIndex group : groups_) {
    const RuleKey key = make_key(group, protocol);
    auto posting =
        std::lower_bound(postings.begin(), postings.end(), key,
                         [](const Posting& p, RuleKey wanted_key) { return p.key < wanted_key; });
    for (; posting != postings.end() && posting->key == key; ++posting) {
      if (wanted(posting->ports)) return &*posting;
    }
  }
  return nullptr;
}

const Posting* ClientRules::find_on_port(Postings postings, Protocol protocol, Port port) const {
  return find_posting(postings, protocol, [=](PortRange ports) { return ports.contains(port); });
}

const Posting* ClientRules::find_off_port(Postings postings, Protocol protocol, Port port) const {
  return find_posting(postings, protocol, [=](PortRange ports) { return !ports.contains(port); });
}

RuleRef ClientRules::reference(const Posting& posting) const {
  return {.gid = rules_->gid(group_of(posting.key)),
          .addr = rules_->text(posting.text),
          .grant = posting.grant};
}

std::optional<RuleRef> ClientRules::match_name(Protocol protocol, Port port,
                                               const DomainName& name) const {
  if (const Posting* exact = find_on_port(rules_->find(name.text()), protocol, port)) {
    return reference(*exact);
  }
  const Posting* found = nullptr;
  rules_->match_patterns(name.text(), [&](Postings postings) {
    found = find_on_port(postings, protocol, port);
    return found != nullptr;
  });
  if (found == nullptr) return {};
  return reference(*found);
}

std::optional<RuleRef> ClientRules::match_address(Protocol protocol, Port port,
                                                  Ipv4Address address) const {
  const AddressText text(address);
  const Posting* found = find_on_port(rules_->find(text.text()), protocol, port);
  if (found == nullptr) return {};
  return reference(*found);
}

std::optional<RuleRef> ClientRules::match_crl(const DomainName& host, Port port,
                                              std::string_view path) const {
  const CrlIndex::Row* found = crls_->find(groups_, host, port, path);
  if (found == nullptr) return {};
  return RuleRef{
      .gid = rules_->gid(found->group), .addr = rules_->text(found->name), .grant = found->grant};
}

bool ClientRules::has_crls_at(const DomainName& host, Port port) const {
  return crls_->has_site(groups_, host, port);
}

bool ClientRules::matches_on_other_port(Protocol protocol, Port port,
                                        const DomainName& name) const {
  if (find_off_port(rules_->find(name.text()), protocol, port) != nullptr) return true;
  bool found = false;
  rules_->match_patterns(name.text(), [&](Postings postings) {
    found = find_off_port(postings, protocol, port) != nullptr;
    return found;
  });
  return found;
}

bool ClientRules::matches_on_other_port(Protocol protocol, Port port, Ipv4Address address) const {
  const AddressText text(address);
  return find_off_port(rules_->find(text.text()), protocol, port) != nullptr;
}

std::vector<DomainName> ClientRules::ssh_names(Port port, std::size_t most) const {
  std::vector<DomainName> names;
  for (const GroupIndex group : groups_) {
    for (const std::uint32_t at : rules_->find_ssh(group)) {
      if (names.size() >= most) return names;
      const Posting& posting = rules_->postings()[at];
      if (!posting.ports.contains(port)) continue;
      // Nothing for an address: it is no name.
      const auto name = DomainName::parse(rules_->text(posting.text));
      if (name && std::find(names.begin(), names.end(), *name) == names.end()) {
        names.push_back(*name);
      }
    }
  }
  return names;
}

bool ClientRules::still_grants(GrantId grant, Port port) const {
  if (std::find(see_thru_grants_.begin(), see_thru_grants_.end(), grant) !=
      see_thru_grants_.end()) {
    return true;
  }
  if (crls_->grants(groups_, grant, port)) return true;
  const auto positions = rules_->find_grant(grant);
  return std::any_of(positions.begin(), positions.end(), [&](std::uint32_t at) {
    const Posting& posting = rules_->postings()[at];
    return posting.ports.contains(port) &&
           std::binary_search(groups_.begin(), groups_.end(), group_of(posting.key));
  });
}

}  // namespace dn::policy
