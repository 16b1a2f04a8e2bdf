#include "policy/findings.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "policy/findings_store.h"
#include "policy/pattern.h"
#include "policy/preferences.h"

namespace dn::policy {
namespace {

using Store = Findings::Store;

auto identity(const Finding& f) {
  return std::tie(f.category, f.outcome, f.client, f.gid, f.addr, f.proto, f.thru_date, f.http_path,
                  f.reason);
}

struct ByIdentity {
  bool operator()(const Finding* a, const Finding* b) const { return identity(*a) < identity(*b); }
};

std::vector<const Finding*> sort_problems(const Store& store) {
  std::vector<const Finding*> sorted;
  for (const Finding& problem : store.problems) sorted.push_back(&problem);
  std::sort(sorted.begin(), sorted.end(), ByIdentity{});
  return sorted;
}

template <class Fact>
bool holds(const std::vector<Fact>& sorted, const Fact& fact) {
  return std::binary_search(sorted.begin(), sorted.end(), fact);
}

Finding write_out(const Store& store, Store::MemberFact fact) {
  const auto key = static_cast<RuleKey>(fact >> 32U);
  Finding finding;
  finding.gid = store.rules->gid(group_of(key));
  finding.addr = store.rules->text(static_cast<TextOffset>(fact));
  finding.proto = to_text(protocol_of(key));
  finding.category =
      has_wildcard(finding.addr) ? Finding::Category::WildcardAddr : Finding::Category::Addr;
  return finding;
}

Finding write_out(const Store&, const Store::SeeThruFact& fact) {
  Finding finding;
  finding.category = Finding::Category::SeeThru;
  finding.gid = fact.gid;
  finding.thru_date = format_date(fact.until);
  return finding;
}

Finding write_out(const Store&, const Store::CrlFact& fact) {
  Finding finding;
  finding.gid = fact.gid;
  finding.addr = fact.addr;
  finding.proto = to_text(Protocol::Http);
  finding.http_path = fact.path;
  return finding;
}

Finding write_out(const Store&, const Store::ClientFact& fact) {
  Finding finding;
  finding.category = Finding::Category::Client;
  finding.client = fact.prefix;
  finding.gid = fact.gid;
  return finding;
}

// The same member in another policy, where groups and texts have other numbers.
bool holds_member(const Store& store, const Store& other, Store::MemberFact fact) {
  if (!store.rules) return false;  // nothing was ever compiled
  const auto key = static_cast<RuleKey>(fact >> 32U);
  const auto gids = store.rules->gids();
  const std::string_view gid = other.rules->gid(group_of(key));
  const auto found = std::lower_bound(gids.begin(), gids.end(), gid);
  if (found == gids.end() || *found != gid) return false;
  const auto group = static_cast<GroupIndex>(found - gids.begin());
  const Postings postings = store.rules->find(other.rules->text(static_cast<TextOffset>(fact)));
  const RuleKey wanted = make_key(group, protocol_of(key));
  return std::any_of(postings.begin(), postings.end(),
                     [&](const Posting& posting) { return posting.key == wanted; });
}

// Adds what `after` has and `before` lacks.
void add_missing(const Store& before, const Store& after, bool removed,
                 std::vector<Finding>& changes) {
  const auto add = [&](Finding finding) {
    if (removed) finding.outcome = Finding::Outcome::Removed;
    changes.push_back(std::move(finding));
  };
  const auto known = sort_problems(before);
  for (const Finding& problem : after.problems) {
    if (!std::binary_search(known.begin(), known.end(), &problem, ByIdentity{})) add(problem);
  }
  for (const auto fact : after.members) {
    if (!holds_member(before, after, fact)) add(write_out(after, fact));
  }
  for (const auto& fact : after.see_thru) {
    if (!holds(before.see_thru, fact)) add(write_out(after, fact));
  }
  for (const auto& fact : after.crls) {
    if (!holds(before.crls, fact)) add(write_out(after, fact));
  }
  for (const auto& fact : after.clients) {
    if (!holds(before.clients, fact)) add(write_out(after, fact));
  }
}

}  // namespace

bool Finding::operator==(const Finding& other) const {
  return identity(*this) == identity(other);
}

void drop_repeated(std::vector<Finding>& findings) {
  std::set<const Finding*, ByIdentity> seen;
  std::vector<bool> repeated;
  for (const Finding& finding : findings) repeated.push_back(!seen.insert(&finding).second);
  std::size_t at = 0;
  std::erase_if(findings, [&](const Finding&) { return repeated[at++]; });
}

std::string_view to_text(Finding::Category category) {
  switch (category) {
    case Finding::Category::Addr: return "addr";
    case Finding::Category::WildcardAddr: return "wildcard-addr";
    case Finding::Category::Client: return "client";
    case Finding::Category::SeeThru: return "see-thru";
    case Finding::Category::Self: break;
  }
  return "self";
}

std::string_view to_text(Finding::Outcome outcome) {
  switch (outcome) {
    case Finding::Outcome::Accepted: return "accepted";
    case Finding::Outcome::Removed: return "removed";
    case Finding::Outcome::Rejected: return "rejected";
    case Finding::Outcome::Warning: break;
  }
  return "warning";
}

Findings::Findings() : store_(std::make_shared<Store>()) {}
Findings::Findings(std::shared_ptr<const Store> store) : store_(std::move(store)) {}

std::size_t Findings::size() const {
  return store_->problems.size() + store_->members.size() + store_->see_thru.size() +
         store_->crls.size() + store_->clients.size();
}

Finding Findings::operator[](std::size_t at) const {
  const Store& store = *store_;
  if (at < store.problems.size()) return store.problems[at];
  at -= store.problems.size();
  if (at < store.members.size()) return write_out(store, store.members[at]);
  at -= store.members.size();
  if (at < store.see_thru.size()) return write_out(store, store.see_thru[at]);
  at -= store.see_thru.size();
  if (at < store.crls.size()) return write_out(store, store.crls[at]);
  return write_out(store, store.clients.at(at - store.crls.size()));
}

const std::vector<Finding>& Findings::problems() const {
  return store_->problems;
}

std::vector<Finding> diff_findings(const Findings& before, const Findings& after) {
  std::vector<Finding> changes;
  add_missing(*before.store_, *after.store_, false, changes);
  add_missing(*after.store_, *before.store_, true, changes);
  return changes;
}

}  // namespace dn::policy
