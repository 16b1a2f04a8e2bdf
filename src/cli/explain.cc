// First the answer, from the snapshot; then its two forms, for people and as JSON.
#include "cli/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/client_binding.h"
#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/text_table.h"
#include "config/field_text.h"
#include "policy/idna.h"
#include "policy/preferences.h"

namespace dn::cli {
namespace {

using policy::ClientPolicy;
using policy::RuleRef;

std::optional<RuleRef> find_rule(const Flow& flow, const ClientPolicy& client) {
  if (flow.name) return client.match_name(flow.protocol, flow.port, *flow.name);
  return client.match_address(flow.protocol, flow.port, *flow.address);
}

bool matches_elsewhere(const Flow& flow, const ClientPolicy& client) {
  if (flow.name) return client.matches_on_other_port(flow.protocol, flow.port, *flow.name);
  return client.matches_on_other_port(flow.protocol, flow.port, *flow.address);
}

// The reason why the rules refuse the connection; None where `rule` allows it.
Reason refuse(const Flow& flow, const policy::PolicySnapshot& policy,
              std::optional<RuleRef>& rule) {
  if (flow.address && find_special(*flow.address) != nullptr) return Reason::DstSpecial;
  if (!policy.is_known_client(flow.source)) return Reason::ClientUnknown;
  if (flow.protocol == Protocol::Http) return Reason::HttpNotAllowed;
  const ClientPolicy* client = policy.find_client(flow.source);
  rule = find_rule(flow, *client);
  if (rule) return Reason::None;
  return matches_elsewhere(flow, *client) ? Reason::PortNotAllowed : Reason::NotAllowlisted;
}

std::vector<std::string> checks_of(const Flow& flow) {
  std::vector<std::string> checks;
  if (flow.name) {
    checks.push_back(
        fmt::format("its own look-ups of {} give the destination address", flow.name->text()));
  }
  if (flow.protocol == Protocol::Tls) {
    checks.push_back(flow.name ? fmt::format("the TLS handshake is well formed and asks for {}",
                                             flow.name->text())
                               : "the TLS handshake is well formed");
    checks.push_back("client and server agree on TLS 1.2 or newer");
  } else if (flow.protocol == Protocol::Ssh) {
    checks.push_back("client and server speak SSH 2");
  }
  return checks;
}

}  // namespace

Explanation explain_flow(const Flow& flow, const policy::PolicySnapshot& policy, Date today) {
  Explanation answer;
  std::optional<RuleRef> rule;
  answer.reason = refuse(flow, policy, rule);
  if (rule) {
    answer.allowed = true;
    answer.gid = rule->gid;
    answer.addr = rule->addr;
    answer.checks = checks_of(flow);
    return answer;
  }
  const ClientPolicy* client = policy.find_client(flow.source);
  const policy::SeeThru* see_thru = client == nullptr ? nullptr : client->see_thru();
  if (answer.reason != Reason::DstSpecial && see_thru != nullptr && see_thru->until >= today) {
    answer.allowed = true;
    answer.by_see_thru = true;
    answer.gid = see_thru->gid;
    answer.addr = policy::format_date(see_thru->until);
    answer.checks = {"the bytes of the connection are sound; nothing else"};
  }
  return answer;
}

namespace {

// What the configuration says about the source; empty where it says nothing.
using Source = policy::ClientBinding;

std::string destination_of(const Flow& flow) {
  return flow.name ? std::string(flow.name->text()) : to_text(*flow.address);
}

// Ready-made text that would allow the connection; empty where no rule can.
std::vector<std::string> advice_for(const Flow& flow, const Explanation& answer,
                                    const Source& source) {
  std::vector<std::string> lines;
  if (answer.reason == Reason::DstSpecial) {
    lines.push_back("no rule can allow it: the address is special");
    return lines;
  }
  if (answer.reason == Reason::HttpNotAllowed) {
    lines.push_back("no rule can allow plain HTTP: use TLS, or see-thru for a while");
    return lines;
  }
  if (answer.reason == Reason::ClientUnknown) {
    lines.push_back("make the source a client:");
    lines.push_back("  [[client]]");
    lines.push_back(fmt::format("  address = \"{}\"", to_text(flow.source)));
    lines.push_back("  groups = [\"…\"]");
    return lines;
  }
  const std::string gids = source.gids.empty() ? "a group of the client"
                                               : fmt::format("{}", fmt::join(source.gids, " or "));
  lines.push_back(answer.reason == Reason::PortNotAllowed
                      ? fmt::format("a rule names it on another port; add to {}:", gids)
                      : fmt::format("add to {}:", gids));
  lines.push_back("  [[group.egress]]");
  lines.push_back(fmt::format("  description = \"discriminat:{}:{}\"", to_text(flow.protocol),
                              destination_of(flow)));
  lines.push_back(fmt::format("  ports = {}", flow.port));
  return lines;
}

std::string headline(const Explanation& answer) {
  if (answer.by_see_thru) return "allowed by see-thru";
  return answer.allowed ? "allowed" : "refused";
}

void print_people(const Flow& flow, const Explanation& answer, const Source& source, World& world) {
  auto& out = world.out;
  const auto& reason = row_of(answer.reason);
  out << paint(headline(answer), answer.allowed ? Colour::Good : Colour::Bad, world.colour)
      << fmt::format(": {} to {}:{} ({})\n", to_text(flow.source), destination_of(flow), flow.port,
                     to_text(flow.protocol));
  if (!source.where.empty()) {
    out << fmt::format("client: {}, groups {}\n", source.where, fmt::join(source.gids, ", "));
  }
  if (answer.by_see_thru) {
    out << fmt::format("see-thru: {} until {}\n", answer.gid, answer.addr);
  } else if (answer.allowed) {
    out << fmt::format("rule: {}: {}\n", answer.gid, answer.addr);
  }
  if (answer.reason != Reason::None) {
    out << fmt::format("{}: {}: {}\n", answer.allowed ? "without it" : "reason", reason.slug,
                       reason.sentence);
  }
  if (!answer.checks.empty()) out << "at run time the gateway verifies that:\n";
  for (const auto& check : answer.checks) out << "  - " << check << "\n";
  if (answer.reason != Reason::None) {
    for (const auto& line : advice_for(flow, answer, source)) out << line << "\n";
  }
  if (!answer.allowed && flow.address && flow.protocol == Protocol::Tls) {
    out << "a handshake to this address that names a host is judged by that name: ask again with "
           "it\n";
  }
}

void print_json(const Flow& flow, const Explanation& answer, const Source& source, World& world) {
  const auto& reason = row_of(answer.reason);
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  world.out << "{\"allowed\": " << flag(answer.allowed)
            << ", \"by_see_thru\": " << flag(answer.by_see_thru) << ", "
            << json_field("src", to_text(flow.source)) << ", "
            << json_field("dhost", destination_of(flow)) << ", \"dpt\": " << flow.port << ", "
            << json_field("proto", to_text(flow.protocol)) << ", "
            << "\"groups\": " << json_list(source.gids) << ", " << json_field("gid", answer.gid)
            << ", " << json_field("addr", answer.addr) << ", " << json_field("reason", reason.slug)
            << ", " << json_field("sentence", answer.reason == Reason::None ? "" : reason.sentence)
            << ", \"verified_at_run_time\": " << json_list(answer.checks) << ", \"advice\": "
            << json_list(answer.reason == Reason::None ? std::vector<std::string>()
                                                       : advice_for(flow, answer, source))
            << "}\n";
}

// Protocol from the port, port from the protocol, TLS on 443 from nothing.
void fill_protocol_and_port(const ExplainArguments& arguments, Flow& flow) {
  if (arguments.protocol) {
    flow.protocol = *arguments.protocol;
  } else if (arguments.port == Port{22}) {
    flow.protocol = Protocol::Ssh;
  } else if (arguments.port == Port{80}) {
    flow.protocol = Protocol::Http;
  }
  if (arguments.port) {
    flow.port = *arguments.port;
  } else if (flow.protocol == Protocol::Ssh) {
    flow.port = 22;
  } else if (flow.protocol == Protocol::Http) {
    flow.port = 80;
  }
}

std::optional<Flow> read_flow(const ExplainArguments& arguments) {
  Flow flow;
  flow.source = arguments.source;
  fill_protocol_and_port(arguments, flow);
  flow.address = parse_ipv4(arguments.destination);
  if (flow.address) return flow;
  const auto converted = policy::to_a_labels(arguments.destination);
  if (converted) flow.name = DomainName::parse(*converted);
  if (!flow.name) return {};
  return flow;
}

}  // namespace

int run_explain(const ExplainArguments& arguments, World& world) {
  const auto flow = read_flow(arguments);
  if (!flow) {
    world.err << fmt::format("discriminat: --to {}: write a host name or an IPv4 address\n",
                             config::quoted(arguments.destination));
    return kExitCannot;
  }
  auto loaded = load_policy(arguments.config, world);
  if (!loaded) return loaded.error();
  const auto suffixes = load_suffixes(loaded->gateway.public_suffix_list, world);
  const Source* binding = find_binding(loaded->policy.clients, flow->source);
  const Source source = binding == nullptr ? Source() : *binding;
  const auto compiled = policy::compile_policy(loaded->policy, suffixes, world.today);
  const Explanation answer = explain_flow(*flow, *compiled.snapshot, world.today);
  if (arguments.json) {
    print_json(*flow, answer, source, world);
  } else {
    print_people(*flow, answer, source, world);
  }
  return answer.allowed ? kExitGood : kExitNo;
}

}  // namespace dn::cli
