// Each field's parser checks the whole text against one grammar; see field_text.h.
#include "config/field_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/arn.h"
#include "base/ascii.h"
#include "base/listen_address.h"
#include "base/readable.h"

namespace dn::config {
namespace {

constexpr std::size_t kQuotedBytesMax = 120;
constexpr std::size_t kNearestBytesMax = 64;
constexpr std::size_t kInterfaceBytesMax = 15;  // IFNAMSIZ less the final zero
constexpr std::size_t kPathBytesMax = 1024;
constexpr std::size_t kIdBytesMax = 255;

// Decimal digits only, no sign, no leading zero; nothing beyond `most`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return {};
  if (!std::ranges::all_of(text, is_digit)) return {};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > most) return {};
  return value;
}

std::optional<Port> parse_port(std::string_view text) {
  const auto value = parse_number(text, 65535);
  if (!value) return {};
  return static_cast<Port>(*value);
}

bool is_visible(char c) {
  return c > 0x20 && c < 0x7f;
}

// How many single-character edits lead from one word to the other; swapped neighbours count once.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), older(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    older = before;
    before = row;
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], older[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

// Why no client can live in this block; empty when one can.
std::string_view not_for_clients(Ipv4Prefix prefix) {
  const SpecialPrefix* special = find_special(prefix.base);
  if (special == nullptr || special->private_use || special->prefix.length > prefix.length) {
    return {};
  }
  return special->what;
}

}  // namespace

std::string quoted(std::string_view text) {
  return '"' + printable(text, kQuotedBytesMax) + '"';
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates) {
  if (text.empty() || text.size() > kNearestBytesMax) return {};
  const std::string folded = lowered(text);
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, text.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kNearestBytesMax) continue;
    // Words of very different length are never near; saves the work on large groups.
    const std::size_t gap =
        std::max(candidate.size(), text.size()) - std::min(candidate.size(), text.size());
    if (gap >= best_distance) continue;
    const std::size_t distance = edit_distance(folded, lowered(candidate));
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::string_view kFix =
      R"(write a whole number and a unit, "90s", "30m", "1h" or "90d")";
  if (text.size() < 2) return fail(std::string(kFix));
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return fail(std::string(kFix));
  }
  const auto count = parse_number(text.substr(0, text.size() - 1), 1'000'000'000);
  if (!count) return fail(std::string(kFix));
  return std::chrono::seconds(static_cast<std::int64_t>(*count) * unit);
}

std::string format_duration(std::chrono::seconds duration) {
  const auto count = duration.count();
  if (count != 0 && count % 86400 == 0) return fmt::format("{}d", count / 86400);
  if (count != 0 && count % 3600 == 0) return fmt::format("{}h", count / 3600);
  if (count != 0 && count % 60 == 0) return fmt::format("{}m", count / 60);
  return fmt::format("{}s", count);
}

Result<PortRange> parse_ports(std::string_view text) {
  if (text == "all") return PortRange{};
  if (text.contains(',')) {
    return fail("one rule covers one range; write one [[group.egress]] per port");
  }
  const std::size_t dash = text.find('-');
  const auto from = parse_port(text.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : parse_port(text.substr(dash + 1));
  if (!from || !to) {
    return fail(R"(write a port from 1 to 65535, a range like "8000-8100", or "all")");
  }
  if (*to == 0) return fail(R"(no connection goes to port 0; write "all" for all ports)");
  if (*from > *to) return fail(fmt::format(R"(write the lower port first: "{}-{}")", *to, *from));
  return PortRange{*from, *to};
}

Result<std::string> parse_ip_protocol(std::string_view text) {
  constexpr std::array<std::string_view, 5> kNames = {"tcp", "udp", "icmp", "icmpv6", "-1"};
  if (std::ranges::find(kNames, text) != kNames.end() || parse_number(text, 255)) {
    return std::string(text);
  }
  const std::string folded = lowered(text);
  if (folded == "all" || folded == "any" || text == "*") return fail(R"(write "-1" for all)");
  if (std::ranges::find(kNames, folded) != kNames.end()) {
    return fail(fmt::format("write {}", quoted(folded)));
  }
  return fail(R"(write "tcp", or "-1" for all protocols)");
}

Result<std::string> parse_interface(std::string_view text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
  };
  const bool good = !text.empty() && text.size() <= kInterfaceBytesMax && text != "." &&
                    text != ".." && std::ranges::all_of(text, allowed) && text.front() != '-';
  if (good) return std::string(text);
  return fail(
      "write an interface name as `ip link` shows it: at most 15 letters, digits, '_', '-', '.'");
}

