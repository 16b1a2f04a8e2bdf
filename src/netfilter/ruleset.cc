// See ruleset.h.
//
// Theory of operation. Two base chains in `forward`, and both begin with the rule that waves
// allowed connections on: for them the gateway is a plain NAT router, with or without the daemon.
//
//   before_verdict (mangle, -150)   sorts undecided packets: into the hands of the kernel
//   (PassOnce),
//                                   dropped, or headed for the queue (Q, 0x10, in the packet mark).
//                                   Its last rule is the queue.
//   after_verdict (filter, 0)       carries out the verdict, which replaced the packet mark.
//
// A verdict continues at the next base chain, not at the next rule; hence two. A packet that still
// carries Q in the second one met no queue (rule lost, or not there yet while loading): dropped.
// Never `bypass`: without a listener the kernel drops what it should queue.
//
// Attacks considered, besides those in docs/threat-model.md:
// - A second SYN on the tuple of an allowed connection. Conntrack ignores it, and when the server
//   answers (it reset the first connection, say) goes on with the old entry and the old mark: the
//   new connection would inherit the verdict of the old one. So no SYN is ever waved on by mark:
//   on an allowed entry it makes that one undecided again.
// - A second SYN while a connection is being judged, with another number and a low TTL: it would
//   move what we take for the start of the stream. Only the first one says where that is.
// - ICMP errors quote up to 500 bytes of the sender's choice. Outwards they pass only for
//   connections whose client side was judged good.
// - TCP-MD5 and TCP-AO: the server discards what we would parse. Told at the opening; later the
//   daemon takes no payload from a packet that carries them.
// - Connections without entry (loose pick-up is off): refused with a reset, never adopted.
// - Forged sources. They are told after routing, in the chains that undecided packets pass anyway:
//   a base chain in prerouting would cost every packet of every allowed connection, which is 3% of
//   the throughput of one (docs/performance.md).
//
// Why payload-free packets are told by a list of header sizes: nft cannot subtract, and a
// concatenation with the 4-bit data offset makes `nft list` of 1.0.6 abort. IP options: queued.
//
// Interfaces that are neither inside nor outside are left alone on input (the operator's ssh), as
// is the outside interface; through the gateway nothing goes except inside <-> outside.
#include "netfilter/ruleset.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "base/check.h"
#include "engine/mark.h"

namespace dn::netfilter {
namespace {

// The numbers in the script text are those of engine/mark.h.
using engine::FlowMark;
static_assert(engine::kStateMask == 0xf && engine::kQueuedFlag == 0x10);
static_assert(engine::kPayloadShift == 5);
static_assert(engine::make_mark(FlowMark::Allowed) == 1);
static_assert(engine::make_mark(FlowMark::Refused) == 2);
static_assert(engine::make_mark(FlowMark::ClientGood) == 3);
static_assert(engine::make_mark(FlowMark::Owned) == 4);
static_assert(engine::make_mark(FlowMark::PassOnce) == 5);
static_assert(engine::make_mark(FlowMark::Revoked) == 7);
static_assert(engine::make_mark(FlowMark::Opening) == 8);
static_assert((engine::make_mark(FlowMark::Lost) | engine::kQueuedFlag) == 0x16);

// Naming a table before deleting it makes the script the same for a first load and a reload.
constexpr std::string_view kReplace = R"(
table ip discriminat
delete table ip discriminat
table ip6 discriminat
delete table ip6 discriminat

)";

constexpr std::string_view kCounters = R"(
  counter spoofed_source { }
  counter not_tcp { }
  counter icmp_error { }
  counter tcp_option { }
  counter no_entry { }
  counter bad_syn { }
  counter special_destination { }
  counter wrong_path { }
  counter refused { }
  counter no_queue { }
  counter no_verdict { }
  counter input_refused { }

)";

