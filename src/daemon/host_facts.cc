#include "daemon/host_facts.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace dn::daemon {
namespace {

constexpr const char* kConntrackCount = "/proc/sys/net/netfilter/nf_conntrack_count";
constexpr const char* kConntrackMax = "/proc/sys/net/netfilter/nf_conntrack_max";

Duration duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::uint64_t first_number(const char* path) {
  std::uint64_t number = 0;
  std::ifstream(path) >> number;
  return number;
}

std::uint64_t entries_of(const char* directory) {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::vector<Ipv4Address> own_addresses() {
  std::vector<Ipv4Address> addresses;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return addresses;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address{};
    std::copy_n(reinterpret_cast<const char*>(at->ifa_addr), sizeof address,
                reinterpret_cast<char*>(&address));
    addresses.push_back({ntohl(address.sin_addr.s_addr)});
  }
  freeifaddrs(list);
  return addresses;
}

Result<std::vector<std::uint32_t>> interface_indices(const std::vector<std::string>& names) {
  std::vector<std::uint32_t> indices;
  for (const auto& name : names) {
    const unsigned index = if_nametoindex(name.c_str());
    if (index == 0) {
      return fail(
          fmt::format("interface \"{}\" does not exist; `ip link` lists those that do", name));
    }
    indices.push_back(index);
  }
  return indices;
}

ConntrackUse read_conntrack_use() {
  return {first_number(kConntrackCount), first_number(kConntrackMax)};
}

ProcessUse read_process_use() {
  ProcessUse use;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    use.cpu = duration_of(used.ru_utime) + duration_of(used.ru_stime);
  }
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::uint64_t all_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> all_pages >> resident_pages;
  use.virtual_bytes = all_pages * page;
  use.resident_bytes = resident_pages * page;
  use.open_descriptors = entries_of("/proc/self/fd");
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) use.max_descriptors = limit.rlim_cur;
  return use;
}

}  // namespace dn::daemon
