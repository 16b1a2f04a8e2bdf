#include "cli/allowlist.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cli/allowlist_output.h"
#include "cli/allowlist_picture.h"
#include "cli/allowlist_policy.h"
#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/log_reading.h"
#include "config/config_problem.h"

namespace dn::cli {
namespace {

constexpr auto kSince = std::chrono::days(30);

// Client lines, and the server lines whose reason is a flaw of the server.
std::string pattern_of(const std::string& gid) {
  const auto text = pattern_text(gid);
  const std::string group = text ? fmt::format("$.see_thru_gid = {} && ", *text) : "";
  return fmt::format(
      "{{ {}$.see_thru_exerted IS TRUE && ($.cat = \"client\" || $.reason = \"*server*\") }}",
      group);
}

// Tells what is wrong with a policy; false where that makes it useless. An odd rule of a cloud's
// document costs its neighbours nothing.
bool is_useful(const Document& document, World& world) {
  for (const auto& problem : document.problems) world.err << to_text(problem) << "\n";
  return document.from_cloud || !config::has_errors(document.problems);
}

std::vector<NameOnPort> names_of(const std::vector<SeenDestination>& seen) {
  std::vector<NameOnPort> names;
  for (const SeenDestination& one : seen) {
    names.push_back({one.port, one.protocol, *one.name});
  }
  return names;
}

Allowlist make_allowlist(const AllowlistArguments& arguments, const AllowlistPicture& picture,
                         const std::optional<AllowlistPolicy>& policy,
                         const policy::PublicSuffixes& suffixes, Date today) {
  Allowlist list;
  list.gid = arguments.gid;
  list.into = arguments.into;
  list.connections = picture.connections();
  list.left_out = picture.left_out();
  list.unknown_clients = picture.unknown_clients();
  list.first = picture.first();
  list.last = picture.last();
  list.today = today;
  for (SeenDestination& seen : picture.destinations()) {
    if (!seen.name) {
      list.apart.push_back(std::move(seen));
    } else if (policy && policy->names(seen)) {
      ++list.existing;
    } else {
      list.names.push_back(std::move(seen));
    }
  }
  const auto names = names_of(list.names);
  list.written = write_rules(names, policy ? policy->used() : UsedDestinations());
  list.wildcards = find_wildcard_hints(names, suffixes);
  list.completeness = picture.completeness();
  return list;
}

}  // namespace

int run_allowlist(const AllowlistArguments& arguments, World& world) {
  const auto span = resolve_span(arguments.span, kSince, world.clock());
  if (!span) return report_logs_error({"", span.error().message}, world);
  std::optional<Document> given;
  if (const std::string& path = arguments.source.config; !path.empty()) {
    given = load_document(path, world);
    if (!given || !is_useful(*given, world)) return kExitCannot;
    if (given->gateway.source == config::PolicySource::Aws) {
      auto input = take_cloud_input(given->gateway, world);
      if (!input) return input.error();
      given->policy = *std::move(input);
    }
  }
  const config::GatewaySettings settings = given ? given->gateway : config::GatewaySettings();
  const auto suffixes = load_suffixes(settings.public_suffix_list, world);
  std::optional<AllowlistPolicy> policy;
  if (given) policy.emplace(*given, arguments.into, suffixes, world.today);
  const auto client = open_place(arguments.source.place, settings.state_dir, world);
  if (client == nullptr) return kExitCannot;
  world.watch_interrupts();
  AllowlistPicture picture(arguments.gid);
  const EventQuestion question{.group = arguments.source.group,
                               .stream = "flow",
                               .pattern = pattern_of(arguments.gid),
                               .from = span->from,
                               .to = span->to};
  const auto done = read_events(*client, question, world, [&](const ReadEvent& event) {
    if (const auto line = parse_flow_line(event.message)) picture.add(event.timestamp, *line);
  });
  if (!done) return report_logs_error(done.error(), world);
  if (!*done) return kExitInterrupted;
  const Allowlist list = make_allowlist(arguments, picture, policy, suffixes, world.today);
  switch (arguments.format) {
    case AllowlistArguments::Format::Terraform: print_allowlist_terraform(list, world.out); break;
    case AllowlistArguments::Format::Json: print_allowlist_json(list, world.out); break;
    case AllowlistArguments::Format::Rule: print_allowlist_text(list, world.out, world.colour);
  }
  return kExitGood;
}

}  // namespace dn::cli
