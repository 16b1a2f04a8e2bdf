#include "daemon/revoker.h"

#include <vector>

#include "engine/mark.h"
#include "netfilter/conntrack.h"

namespace dn::daemon {

Result<std::size_t> revoke_ungranted(const policy::PolicySnapshot& policy) {
  using engine::FlowMark;
  std::vector<netfilter::ConntrackEntry> gone;
  const netfilter::MarkFilter allowed{engine::make_mark(FlowMark::Allowed), engine::kStateMask};
  const auto dumped = netfilter::dump_conntrack(allowed, [&](const auto& entry) {
    const policy::ClientPolicy* rules = policy.find_client(entry.client());
    const auto grant = engine::payload_of(entry.mark);
    if (rules == nullptr || !rules->still_grants(grant, entry.server_port())) gone.push_back(entry);
  });
  if (!dumped) return tl::unexpected(dumped.error());
  std::size_t revoked = 0;
  for (const auto& entry : gone) {
    const auto marked = netfilter::revoke_conntrack(entry);
    if (marked && *marked) ++revoked;
  }
  return revoked;
}

Result<SilentConnections::Look> SilentConnections::look() {
  constexpr netfilter::MarkFilter kAll{};
  SnatPressure pressure;
  std::unordered_set<std::uint32_t> now;
  std::vector<netfilter::ConntrackEntry> silent;
  const auto dumped = netfilter::dump_conntrack(kAll, [&](const auto& entry) {
    pressure.add(entry);
    if (engine::state_of(entry.mark) != engine::FlowMark::Opening) return;
    now.insert(entry.id);
    if (seen_.contains(entry.id)) silent.push_back(entry);
  });
  if (!dumped) return tl::unexpected(dumped.error());
  seen_ = std::move(now);
  Look look;
  look.snat = pressure.use();
  for (const auto& entry : silent) {
    const auto gone = netfilter::erase_conntrack(entry);
    if (gone && *gone) ++look.erased;
  }
  return look;
}

}  // namespace dn::daemon
