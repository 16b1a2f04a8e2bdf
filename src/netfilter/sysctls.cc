// See sysctls.h.
#include "netfilter/sysctls.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "net/file_descriptor.h"

namespace dn::netfilter {
namespace {

// The value without its line end; nothing, and errno, when there is no such file.
std::optional<std::string> read_value(const std::string& file) {
  const net::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return {};
  std::array<char, 256> buffer{};
  const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
  if (size < 0) return {};
  std::string value(buffer.data(), static_cast<std::size_t>(size));
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

bool write_value(const std::string& file, const std::string& value) {
  const net::FileDescriptor fd(::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!fd.is_open()) return false;
  return ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

Result<SysctlChange> apply_one(const SysctlSetting& setting, const std::string& file,
                               const std::string& before) {
  // Not written when it is right already: the tree may be read-only in a container.
  if (before != setting.value && !write_value(file, setting.value)) {
    return fail(file + ": cannot be set to " + setting.value + ": " + std::strerror(errno) +
                "; it is " + before);
  }
  const auto after = read_value(file);
  if (!after || *after != setting.value) {
    return fail(file + ": was set to " + setting.value + " but is " + after.value_or("unreadable"));
  }
  return SysctlChange{setting.path, before, *after};
}

}  // namespace

std::vector<SysctlSetting> gateway_sysctls(const RulesetSettings& settings) {
  const std::string conntrack = "net/netfilter/nf_conntrack_";
  const std::string interface = "net/ipv4/conf/";
  std::vector<SysctlSetting> list = {
      // A packet in the middle of an unknown connection never makes an entry.
      {conntrack + "tcp_loose", "0"},
      // The engine judges sequence numbers itself, and holds hellos larger than the window that
      // conntrack has seen; so INVALID means: no entry, bad flags or bad checksum.
      {conntrack + "tcp_be_liberal", "1"},
      {conntrack + "checksum", "1"},
      // Helpers open ports by what they read in a stream. Gone since Linux 6.0.
      {.path = conntrack + "helper", .value = "0", .required = false},
      {interface + "all/accept_source_route", "0"},
  };
  for (const auto& inside : settings.inside) {
    list.push_back({interface + inside + "/accept_source_route", "0"});
    // The rules are strict and count what they drop; strict routing (1) would drop it before them.
    // The larger of this and `all` holds.
    list.push_back({interface + inside + "/rp_filter", "2"});
    // A redirect would point clients past the gateway.
    list.push_back({interface + inside + "/send_redirects", "0"});
  }
  return list;
}

Result<std::vector<SysctlChange>> apply_sysctls(const std::vector<SysctlSetting>& settings,
                                                std::string_view root) {
  std::vector<SysctlChange> changes;
  for (const auto& setting : settings) {
    const std::string file = std::string(root) + "/" + setting.path;
    const auto before = read_value(file);
    if (!before && errno == ENOENT && !setting.required) continue;
    if (!before) return fail(file + ": cannot be read: " + std::strerror(errno));
    const auto change = apply_one(setting, file, *before);
    if (!change) return tl::unexpected(change.error());
    changes.push_back(*change);
  }
  return changes;
}

Result<void> set_forwarding(bool on, std::string_view root) {
  const auto changes =
      apply_sysctls({{.path = std::string(kIpForward), .value = on ? "1" : "0"}}, root);
  if (!changes) return tl::unexpected(changes.error());
  return {};
}

}  // namespace dn::netfilter
