#include "cli/allowlist.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/limits.h"
#include "cli/allowlist_output.h"
#include "cli/allowlist_picture.h"
#include "cli/allowlist_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/log_reading.h"
#include "config/cloud_json.h"
#include "config/field_text.h"

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

struct GivenPolicy {
  std::string text;       // empty: none is given
  std::string state_dir;  // of a configuration file, else the default
  policy::PublicSuffixes suffixes;
};

// The file of --config. Nothing when it cannot be read, which is then on `world.err`.
std::optional<GivenPolicy> read_given(const std::string& path, World& world) {
  std::string text;
  config::GatewaySettings settings;
  if (!path.empty()) {
    auto read = read_input(path, limits::kPolicyFileBytesMax, world);
    if (!read) {
      world.err << "discriminat: " << read.error().message << "\n";
      return {};
    }
    text = *std::move(read);
    if (!config::looks_like_json(text)) settings = config::load_config(text, path).gateway;
  }
  return GivenPolicy{std::move(text), std::move(settings.state_dir),
                     load_suffixes(settings.public_suffix_list, world)};
}

std::vector<NameOnPort> names_of(const std::vector<SeenDestination>& seen) {
  std::vector<NameOnPort> names;
  for (const SeenDestination& one : seen) {
    names.push_back({one.protocol, one.port, *one.name});
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
  const auto given = read_given(arguments.source.config, world);
  if (!given) return kExitCannot;
  std::optional<AllowlistPolicy> policy;
  if (!given->text.empty()) {
    auto read = AllowlistPolicy::read(given->text, config::printable(arguments.source.config),
                                      arguments.into, given->suffixes, world.today);
    if (!read) return report_logs_error({"", read.error().message}, world);
    policy = *std::move(read);
  }
  const auto client = open_place(arguments.source.place, given->state_dir, world);
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
  const Allowlist list = make_allowlist(arguments, picture, policy, given->suffixes, world.today);
  switch (arguments.format) {
    case AllowlistArguments::Format::Terraform: print_allowlist_terraform(list, world.out); break;
    case AllowlistArguments::Format::Json: print_allowlist_json(list, world.out); break;
    case AllowlistArguments::Format::Rule: print_allowlist_text(list, world.out, world.colour);
  }
  return kExitGood;
}

}  // namespace dn::cli
