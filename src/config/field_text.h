// Fields of the configuration file as text: durations, interface names, ports, servers, paths.
//
// Each parser takes the whole text of one value and answers with the value or with what to write
// instead (the `message` of the error, ready to be a ConfigProblem::fix). Nothing is repaired:
// " 443" is not 443. Covered by field_text_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "config/gateway_settings.h"

namespace dn::config {

// Outside text made printable (base/readable.h) between double quotes, cut after 120 bytes.
std::string quoted(std::string_view text);

// The candidate that `text` is most likely a misspelling of; empty when none is near.
std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates);

// A whole number and one of the units s, m, h, d: "90s", "1h", "90d".
Result<std::chrono::seconds> parse_duration(std::string_view text);
// In the largest unit that divides it: "90d", "1h".
std::string format_duration(std::chrono::seconds duration);

struct PortRange {
  Port from = 0;
  Port to = 65535;
  bool operator==(const PortRange&) const = default;
};
// "443", "8000-8100", "all".
Result<PortRange> parse_ports(std::string_view text);

// A protocol as Security Groups write it: "tcp", "udp", "icmp", "icmpv6", "-1" for all, or a
// number.
Result<std::string> parse_ip_protocol(std::string_view text);

// A Linux interface name out of an alphabet that is safe in firewall rules.
Result<std::string> parse_interface(std::string_view text);

// "udp/53", "tcp/53".
Result<LocalService> parse_local_service(std::string_view text);

// "192.0.2.53" or "192.0.2.53:5353"; an address that can be a server.
Result<DnsUpstream> parse_upstream(std::string_view text);

// "127.0.0.1:1043", "[::1]:1043" (base/listen_address.h), or "".
Result<std::string> parse_listen(std::string_view text);

// The name of a region, as base/arn.h has them.
Result<std::string> parse_region(std::string_view text);
// 12 digits.
Result<std::string> parse_account(std::string_view text);

// "file", "aws".
Result<PolicySource> parse_source(std::string_view text);
// "vpc-" and hexadecimal digits.
Result<std::string> parse_vpc(std::string_view text);
// What may stand behind "DiscrimiNAT_" in the name of a parameter, at most 100 characters; or "".
Result<std::string> parse_deployment_id(std::string_view text);
// The ARN of a role, with its path and name as IAM spells them.
Result<std::string> parse_role(std::string_view text);
// 2..1224 of letters, digits and "_+=,.@:/-".
Result<std::string> parse_external_id(std::string_view text);
// 1..512 of letters, digits and "._-/#".
Result<std::string> parse_log_group(std::string_view text);

// An absolute path without "." and ".." parts.
Result<std::string> parse_path(std::string_view text);

// The address of one client, which is never special (loopback, multicast, …) except private use.
Result<Ipv4Prefix> parse_client_address(std::string_view text);
// A block of clients, under the same condition.
Result<Ipv4Prefix> parse_client_prefix(std::string_view text);

// The id of a group: 1..255 visible ASCII characters without quotes and commas, not starting with
// '%' (which is reserved: "%default").
Result<std::string> parse_gid(std::string_view text);

// The name of this gateway in log lines: 1..255 visible ASCII characters.
Result<std::string> parse_instance(std::string_view text);

}  // namespace dn::config