Result<LocalService> parse_local_service(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view transport = text.substr(0, slash);
  const auto port =
      slash == std::string_view::npos ? std::nullopt : parse_port(text.substr(slash + 1));
  if (!port || *port == 0 || (transport != "udp" && transport != "tcp")) {
    return fail(R"(write the transport, a slash and a port: "udp/53" or "tcp/53")");
  }
  return LocalService{
      transport == "udp" ? LocalService::Transport::Udp : LocalService::Transport::Tcp, *port};
}

Result<DnsUpstream> parse_upstream(std::string_view text) {
  constexpr std::string_view kFix =
      R"(write an IPv4 address, with a port if it is not 53: "192.0.2.53" or "192.0.2.53:5353")";
  const std::size_t colon = text.find(':');
  const auto address = parse_ipv4(text.substr(0, colon));
  const auto port = colon == std::string_view::npos ? std::optional<Port>(53)
                                                    : parse_port(text.substr(colon + 1));
  if (!address || !port || *port == 0) return fail(std::string(kFix));
  // A server on the gateway itself (127/8) or in the local network is common; these are not
  // servers.
  const bool impossible = address->value >> 24U == 0 || address->value >> 28U >= 14;
  if (impossible) return fail("write the address of a DNS server; this address cannot be one");
  return DnsUpstream{*address, *port};
}

Result<std::string> parse_path(std::string_view text) {
  const bool control =
      std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  if (!text.starts_with('/') || text.size() > kPathBytesMax || control) {
    return fail("write an absolute path, like \"/var/lib/discriminat\"");
  }
  std::string padded = std::string(text) + '/';
  if (padded.contains("/../") || padded.contains("/./")) {
    return fail("write the path without \".\" and \"..\" parts");
  }
  return std::string(text);
}

Result<Ipv4Prefix> parse_client_address(std::string_view text) {
  const auto address = parse_ipv4(text);
  if (!address) {
    if (parse_ipv4_prefix(text)) {
      return fail(fmt::format("for a block write a [[subnet]] with prefix = {}", quoted(text)));
    }
    return fail("write one IPv4 address, like \"10.0.1.10\"");
  }
  const Ipv4Prefix prefix{*address, 32};
  if (const auto what = not_for_clients(prefix); !what.empty()) {
    return fail(fmt::format("write the address of a client; this one is {}", what));
  }
  return prefix;
}

Result<Ipv4Prefix> parse_client_prefix(std::string_view text) {
  const auto prefix = parse_ipv4_prefix(text);
  if (!prefix) {
    const std::size_t slash = text.find('/');
    const auto address = parse_ipv4(text.substr(0, slash));
    const auto length =
        slash == std::string_view::npos ? std::nullopt : parse_number(text.substr(slash + 1), 32);
    if (address && length) {
      Ipv4Prefix rounded{*address, static_cast<std::uint8_t>(*length)};
      rounded.base.value &= rounded.mask();
      return fail(
          fmt::format("bits beyond the length must be zero: write \"{}\"", to_text(rounded)));
    }
    return fail("write an IPv4 block, like \"10.0.2.0/24\"");
  }
  if (const auto what = not_for_clients(*prefix); !what.empty()) {
    return fail(fmt::format("write a block of clients; this one is {}", what));
  }
  return *prefix;
}

