// See firewall.h.
#include "netfilter/firewall.h"

#include <fmt/format.h>
#include <linux/netfilter/nf_tables.h>

#include "net/child_process.h"
#include "netfilter/kernel_probe.h"
#include "netfilter/netlink.h"
#include "netfilter/queue_rule.h"

namespace dn::netfilter {
namespace {

Result<void> load_script(const std::string& script) {
  const auto outcome = net::run_child({.arguments = {"nft", "-f", "-"}, .input = script});
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->exit_code == 0) return {};
  return fail(
      fmt::format("nft refused the rules ({}); needed are nftables 1.0.6 and Linux 5.19 "
                  "or newer: {}",
                  outcome->exit_code, outcome->errors.substr(0, 1000)));
}

Result<void> verify_family(const RulesetSettings& settings, IpFamily family) {
  const std::string table = family == IpFamily::Ip ? "ip discriminat" : "ip6 discriminat";
  const auto rules = find_queue_rules(family);
  if (!rules) return tl::unexpected(rules.error());
  if (rules->size() != 1) {
    return fail(fmt::format("table {} has {} queue rules instead of one; restart the gateway",
                            table, rules->size()));
  }
  const QueueRule& rule = rules->front();
  if (rule.fails_open) return fail("the queue rule of table " + table + " fails open");
  if (rule.queue_base != settings.queue_base || rule.queues != settings.queues) {
    return fail(fmt::format("the queue rule of table {} feeds {} queues from {} on, not {} from {}",
                            table, rule.queues, rule.queue_base, settings.queues,
                            settings.queue_base));
  }
  return {};
}

Result<InstallReport> install_closed(const RulesetSettings& settings,
                                     std::optional<QueueForm> form) {
  if (!form) {
    const auto forms = find_queue_forms();
    if (!forms) return tl::unexpected(forms.error());
    form = forms->front();
  }
  InstallReport report{.form = *form, .sysctls = {}};
  if (auto loaded = load_script(format_ruleset(settings, report.form)); !loaded) {
    return tl::unexpected(loaded.error());
  }
  if (report.form == QueueForm::Xt) {
    auto appended = append_xt_queue_rules(settings.queue_base, settings.queues);
    if (!appended) return tl::unexpected(appended.error());
  }
  // After the rules: on modular kernels the conntrack settings exist once a rule uses conntrack.
  auto sysctls = apply_sysctls(gateway_sysctls(settings));
  if (!sysctls) return tl::unexpected(sysctls.error());
  report.sysctls = std::move(*sysctls);
  if (auto verified = verify(settings); !verified) return tl::unexpected(verified.error());
  return report;
}

FirewallCounter parse_counter(ByteSpan attributes) {
  FirewallCounter counter;
  AttributeReader object(attributes);
  for (Attribute part; object.next(part);) {
    if (part.type == NFTA_OBJ_NAME) counter.name = part.text();
    if (part.type != NFTA_OBJ_DATA) continue;
    AttributeReader numbers(part.payload);
    for (Attribute number; numbers.next(number);) {
      if (number.type == NFTA_COUNTER_PACKETS) counter.packets = number.u64();
      if (number.type == NFTA_COUNTER_BYTES) counter.bytes = number.u64();
    }
  }
  return counter;
}

Result<void> read_family(IpFamily family, std::vector<FirewallCounter>& counters) {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  MessageBuffer request;
  nlmsghdr* message = request.begin(message_type(NFNL_SUBSYS_NFTABLES, NFT_MSG_GETOBJ), NLM_F_DUMP,
                                    static_cast<std::uint8_t>(family));
  mnl_attr_put_strz(message, NFTA_OBJ_TABLE, std::string(kTable).c_str());
  mnl_attr_put_u32(message, NFTA_OBJ_TYPE, __builtin_bswap32(NFT_OBJECT_COUNTER));
  const int error = socket->dump(request.bytes(), [&](std::uint16_t, ByteSpan attributes) {
    FirewallCounter counter = parse_counter(attributes);
    if (family == IpFamily::Ip6) counter.name.insert(0, "ip6.");
    counters.push_back(std::move(counter));
  });
  if (error != 0) return fail(std::string("reading the counters: ") + std::strerror(error));
  return {};
}

}  // namespace

Result<InstallReport> install(const RulesetSettings& settings, std::optional<QueueForm> form) {
  if (auto checked = check_settings(settings); !checked) return tl::unexpected(checked.error());
  auto report = install_closed(settings, form);
  if (report) {
    if (auto forwarding = set_forwarding(true); !forwarding)
      report = tl::unexpected(forwarding.error());
  }
  if (report) return report;
  // Also when another gateway of ours was running here: better none than one of unknown rules.
  const auto off = set_forwarding(false);
  return fail(report.error().message +
              (off ? "; forwarding is off"
                   : "; and forwarding could not be switched off: " + off.error().message));
}

Result<void> verify(const RulesetSettings& settings) {
  if (auto ip = verify_family(settings, IpFamily::Ip); !ip) return ip;
  return verify_family(settings, IpFamily::Ip6);
}

Result<void> remove() {
  if (auto off = set_forwarding(false); !off) return off;
  return load_script(
      "table ip discriminat\ndelete table ip discriminat\n"
      "table ip6 discriminat\ndelete table ip6 discriminat\n");
}

Result<std::vector<FirewallCounter>> read_counters() {
  std::vector<FirewallCounter> counters;
  for (const IpFamily family : {IpFamily::Ip, IpFamily::Ip6}) {
    if (auto read = read_family(family, counters); !read) return tl::unexpected(read.error());
  }
  return counters;
}

}  // namespace dn::netfilter
