// PolicyInput: what a source of policy (a local file, AWS) knows, as plain values.
//
// No source interprets an annotation; that is compile_policy()'s task. Lifetime: built by one
// thread, moved into the compiler.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/http_uri.h"
#include "base/time.h"

namespace dn::policy {

// One outbound rule of a Security Group. `ip_protocol` as AWS writes it: "tcp", "6", "-1" (all
// protocols, all ports), "udp", …
struct EgressRule {
  std::string description;
  std::string ip_protocol = "tcp";
  Port from_port = 0;
  Port to_port = 65535;
  std::string where;  // for messages: "policy.toml:12" or a rule id; may be empty
};

struct SecurityGroup {
  std::string gid;
  std::vector<EgressRule> egress;
  std::string where;
};

// A client address (/32) or a delegated block, and the groups of its interface.
struct ClientBinding {
  Ipv4Prefix prefix;
  std::vector<std::string> gids;
  std::string where;
};

enum class WildcardExposure : std::uint8_t {
  None,
  ProhibitAsterisk,
  ProhibitPublicSuffix,
  Nuclear
};
enum class FlowLogVerbosity : std::uint8_t { Full, OnlyDisallowed, None };
enum class X509Crls : std::uint8_t { Ignore, Allow };

// The initial values are the documented defaults (docs/configuration.md).
struct Preferences {
  WildcardExposure wildcard_exposure = WildcardExposure::ProhibitPublicSuffix;
  FlowLogVerbosity flow_log_verbosity = FlowLogVerbosity::Full;
  std::optional<Date> see_thru;
  X509Crls x509_crls = X509Crls::Ignore;
  bool operator==(const Preferences&) const = default;
};

// The revocation lists that are named in the certificates of a host.
struct HostCrls {
  std::string name;  // an exact name of a rule, in its compared form
  Port port = 0;     // where it presents the certificates
  std::vector<HttpUri> crls;
};

struct PolicyInput {
  std::vector<SecurityGroup> groups;
  std::vector<ClientBinding> clients;
  Preferences preferences;
  // Content of external lists by ARN. An ARN without an entry has never been read: its members are
  // unknown and the annotation carries a warning.
  std::map<std::string, std::string> lists;
  // Counts only with X509Crls::Allow, and for the groups with a tls rule for that name and port.
  std::vector<HostCrls> crls;
  // The source can look single clients up, so that an unknown one may be found yet; false for a
  // source that tells all it knows at once.
  bool clients_may_be_found = false;
};

}  // namespace dn::policy
