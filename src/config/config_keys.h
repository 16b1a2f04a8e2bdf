// The keys of the configuration file, each declared once.
//
// The reader knows a key because it stands here, and the reference part of docs/configuration.md is
// made from this table (config_keys_test.cc compares; DN_UPDATE=1 rewrites). Every default given
// here as text is what an absent key means; a test holds it against GatewaySettings.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dn::config {

enum class Section : std::uint8_t {
  Gateway,
  Dns,
  Api,
  Aws,
  Preferences,
  Group,
  Egress,
  Client,
  Subnet
};

struct SectionRow {
  Section section;
  std::string_view header;  // as it stands in the file
  std::string_view description;
};

inline constexpr std::array kSections = {
    SectionRow{Section::Gateway, "[gateway]", "The gateway itself."},
    SectionRow{Section::Dns, "[dns]",
               "The gateway's own look-ups, which confirm that an address belongs to a name."},
    SectionRow{Section::Api, "[api]",
               "The log endpoint: the CloudWatch Logs API, the console, the metrics."},
    SectionRow{Section::Aws, "[aws]",
               "With `source = \"aws\"`: where the policy is, and what the gateway may do there."},
    SectionRow{Section::Preferences, "[preferences]",
               "What applies to every client. A wrong value here is a warning and its default."},
    SectionRow{Section::Group, "[[group]]", "A group of outbound rules; any number of them."},
    SectionRow{Section::Egress, "[[group.egress]]",
               "An outbound rule of the group above it; any number of them."},
    SectionRow{Section::Client, "[[client]]", "One client address; any number of them."},
    SectionRow{Section::Subnet, "[[subnet]]",
               "A block of client addresses; the longest prefix that holds an address counts."},
};

struct KeyRow {
  Section section;
  std::string_view name;
  std::string_view type;      // for people, with the range
  std::string_view fallback;  // TOML, or a sentence where no TOML says it; empty: required
  std::string_view description;
};

