// Ruleset: settings -> the nft script that makes this host a default-deny gateway. Pure.
//
// Theory of operation stands in ruleset.cc beside the rules. Two forms: kernels with the nft queue
// expression get the queue rule in the script; for the others the script ends where the rule
// belongs and queue_rule.h appends it. Covered by ruleset_test.cc (golden text) and, with real
// packets, by tests/netfilter/gate_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace dn::netfilter {

// A port of the gateway itself that clients may reach.
struct LocalService {
  enum class Transport : std::uint8_t { Tcp, Udp };
  Transport transport = Transport::Udp;
  Port port = 0;
};

struct RulesetSettings {
  std::vector<std::string> inside;  // interfaces towards the clients, at least one
  std::string outside;              // the interface towards the Internet, not among `inside`
  std::uint16_t queue_base = 1040;  // first queue number
  std::uint16_t queues = 1;         // at least one; consecutive numbers
  Port health_port = 1042;
  std::vector<LocalService> local_services = {};
  bool allow_private_destinations = false;  // RFC 1918 and 100.64/10 behind the outside interface
  std::uint64_t revision = 0;               // shown by `nft list table ip discriminat`
};

enum class QueueForm : std::uint8_t {
  Native,  // nft's own queue expression, in the script
  Xt,      // the xt NFQUEUE target, appended over netlink
};

inline constexpr std::string_view kTable = "discriminat";
inline constexpr std::string_view kQueueChain = "before_verdict";  // ends with the queue rule

// Refuses what must not be written into a script: error says which value and why.
Result<void> check_settings(const RulesetSettings& settings);

// One atomic transaction: replaces both tables as a whole. The settings must have passed
// check_settings().
std::string format_ruleset(const RulesetSettings& settings, QueueForm form);

}  // namespace dn::netfilter
