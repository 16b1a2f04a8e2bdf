// SnatPressure: how many source ports are in use towards which destination.
//
// All connections to one address and port share the gateway's source ports: the kernel gives each
// one of 64512 (1024 to 65535), and without a free one the connection is dropped. Counted from the
// entries of a conntrack dump that were translated. At most kDestinationsMax destinations are told
// apart; entries of further ones are left out, and the number of destinations stays there.
// Covered by snat_pressure_test.cc.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "netfilter/conntrack.h"

namespace dn::daemon {

inline constexpr std::uint32_t kSnatPortsMax = 65536 - 1024;

struct SnatDestination {
  Ipv4Address address;
  Port port = 0;
  std::uint32_t ports = 0;
  bool operator==(const SnatDestination&) const = default;
};

// "192.0.2.1:443"
std::string to_text(const SnatDestination& destination);

struct SnatUse {
  std::size_t destinations = 0;
  std::vector<SnatDestination> top;  // most ports first
};

class SnatPressure {
 public:
  static constexpr std::size_t kDestinationsMax = 65536;
  static constexpr std::size_t kTop = 10;

  void add(const netfilter::ConntrackEntry& entry);
  SnatUse use() const;

 private:
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> ports_;  // by address and port
};

}  // namespace dn::daemon
