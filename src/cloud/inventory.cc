#include "cloud/inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "policy/annotation.h"

namespace dn::cloud {
namespace {

// Whether the compiler would say anything about it: an annotation, or the broken attempt at one.
bool is_annotated(const aws::EgressPermission& permission) {
  const auto annotation = policy::parse_annotation(permission.description);
  return !annotation || annotation->has_value();
}

// Lists in one order, so that an answer in another order is no change.
template <class Value>
void sort_unique(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

aws::NetworkInterface in_order(aws::NetworkInterface told) {
  sort_unique(told.group_ids);
  sort_unique(told.addresses);
  sort_unique(told.prefixes);
  return told;
}

aws::SecurityGroup in_order(aws::SecurityGroup told) {
  std::erase_if(told.egress, [](const auto& permission) { return !is_annotated(permission); });
  std::ranges::sort(told.egress, {}, [](const aws::EgressPermission& permission) {
    return std::tie(permission.from_port, permission.to_port, permission.ip_protocol,
                    permission.destination, permission.description);
  });
  return told;
}

policy::SecurityGroup rules_of(const aws::SecurityGroup& told) {
  policy::SecurityGroup group{.gid = told.id, .egress = {}, .where = told.id};
  for (const aws::EgressPermission& permission : told.egress) {
    group.egress.push_back({.description = permission.description,
                            .ip_protocol = permission.ip_protocol,
                            .from_port = permission.from_port,
                            .to_port = permission.to_port,
                            .where = fmt::format("{} to {}", told.id, permission.destination)});
  }
  return group;
}

bool same_binding(const policy::ClientBinding& a, const policy::ClientBinding& b) {
  return a.prefix == b.prefix && a.gids == b.gids && a.where == b.where;
}

std::string place_of(const aws::NetworkInterface& interface) {
  return fmt::format("{} in {}", interface.id, interface.vpc_id);
}

}  // namespace

// -- sights ---------------------------------------------------------------------------------------

void Sightings::see(const std::string& id) {
  sights_[id] = {.sweep = sweep_, .missed_at = {}};
}

std::vector<std::string> Sightings::finish(MonotonicTime now) {
  DN_CHECK(running_, "a sweep begins before it ends");
  running_ = false;
  std::vector<std::string> gone;
  for (auto at = sights_.begin(); at != sights_.end();) {
    Sight& sight = at->second;
    const bool missed = sight.sweep != sweep_;
    const bool missed_before = sight.missed_at.has_value();
    if (missed && missed_before && now - *sight.missed_at >= kAbsenceMin) {
      gone.push_back(at->first);
      at = sights_.erase(at);
      continue;
    }
    if (missed && !missed_before) sight.missed_at = now;
    ++at;
  }
  return gone;
}

bool Sightings::is_missed(const std::string& id) const {
  const auto found = sights_.find(id);
  return found != sights_.end() && found->second.missed_at.has_value();
}

// -- interfaces and groups ------------------------------------------------------------------------

void Inventory::add_interfaces(std::span<const aws::NetworkInterface> interfaces) {
  for (const aws::NetworkInterface& told : interfaces) add_interface(told);
}

void Inventory::count_users(const Interface& interface, bool more) {
  if (interface.is_own) return;
  for (const std::string& id : interface.told.group_ids) {
    std::size_t& users = users_[id];
    users = more ? users + 1 : users - 1;
    if (users == 0) users_.erase(id);
  }
}

void Inventory::add_interface(const aws::NetworkInterface& as_told) {
  aws::NetworkInterface told = in_order(as_told);
  const bool is_new = !interfaces_.contains(told.id);
  if (is_new && interfaces_.size() >= kInterfacesMax) {
    interfaces_left_out_.count(interface_sights_);
    return;
  }
  // A sight after an absence can settle whose an address is.
  if (interface_sights_.is_missed(told.id)) stale_ = true;
  interface_sights_.see(told.id);
  Interface& interface = interfaces_[told.id];
  if (!is_new && interface.told == told) return;
  stale_ = true;
  count_users(interface, false);
  interface.told = std::move(told);
  interface.is_own =
      !settings_.instance_id.empty() && interface.told.instance_id == settings_.instance_id;
  count_users(interface, true);
  std::map<Ipv4Prefix, std::uint64_t> holds;
  const auto hold = [&](Ipv4Prefix prefix) {
    const auto before = interface.holds.find(prefix);
    holds.emplace(prefix, before != interface.holds.end() ? before->second : ++next_sight_);
  };
  for (const Ipv4Address address : interface.told.addresses) hold({address, 32});
  for (const Ipv4Prefix prefix : interface.told.prefixes) hold(prefix);
  interface.holds = std::move(holds);
}

void Inventory::begin_interfaces() {
  interface_sights_.begin();
  interfaces_left_out_.counted = 0;
}

void Inventory::finish_interfaces(MonotonicTime now) {
  for (const std::string& id : interface_sights_.finish(now)) {
    const auto found = interfaces_.find(id);
    count_users(found->second, false);
    interfaces_.erase(found);
  }
  interfaces_left_out_.finish();
  stale_ = true;  // what was missed counts less
}

void Inventory::add_groups(std::span<const aws::SecurityGroup> groups) {
  for (const aws::SecurityGroup& as_told : groups) {
    aws::SecurityGroup told = in_order(as_told);
    const auto found = groups_.find(told.id);
    if (found == groups_.end() && groups_.size() >= kGroupsMax) {
      groups_left_out_.count(group_sights_);
      continue;
    }
    group_sights_.see(told.id);
    if (found != groups_.end() && found->second == told) continue;
    absent_groups_.erase(told.id);
    groups_[told.id] = std::move(told);
    ++groups_revision_;
    stale_ = true;
  }
}

void Inventory::begin_groups() {
  group_sights_.begin();
  groups_left_out_.counted = 0;
}

void Inventory::finish_groups(MonotonicTime now) {
  for (const std::string& id : group_sights_.finish(now)) {
    groups_.erase(id);
    ++groups_revision_;
  }
  groups_left_out_.finish();
  stale_ = true;
}

void Inventory::note_missing_group(const std::string& id) {
  if (groups_.contains(id) || !users_.contains(id)) return;
  stale_ = absent_groups_.insert(id).second || stale_;
}

bool Inventory::knows_group(const std::string& id) const {
  return groups_.contains(id) || absent_groups_.contains(id);
}

std::vector<std::string> Inventory::missing_groups(std::size_t most) const {
  std::vector<std::string> ids;
  for (const auto& [id, users] : users_) {
    if (ids.size() >= most) break;
    if (!knows_group(id)) ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> Inventory::used_groups() const {
  std::vector<std::string> ids;
  for (const auto& [id, users] : users_) ids.push_back(id);
  return ids;
}

// -- whose an address is --------------------------------------------------------------------------

// Per VPC and prefix the interface that was seen with it last for the first time, and one of the
// gateway in any case; sorted by prefix, a block in front of what it holds.
std::vector<Inventory::Claim> Inventory::newest_claims(View& view) const {
  std::vector<Claim> claims;
  for (const auto& [id, interface] : interfaces_) {
    for (const auto& [prefix, since] : interface.holds) {
      if (prefix.length < kBlockLengthMin) {
        view.problems.insert(
            fmt::format("{} of {}: larger than any VPC, so no client", to_text(prefix), id));
        continue;
      }
      claims.push_back({.interface = &interface, .prefix = prefix, .since = since});
    }
  }
  const auto key = [](const Claim& claim) {
    return std::tie(claim.prefix, claim.interface->told.vpc_id);
  };
  std::ranges::sort(claims, [&](const Claim& a, const Claim& b) {
    if (key(a) != key(b)) return key(a) < key(b);
    return std::pair(a.interface->is_own, a.since) > std::pair(b.interface->is_own, b.since);
  });
  const auto older =
      std::ranges::unique(claims, [&](const Claim& a, const Claim& b) { return key(a) == key(b); });
  claims.erase(older.begin(), older.end());
  return claims;
}

bool Inventory::may_stay(const Claim& claim) const {
  const aws::NetworkInterface& told = claim.interface->told;
  const bool own_vpc = !settings_.vpc_id.empty() && told.vpc_id == settings_.vpc_id;
  return own_vpc && !interface_sights_.is_missed(told.id);
}

// Takes out what interfaces of several VPCs have. The claims are sorted, so those that hold the one
// at hand are a stack; a chain of blocks that holds another VPC anywhere is in dispute as a whole.
void Inventory::drop_overlaps(std::vector<Claim>& claims, View& view) const {
  std::vector<bool> disputed(claims.size(), false);
  std::vector<std::size_t> around;
  for (std::size_t at = 0; at < claims.size(); ++at) {
    const Claim& claim = claims[at];
    while (!around.empty() && !claims[around.back()].prefix.contains(claim.prefix.base)) {
      around.pop_back();
    }
    for (const std::size_t outer : around) {
      const aws::NetworkInterface& other = claims[outer].interface->told;
      if (other.vpc_id == claim.interface->told.vpc_id) continue;
      disputed[at] = disputed[outer] = true;
      view.problems.insert(fmt::format(
          "{} ({}) and {} ({}) overlap: a packet does not tell its VPC, so {}; give one of them "
          "another address",
          to_text(claims[outer].prefix), place_of(other), to_text(claim.prefix),
          place_of(claim.interface->told),
          may_stay(claim) || may_stay(claims[outer]) ? "only that in the gateway's own VPC counts"
                                                     : "neither is a client"));
    }
    around.push_back(at);
  }
  std::size_t at = 0;
  std::erase_if(claims, [&](const Claim& claim) { return disputed[at++] && !may_stay(claim); });
}

// What the gateway itself has is nobody's, not even as a part of a block.
void Inventory::bind_all(const std::vector<Claim>& claims, View& view) {
  std::vector<Ipv4Prefix> own;
  for (const Claim& claim : claims) {
    if (claim.interface->is_own) own.push_back(claim.prefix);
  }
  for (const Claim& claim : claims) {
    const bool taken = std::ranges::any_of(own, [&](Ipv4Prefix prefix) {
      return prefix.contains(claim.prefix.base) || claim.prefix.contains(prefix.base);
    });
    if (!taken) bind(claim, view);
  }
}

// A client, once its interface is ready.
void Inventory::bind(const Claim& claim, View& view) {
  Interface& interface = interfaces_.find(claim.interface->told.id)->second;
  const auto& gids = interface.told.group_ids;
  interface.is_ready = interface.is_ready || std::ranges::all_of(gids, [&](const std::string& id) {
                         return knows_group(id);
                       });
  if (!interface.is_ready) return;
  policy::ClientBinding binding{.prefix = claim.prefix, .gids = {}, .where = interface.told.id};
  for (const std::string& id : gids) {
    if (groups_.contains(id)) {
      binding.gids.push_back(id);
    } else if (absent_groups_.contains(id)) {
      view.problems.insert(
          fmt::format("{} has the group {}, which cannot be seen and so allows nothing; see that "
                      "it exists in an account that the gateway may read",
                      interface.told.id, id));
    }
  }
  view.clients.push_back(std::move(binding));
}

void Inventory::refresh() {
  if (!stale_) return;
  stale_ = false;
  std::erase_if(absent_groups_, [&](const std::string& id) { return !users_.contains(id); });
  View view;
  view.groups_revision = groups_revision_;
  std::vector<Claim> claims = newest_claims(view);
  drop_overlaps(claims, view);
  bind_all(claims, view);
  const auto tell_left_out = [&](const LeftOut& left_out, std::size_t most, const char* what) {
    if (left_out.last == 0) return;
    view.problems.insert(
        fmt::format("the cloud tells more than {} {}; the last {} have no effect: give the gateway "
                    "fewer VPCs",
                    most, what, left_out.last));
  };
  tell_left_out(interfaces_left_out_, kInterfacesMax, "interfaces");
  tell_left_out(groups_left_out_, kGroupsMax, "groups");
  view_ = std::move(view);
}

// -- the outcome ----------------------------------------------------------------------------------

bool Inventory::is_client(Ipv4Address address) {
  refresh();
  return std::ranges::any_of(view_.clients, [&](const policy::ClientBinding& client) {
    return client.prefix.contains(address);
  });
}

bool Inventory::changed() {
  refresh();
  return !filled_once_ || view_.groups_revision != filled_.groups_revision ||
         !std::ranges::equal(view_.clients, filled_.clients, same_binding);
}

void Inventory::fill(policy::PolicyInput& input) {
  refresh();
  input.groups.clear();
  for (const auto& [id, group] : groups_) input.groups.push_back(rules_of(group));
  input.clients = view_.clients;
  filled_ = view_;
  filled_once_ = true;
}

std::vector<std::string> Inventory::problems() {
  refresh();
  std::vector<std::string> texts(view_.problems.begin(), view_.problems.end());
  if (texts.size() <= kInventoryProblemsMax) return texts;
  const std::size_t more = texts.size() - kInventoryProblemsMax;
  texts.resize(kInventoryProblemsMax);
  texts.push_back(fmt::format("{} more problems of this kind", more));
  return texts;
}

}  // namespace dn::cloud