Result<std::string> parse_gid(std::string_view text) {
  const auto allowed = [](char c) { return is_visible(c) && c != '"' && c != ',' && c != '\\'; };
  if (text.empty() || text.size() > kIdBytesMax || !std::ranges::all_of(text, allowed)) {
    return fail("write 1 to 255 visible characters without blanks, commas and quotes: \"sg-web\"");
  }
  if (text.front() == '%') return fail("names that begin with '%' are reserved; write another one");
  return std::string(text);
}

Result<std::string> parse_instance(std::string_view text) {
  if (text.empty() || text.size() > kIdBytesMax || !std::ranges::all_of(text, is_visible)) {
    return fail("write 1 to 255 visible characters without blanks, or leave it out");
  }
  return std::string(text);
}

Result<std::string> parse_listen(std::string_view text) {
  if (text.empty()) return std::string();
  if (const auto listen = parse_listen_address(text); !listen) {
    return fail(listen.error().message + ", or \"\" for none");
  }
  return std::string(text);
}

Result<std::string> parse_region(std::string_view text) {
  if (!is_region(text)) return fail("write the name of a region, like \"eu-west-1\"");
  return std::string(text);
}

Result<PolicySource> parse_source(std::string_view text) {
  if (text == "file") return PolicySource::File;
  if (text == "aws") return PolicySource::Aws;
  return fail("write \"file\" or \"aws\"");
}

Result<std::string> parse_vpc(std::string_view text) {
  constexpr std::string_view kPrefix = "vpc-";
  const std::string_view digits = text.substr(std::min(kPrefix.size(), text.size()));
  const bool good = text.starts_with(kPrefix) && !digits.empty() && digits.size() <= 32 &&
                    std::ranges::all_of(digits, is_hex_digit);
  if (!good) return fail("write the id of a VPC, like \"vpc-0a1b2c3d\"");
  return std::string(text);
}

Result<std::string> parse_deployment_id(std::string_view text) {
  const bool good = text.size() <= 100 && std::ranges::all_of(text, [](char c) {
                      return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
                    });
  if (!good && text != "%default") {
    return fail("write at most 100 letters, digits, \".\", \"-\" and \"_\"");
  }
  return std::string(text);
}

Result<std::string> parse_role(std::string_view text) {
  constexpr std::string_view kRole = "role/";
  constexpr std::string_view kOthers = "_+=,.@-";
  constexpr std::size_t kPathMax = 512, kNameMax = 64;
  const auto arn = parse_arn(text);
  bool good = arn && arn->service == "iam" && arn->region.empty() && parse_account(arn->account) &&
              arn->resource.starts_with(kRole) && std::ranges::all_of(text, is_visible);
  if (good) {
    const std::string_view path = arn->resource.substr(0, arn->resource.rfind('/') + 1);
    const std::string_view name = arn->resource.substr(path.size());
    good = path.size() <= kRole.size() + kPathMax && !name.empty() && name.size() <= kNameMax &&
           std::ranges::all_of(name,
                               [&](char c) { return is_alphanumeric(c) || kOthers.contains(c); });
  }
  if (!good) {
    return fail(
        "write the ARN of a role, like \"arn:aws:iam::111122223333:role/discriminat-read\"");
  }
  return std::string(text);
}

Result<std::string> parse_external_id(std::string_view text) {
  constexpr std::string_view kOthers = "_+=,.@:/-";
  const bool good =
      text.size() >= 2 && text.size() <= 1224 &&
      std::ranges::all_of(text, [&](char c) { return is_alphanumeric(c) || kOthers.contains(c); });
  if (!good) return fail("write 2 to 1224 letters, digits and any of \"_+=,.@:/-\"");
  return std::string(text);
}

Result<std::string> parse_log_group(std::string_view text) {
  constexpr std::string_view kOthers = "._-/#";
  const bool good = !text.empty() && text.size() <= 512 && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kOthers.find(c) != kOthers.npos;
  });
  if (!good) return fail("write the name of a log group, like \"DiscrimiNAT\"");
  return std::string(text);
}

Result<std::string> parse_account(std::string_view text) {
  const bool digits = std::ranges::all_of(text, is_digit);
  if (text.size() != 12 || !digits) return fail("write the 12 digits of an account");
  return std::string(text);
}

}  // namespace dn::config
