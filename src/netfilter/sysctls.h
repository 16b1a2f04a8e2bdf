// Sysctls: the kernel settings of this network namespace that the gateway's promises rest on.
//
// One table, in the order of writing; forwarding is not in it, because it comes last and by itself
// (firewall.h). Each value is written, read back and reported with what stood there before.
// Covered by sysctls_test.cc on a copy of the tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "netfilter/ruleset.h"

namespace dn::netfilter {

struct SysctlSetting {
  std::string path;  // below /proc/sys, with slashes: interface names may contain dots
  std::string value;
  bool required = true;  // false: kernels without it need no such setting
};

struct SysctlChange {
  std::string path;
  std::string before;
  std::string after;
};

inline constexpr std::string_view kSysctlRoot = "/proc/sys";
inline constexpr std::string_view kIpForward = "net/ipv4/ip_forward";

std::vector<SysctlSetting> gateway_sysctls(const RulesetSettings& settings);

// Error: a value could not be read or written, or did not stick; the text names the file.
Result<std::vector<SysctlChange>> apply_sysctls(const std::vector<SysctlSetting>& settings,
                                                std::string_view root = kSysctlRoot);

Result<void> set_forwarding(bool on, std::string_view root = kSysctlRoot);

}  // namespace dn::netfilter
