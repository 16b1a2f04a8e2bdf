// What the host says: its name, addresses and interfaces, how full its connection table is, and
// what this process takes of it.
//
// All of the network namespace of the calling thread. Numbers that cannot be read are 0: they are
// shown, and nothing is decided by them. Covered by host_facts_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"

namespace dn::daemon {

std::string host_name();
std::vector<Ipv4Address> own_addresses();
// Fails on a name that no interface has.
Result<std::vector<std::uint32_t>> interface_indices(const std::vector<std::string>& names);

struct ConntrackUse {
  std::uint64_t entries = 0, max = 0;
};
ConntrackUse read_conntrack_use();

struct ProcessUse {
  Duration cpu{};
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  std::uint64_t open_descriptors = 0, max_descriptors = 0;
};
ProcessUse read_process_use();

}  // namespace dn::daemon