inline constexpr std::array kKeys = {
    KeyRow{
        Section::Gateway, "source", "\"file\" or \"aws\"", "\"file\"",
        "Where groups, clients and preferences come from: this file, or Security Groups, network "
        "interfaces and Parameter Store of Amazon Web Services."},
    KeyRow{Section::Gateway, "inside", "list of interface names", "",
           "Interfaces towards the clients."},
    KeyRow{Section::Gateway, "outside", "interface name", "", "Interface towards the Internet."},
    KeyRow{Section::Gateway, "queues", "integer, 1 to 64", "one for two CPUs, at most 8",
           "Packet loops, each with a kernel queue and a thread of its own."},
    KeyRow{Section::Gateway, "queue_base", "integer, 0 to 65535", "1040",
           "Number of the first kernel queue (NFQUEUE); the others follow it."},
    KeyRow{Section::Gateway, "state_dir", "absolute path", "\"/var/lib/discriminat\"",
           "Directory of the logs, the retained DNS answers and the status file."},
    KeyRow{Section::Gateway, "instance", "text, at most 255 characters", "the host name",
           "Name of this gateway in log lines."},
    KeyRow{Section::Gateway, "health_port", "port", "1042",
           "TCP port of the health check, open to clients."},
    KeyRow{Section::Gateway, "local_services", "list of \"udp/PORT\" or \"tcp/PORT\"",
           "[\"udp/53\", \"tcp/53\", \"udp/67\"]",
           "Ports of the gateway itself that clients may reach besides the health port."},
    KeyRow{Section::Gateway, "revoke_on_rule_removal", "boolean", "true",
           "Whether a live connection ends when the rule that allowed it is gone."},
    KeyRow{Section::Gateway, "require_synchronised_clock", "boolean", "true",
           "Whether see-thru counts as expired while the clock is not synchronised; false trusts "
           "any clock."},
    KeyRow{Section::Gateway, "public_suffix_list", "absolute path, or empty", "\"\"",
           "A newer list in the publicsuffix.org format; empty means the built-in one."},
    KeyRow{Section::Gateway, "x509_ca_file", "absolute path, or empty", "\"\"",
           "PEM file of the certificate authorities that are believed when `x509_crls` is "
           "\"allow\"; empty means the system's."},
    KeyRow{Section::Gateway, "log_segment_bytes", "integer, 65536 to 1099511627776", "67108864",
           "A log segment is closed at this size …"},
    KeyRow{Section::Gateway, "log_segment_age", "duration, 1m to 7d", "\"1h\"",
           "… or at this age, whichever comes first."},
    KeyRow{Section::Gateway, "log_keep_bytes", "integer, twice log_segment_bytes or more",
           "10737418240", "The oldest closed segments are deleted beyond this total size …"},
    KeyRow{Section::Gateway, "log_keep_age", "duration, log_segment_age to 3650d", "\"90d\"",
           "… or beyond this age."},

    KeyRow{Section::Dns, "upstream", "list of \"ADDRESS\" or \"ADDRESS:PORT\", at most 16",
           "the servers of /etc/resolv.conf",
           "DNS servers that the gateway asks. Clients must not be able to answer for them."},
    KeyRow{Section::Dns, "allow_private_answers", "boolean", "false",
           "Whether RFC 1918 and 100.64.0.0/10 addresses in answers count."},
    KeyRow{Section::Dns, "retention", "duration, 1m to 7d", "\"1h\"",
           "How long an address counts after the last answer that held it."},

    KeyRow{Section::Api, "listen", "\"ADDRESS:PORT\", or empty", "\"127.0.0.1:1043\"",
           "Where the endpoint listens, like \"127.0.0.1:1043\" or \"[::1]:1043\"; empty means no "
           "endpoint."},
    KeyRow{Section::Api, "tls_certificate", "absolute path, or empty", "\"\"",
           "Certificate chain in PEM form; with it the endpoint speaks TLS only."},
    KeyRow{Section::Api, "tls_key", "absolute path, or empty", "\"\"",
           "Its private key in PEM form, without password."},
    KeyRow{Section::Api, "credentials_file", "absolute path, or empty", "\"\"",
           "Lines `ACCESS_KEY_ID SECRET`, readable by the owner alone; with it every request must "
           "be signed with one of these keys, and the console asks for one."},
    KeyRow{Section::Api, "region", "name of a region", "\"us-east-1\"", "Region in ARNs."},
    KeyRow{Section::Api, "account", "12 digits", "\"000000000000\"",
           "Account in ARNs and in the Insights field `@log`."},

    KeyRow{Section::Aws, "region", "name of a region, or empty", "\"\"",
           "Region of the clients; empty means the instance's own."},
    KeyRow{Section::Aws, "vpcs", "list of VPC ids", "the VPC of the instance",
           "VPCs whose network interfaces are clients."},
    KeyRow{
        Section::Aws, "deployment_id", "text of letters, digits, \".\", \"-\" and \"_\"",
        "the tag `discriminat` of the instance",
        "Preferences are read from the parameter `DiscrimiNAT_<deployment_id>`; without one, and "
        "with \"%default\" or \"self-manage\", from `DiscrimiNAT`."},
    KeyRow{Section::Aws, "roles", "list of ARNs, at most 20", "[]",
           "Roles that the gateway assumes to read the network interfaces and Security Groups of "
           "further accounts, one for each ([aws-iam.md](aws-iam.md#several-accounts))."},
    KeyRow{Section::Aws, "role_external_id", "text of 2 to 1224 characters, or empty", "\"\"",
           "External id that the trust policies of these roles ask for."},
    KeyRow{Section::Aws, "groups_interval", "duration, 10s to 5m", "\"20s\"",
           "How often groups that clients have are read: one call for 200 of them. Many gateways "
           "of one account may want it longer; an edited rule is taken in that much later."},
    KeyRow{Section::Aws, "ship_logs", "boolean", "true",
           "Whether the log lines are sent to CloudWatch Logs as well."},
    KeyRow{Section::Aws, "log_group", "name of a log group", "\"DiscrimiNAT\"",
           "Group at CloudWatch Logs of the streams `flow`, `config` and `metrics`."},
    KeyRow{
        Section::Aws, "metrics", "boolean", "false",
        "Whether lines of which CloudWatch makes metrics are written, once a minute, and shipped "
        "as the stream `metrics` (metrics.md)."},
    KeyRow{Section::Aws, "disable_source_dest_check", "boolean", "true",
           "Whether the instance lets itself forward what is not addressed to it."},
    KeyRow{Section::Aws, "associate_address", "boolean", "true",
           "Whether an instance without public address takes a free Elastic IP that bears the tag "
           "`discriminat`."},
    KeyRow{Section::Aws, "report_unhealthy", "boolean", "true",
           "Whether the Auto Scaling group is told when the gateway's own tests fail."},

    KeyRow{Section::Preferences, "wildcard_exposure",
           "\"none\", \"prohibit_asterisk\", \"prohibit_public_suffix\" or \"nuclear\"",
           "\"prohibit_public_suffix\"",
           "Which wildcards rules may use: none; only `?`; none below which anybody can register "
           "a name; any."},
    KeyRow{Section::Preferences, "flow_log_verbosity", "\"full\", \"only_disallowed\" or \"none\"",
           "\"full\"", "Which connections the flow log shows. The config log is always written."},
    KeyRow{Section::Preferences, "see_thru", "date, or empty", "\"\"",
           "Until this day, inclusive and in UTC, every client may reach everything; the log says "
           "what its rules would have refused."},
    KeyRow{Section::Preferences, "x509_crls", "\"ignore\" or \"allow\"", "\"ignore\"",
           "Whether clients may fetch, by plaintext HTTP, the revocation lists that are named in "
           "the certificates of the exact names that they may reach (policy.md)."},

    KeyRow{Section::Group, "gid", "text, at most 255 characters", "",
           "Name of the group, in clients and in the logs."},
    KeyRow{Section::Group, "egress", "list of outbound rules", "[]",
           "Written as [[group.egress]] sections below the group."},

    KeyRow{Section::Egress, "description", "text", "",
           "The annotation: `discriminat:tls:…`, `discriminat:ssh:…` or `discriminat:see-thru:…`. "
           "Any other text is a remark without effect."},
    KeyRow{Section::Egress, "protocol", "\"tcp\", \"-1\" or another protocol", "\"tcp\"",
           "Protocol of the rule as Security Groups write it; \"-1\" is all protocols and ports. "
           "Annotations have an effect in these two only."},
    KeyRow{Section::Egress, "ports", "port, \"FROM-TO\" or \"all\"", "\"all\"",
           "Destination ports to which the annotation applies."},

    KeyRow{Section::Client, "address", "IPv4 address", "", "Source address of the client."},
    KeyRow{Section::Client, "groups", "list of gids", "",
           "Groups whose rules the client has; it may do what any of them allows."},

    KeyRow{Section::Subnet, "prefix", "IPv4 block", "", "Source addresses of the clients."},
    KeyRow{Section::Subnet, "groups", "list of gids", "",
           "Groups whose rules each of these clients has."},
};

static_assert(
    [] {
      for (const auto& row : kKeys) {
        if (row.name.empty() || row.type.empty() || row.description.empty()) return false;
      }
      return true;
    }(),
    "every key has a type and a description");

// The reference part of docs/configuration.md.
std::string format_key_reference();

}  // namespace dn::config
