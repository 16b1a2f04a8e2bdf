// GatewaySettings: everything the configuration file says about the gateway itself, as plain
// values.
//
// The initial values are the documented defaults; config_keys.h repeats them as text for people,
// and a test holds the two together. Groups, clients and preferences are not here: they are a
// policy::PolicyInput. Lifetime: built by load_config(), copied freely, no invariant beyond what
// each field says. Covered by config_file_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"

namespace dn::config {

// A port of the gateway itself, for example its DNS forwarder on udp/53.
struct LocalService {
  enum class Transport : std::uint8_t { Tcp, Udp };
  Transport transport = Transport::Udp;
  Port port = 0;
  bool operator==(const LocalService&) const = default;
};

// A DNS server that the gateway asks.
struct DnsUpstream {
  Ipv4Address address;
  Port port = 53;
  bool operator==(const DnsUpstream&) const = default;
};

// Where groups, clients and preferences come from.
enum class PolicySource : std::uint8_t { File, Aws };

struct GatewaySettings {
  // -- [gateway] --
  PolicySource source = PolicySource::File;
  // Interfaces towards the clients: at least one, none twice, none of them `outside`. The names are
  // safe to write into a firewall rule: letters, digits, '_', '-' and '.', at most 15 of them.
  std::vector<std::string> inside;
  // The interface towards the Internet; the same alphabet.
  std::string outside;
  // Packet loops; 0 means one for two CPUs, at most 8.
  std::uint16_t queues = 0;
  // The first NFQUEUE number; queue_base + queues - 1 is at most 65535.
  std::uint16_t queue_base = 1040;
  // An absolute path without "..": logs, the DNS ledger, status.json.
  std::string state_dir = "/var/lib/discriminat";
  // Names this gateway in log lines; empty means the host name.
  std::string instance;
  Port health_port = 1042;
  // Ports of the gateway itself that clients may reach besides the health port; none twice.
  std::vector<LocalService> local_services = {{LocalService::Transport::Udp, 53},
                                              {LocalService::Transport::Tcp, 53},
                                              {LocalService::Transport::Udp, 67}};
  // Whether a live connection ends when the rule that allowed it is gone.
  bool revoke_on_rule_removal = true;
  // Whether see-thru counts as expired while the clock is not synchronised; false trusts any clock.
  bool require_synchronised_clock = true;
  // An absolute path of a list in the publicsuffix.org format; empty means the built-in one.
  std::string public_suffix_list;
  // An absolute path of PEM certificates; empty means the system's authorities.
  std::string x509_ca_file;
  std::uint64_t log_segment_bytes = 64ULL << 20U;
  std::chrono::seconds log_segment_age = std::chrono::hours(1);
  std::uint64_t log_keep_bytes = 10ULL << 30U;  // at least twice log_segment_bytes
  std::chrono::seconds log_keep_age = std::chrono::hours(90 * 24);  // at least log_segment_age

  // -- [dns] --
  // Empty means the servers of /etc/resolv.conf; none twice.
  std::vector<DnsUpstream> dns_upstream;
  // Whether RFC 1918 and 100.64/10 addresses in answers count.
  bool dns_allow_private_answers = false;
  std::chrono::seconds dns_retention = std::chrono::hours(1);

  // -- [api] --
  // "ADDRESS:PORT", where ADDRESS is an IPv4 address or "[IPv6 address]"; empty means no endpoint.
  // Not loopback: all three files below are given.
  std::string api_listen = "127.0.0.1:1043";
  // Absolute paths, or empty: both or none.
  std::string api_tls_certificate, api_tls_key;
  std::string api_credentials_file;  // an absolute path, or empty
  std::string api_region = "us-east-1";
  std::string api_account = "000000000000";  // 12 digits

  // -- [aws] --
  std::string aws_region;              // empty: the instance's
  std::vector<std::string> aws_vpcs;   // empty: the instance's
  std::string aws_deployment_id;       // empty: the tag of the instance
  std::vector<std::string> aws_roles;  // ARNs, at most 20, each of another account
  std::string aws_role_external_id;    // empty: none
  std::chrono::seconds aws_groups_interval = std::chrono::seconds(20);
  bool aws_ship_logs = true;
  std::string aws_log_group = "DiscrimiNAT";
  bool aws_metrics = false;  // without effect unless logs are shipped
  bool aws_disable_source_dest_check = true;
  bool aws_associate_address = true;
  bool aws_report_unhealthy = true;

  bool operator==(const GatewaySettings&) const = default;
};

}  // namespace dn::config