// Everything up to the queue rule, which ends before_verdict.
constexpr std::string_view kBeforeVerdict = R"(
  # Whatever returns from here carries Q and belongs to the queue. Nothing in here may `accept`
  # without having set the mark of a verdict.
  chain classify {
    iifname $inside fib saddr . iif oif missing counter name spoofed_source drop
    meta mark set 0x10
    meta l4proto != tcp goto not_tcp
    ct state established goto undecided
    ct state invalid goto no_entry
    tcp flags & (syn | ack) == syn goto opening
    counter name no_entry drop
  }

  chain undecided {
    tcp flags & (syn | ack) == syn goto opening
    iifname . oifname != $paths counter name wrong_path drop
    ct mark & 0xf vmap {
      2 : goto refused, 3 : goto awaits_answer, 4 : goto queued, 7 : goto queued
    }
    jump payload_free
    goto queued
  }

  # How a connection without an answer ends belongs into its line.
  chain awaits_answer {
    tcp flags & (fin | rst) == 0x0 jump payload_free
    goto queued
  }

  chain queued {
    meta mark set ct mark | 0x10
  }

  # UDP, other protocols, ICMP: queued only to be logged and answered.
  chain not_tcp {
    ct state related icmp type {
      destination-unreachable, time-exceeded, parameter-problem
    } goto icmp_error
    ct state related counter name icmp_error drop
    iifname $inside limit rate 200/second burst 400 packets return
    counter name not_tcp drop
  }

  chain icmp_error {
    iifname . oifname != $paths counter name wrong_path drop
    iifname $outside meta mark set 5 accept
    ct mark & 0xf { 1, 3, 4 } meta mark set 5 accept
    counter name icmp_error drop
  }

  # Whoever opens a connection like that is told in the log why it never stands.
  chain tcp_option {
    iifname $inside ct state new limit rate 200/second burst 400 packets return
    counter name tcp_option drop
  }

  # TCP without conntrack entry (6: Lost). Beyond the rate that is logged, still a reset: after the
  # loss of all state thousands of clients must learn of it at once.
  chain no_entry {
    iifname != $inside counter name no_entry drop
    tcp flags & rst == rst counter name no_entry drop
    tcp flags & (syn | ack) == 0x0 counter name no_entry drop
    meta mark set 0x16
    limit rate 200/second burst 400 packets return
    counter name no_entry reject with tcp reset
  }

  # A SYN, on a new entry or an old one.
  chain opening {
    iifname != $inside counter name bad_syn drop
    tcp flags & (fin | syn | rst | ack | urg) != syn counter name bad_syn drop
    tcp option md5sig exists goto tcp_option
    tcp option 29 exists goto tcp_option
    ip daddr @special goto special_destination
    oifname != $outside counter name wrong_path drop
    reset tcp option fastopen
    ct mark & 0xf vmap {
      0 : goto first_syn, 1 : goto first_syn, 2 : goto refused, 8 : goto queued
    }
    counter name bad_syn drop
  }

  # From now on Opening (8); the mark keeps the low 27 bits of the sequence number.
  chain first_syn {
    ct mark set tcp sequence << 5
    ct mark set ct mark | 0x8
    jump payload_free
    goto queued
  }

  chain special_destination {
    limit rate 200/second burst 400 packets return
    counter name special_destination reject with tcp reset
  }

  chain payload_free {
    ip length > 80 return
    ip hdrlength != 5 return
    tcp doff 8 ip length 52 meta mark set 5 accept
    tcp doff 10 ip length 60 meta mark set 5 accept
    tcp doff 5 ip length 40 meta mark set 5 accept
    tcp doff 11 ip length 64 meta mark set 5 accept
    tcp doff 13 ip length 72 meta mark set 5 accept
    tcp doff 6 ip length 44 meta mark set 5 accept
    tcp doff 7 ip length 48 meta mark set 5 accept
    tcp doff 9 ip length 56 meta mark set 5 accept
    tcp doff 12 ip length 68 meta mark set 5 accept
    tcp doff 14 ip length 76 meta mark set 5 accept
    tcp doff 15 ip length 80 meta mark set 5 accept
  }

  chain refused {
    iifname $inside counter name refused reject with tcp reset
    counter name refused drop
  }

  chain before_verdict {
    type filter hook forward priority mangle; policy accept;
    ct mark & 0xf == 1 tcp flags & (syn | ack) != syn accept
    jump classify
)";

constexpr std::string_view kAfterVerdict = R"(
  chain after_verdict {
    type filter hook forward priority filter; policy drop;
    ct mark & 0xf == 1 accept
    meta l4proto tcp meta mark & 0x1f vmap {
      1 : goto remember, 2 : goto refuse, 3 : goto remember, 4 : goto remember, 5 : accept
    }
    meta mark & 0x10 == 0x10 counter name no_queue drop
    meta mark & 0xf == 2 goto refuse
    ct state related meta l4proto icmp meta mark & 0xf == 5 accept
    counter name no_verdict drop
  }

  chain remember {
    ct mark set meta mark accept
  }

  # On an established connection the daemon has said goodbye itself (alert or 403, then resets).
  chain refuse {
    ct mark set meta mark
    meta l4proto udp iifname $inside counter name refused reject with icmp type port-unreachable
    iifname $inside ct state != established counter name refused reject with tcp reset
    counter name refused drop
  }

  # Packets that the daemon sends in a client's name carry a verdict.
  chain injected {
    type filter hook output priority mangle; policy accept;
    meta l4proto tcp meta mark & 0xf { 1, 2, 3, 4 } ct mark set meta mark
  }

)";

constexpr std::string_view kNat = R"(
  chain outbound {
    type nat hook postrouting priority srcnat; policy accept;
    iifname $inside oifname $outside masquerade fully-random
  }
}

)";

// IPv6 is taken before routing, so that it is logged whether or not this host forwards it. The same
// chain name as in the other table, but no base chain: only packets from inside get there.
constexpr std::string_view kIpv6BeforeVerdict = R"(
table ip6 discriminat {
  counter not_forwarded { }
  counter input_refused { }

  chain before_verdict {
    limit rate over 50/second burst 100 packets counter name not_forwarded drop
    meta mark set 0x10
)";

constexpr std::string_view kIpv6AfterVerdict = R"(
  chain arriving {
    type filter hook prerouting priority mangle; policy accept;
    iifname $inside fib daddr type != { local, anycast, multicast } goto before_verdict
  }

  # Whatever the verdict was: logged is all that IPv6 gets.
  chain after_verdict {
    type filter hook prerouting priority mangle + 10; policy accept;
    iifname $inside fib daddr type != { local, anycast, multicast } counter name not_forwarded drop
  }

  chain forward_nothing {
    type filter hook forward priority filter; policy drop;
    counter name not_forwarded
  }

)";

