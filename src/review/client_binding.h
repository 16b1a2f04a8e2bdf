// The binding that counts for a client: of those that hold its address the one of the longest
// prefix, as the compiled policy looks it up (policy/client_table.h). Covered by explain_test.cc
// and replay_test.cc.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/address.h"
#include "policy/policy_input.h"

namespace dn::review {

// A client that stands for each one that has these groups.
inline constexpr Ipv4Address kAnyClient{0x0a000001};
inline policy::ClientBinding any_client(std::vector<std::string> gids) {
  return {.prefix = {kAnyClient, 32}, .gids = std::move(gids), .where = {}};
}

// Null where there is none.
inline const policy::ClientBinding* find_binding(const std::vector<policy::ClientBinding>& clients,
                                                 Ipv4Address address) {
  const policy::ClientBinding* best = nullptr;
  for (const auto& client : clients) {
    if (!client.prefix.contains(address)) continue;
    if (best == nullptr || client.prefix.length > best->prefix.length) best = &client;
  }
  return best;
}

}  // namespace dn::review
