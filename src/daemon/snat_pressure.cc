#include "daemon/snat_pressure.h"

#include <algorithm>
#include <tuple>

namespace dn::daemon {

void SnatPressure::add(const netfilter::ConntrackEntry& entry) {
  const bool translated = entry.reply.destination != entry.original.source ||
                          entry.reply.destination_port != entry.original.source_port;
  if (!translated) return;
  const std::uint64_t key = std::uint64_t{entry.server().value} << 16U | entry.server_port();
  const auto found = ports_.find(key);
  if (found != ports_.end()) {
    ++found->second;
  } else if (ports_.size() < kDestinationsMax) {
    ports_.emplace(key, 1);
  }
}

std::string to_text(const SnatDestination& destination) {
  return dn::to_text(destination.address) + ":" + std::to_string(destination.port);
}

SnatUse SnatPressure::use() const {
  SnatUse use;
  use.destinations = ports_.size();
  use.top.resize(std::min(kTop, ports_.size()));
  const auto as_row = [](const auto& entry) {
    return SnatDestination{{static_cast<std::uint32_t>(entry.first >> 16U)},
                           static_cast<Port>(entry.first & 0xffffU),
                           entry.second};
  };
  std::vector<SnatDestination> all;
  all.reserve(ports_.size());
  for (const auto& entry : ports_) all.push_back(as_row(entry));
  std::ranges::partial_sort_copy(all, use.top, [](const auto& a, const auto& b) {
    return std::tuple(b.ports, a.address.value, a.port) <
           std::tuple(a.ports, b.address.value, b.port);
  });
  return use;
}

}  // namespace dn::daemon