constexpr std::string_view kIpv6Input = R"(
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, echo-request } accept
)";

// A raw string begins with a line break for the sake of this file; the script does without.
std::string_view text_of(std::string_view raw) {
  return raw.substr(1);
}

std::string quoted_set(const std::vector<std::string>& names) {
  if (names.size() == 1) return fmt::format("\"{}\"", names.front());
  return fmt::format("{{ \"{}\" }}", fmt::join(names, "\", \""));
}

std::string definitions(const RulesetSettings& settings) {
  std::vector<std::string> paths;
  for (const auto& inside : settings.inside) {
    paths.push_back(fmt::format("\"{}\" . \"{}\"", inside, settings.outside));
    paths.push_back(fmt::format("\"{}\" . \"{}\"", settings.outside, inside));
  }
  return fmt::format("define inside = {}\ndefine outside = \"{}\"\ndefine paths = {{ {} }}\n\n",
                     quoted_set(settings.inside), settings.outside, fmt::join(paths, ", "));
}

std::string special_set(bool allow_private) {
  std::string set = "  set special {\n    type ipv4_addr; flags interval; auto-merge\n";
  std::vector<std::string> prefixes;
  for (const auto& special : special_prefixes()) {
    if (!(allow_private && special.private_use)) prefixes.push_back(to_text(special.prefix));
  }
  return set + fmt::format("    elements = {{ {} }}\n  }}\n\n", fmt::join(prefixes, ", "));
}

// The rule that ends before_verdict. For the xt form it is appended afterwards.
std::string queue_rule(const RulesetSettings& settings, QueueForm form) {
  if (form == QueueForm::Xt) return "  }\n\n";
  const unsigned last = settings.queue_base + settings.queues - 1U;
  const std::string numbers = settings.queues == 1
                                  ? fmt::format("{}", settings.queue_base)
                                  : fmt::format("{}-{}", settings.queue_base, last);
  return fmt::format("    meta mark & 0x10 == 0x10 counter queue num {}\n  }}\n\n", numbers);
}

std::string port_rules(const RulesetSettings& settings) {
  std::set<unsigned> tcp{settings.health_port};
  std::set<unsigned> udp;
  for (const auto& service : settings.local_services) {
    (service.transport == LocalService::Transport::Tcp ? tcp : udp).insert(service.port);
  }
  std::string rules = fmt::format("    tcp dport {{ {} }} accept\n", fmt::join(tcp, ", "));
  if (!udp.empty()) rules += fmt::format("    udp dport {{ {} }} accept\n", fmt::join(udp, ", "));
  return rules;
}

std::string input_chain(const RulesetSettings& settings, std::string_view exceptions) {
  return fmt::format(
      "  chain input {{\n    type filter hook input priority filter; policy accept;\n"
      "    iifname != $inside accept\n{}{}    counter name input_refused drop\n  }}\n",
      exceptions, port_rules(settings));
}

bool is_interface_name(std::string_view name) {
  const auto fits = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
         std::ranges::all_of(name, fits);
}

}  // namespace

Result<void> check_settings(const RulesetSettings& settings) {
  if (settings.inside.empty()) return fail("inside: name at least one interface");
  std::vector<std::string> names = settings.inside;
  names.push_back(settings.outside);
  for (const auto& name : names) {
    if (!is_interface_name(name)) {
      return fail(fmt::format(
          "\"{}\": not an interface name; use letters, digits, '_', '-' and '.', at most 15",
          name));
    }
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return fail(fmt::format("\"{}\" is named twice; inside and outside are different", *twice));
  }
  if (settings.queues == 0 || settings.queue_base + settings.queues - 1 > 0xffff) {
    return fail("queues: at least one, and the last queue number is at most 65535");
  }
  return {};
}

std::string format_ruleset(const RulesetSettings& settings, QueueForm form) {
  DN_CHECK(check_settings(settings), "callers check the settings before they format them");
  std::string script = definitions(settings);
  script += text_of(kReplace);
  script +=
      fmt::format("table ip discriminat {{\n  comment \"revision {}\"\n\n", settings.revision);
  script += text_of(kCounters);
  script += special_set(settings.allow_private_destinations);
  script += text_of(kBeforeVerdict);
  script += queue_rule(settings, form);
  script += text_of(kAfterVerdict);
  script +=
      input_chain(settings,
                  "    fib saddr . iif oif missing counter name spoofed_source drop\n"
                  "    ct state established,related accept\n    icmp type echo-request accept\n");
  script += kNat;
  script += text_of(kIpv6BeforeVerdict);
  script += queue_rule(settings, form);
  script += text_of(kIpv6AfterVerdict);
  script += input_chain(settings, text_of(kIpv6Input));
  script += "}\n";
  return script;
}

}  // namespace dn::netfilter
