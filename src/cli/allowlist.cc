#include "cli/allowlist.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cli/allowlist_output.h"
#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/log_reading.h"
#include "config/config_problem.h"
#include "policy/policy_snapshot.h"
#include "review/allowlist.h"
#include "review/allowlist_forms.h"
#include "review/allowlist_picture.h"
#include "review/allowlist_policy.h"
#include "review/flow_pattern.h"

namespace dn::cli {
namespace {

constexpr auto kSince = std::chrono::days(30);

// Tells what is wrong with a policy; false where that makes it useless. An odd rule of a cloud's
// document costs its neighbours nothing.
bool is_useful(const Document& document, World& world) {
  for (const auto& problem : document.problems) world.err << to_text(problem) << "\n";
  return document.from_cloud || !config::has_errors(document.problems);
}

// What the TCP rules of the group lead to already.
review::UsedDestinations used_by(const Document& document, const std::string& gid) {
  review::UsedDestinations used;
  for (const auto& [group, port, block] : document.destinations) {
    if (group == gid) used.emplace(port, block);
  }
  return used;
}

review::AllowlistPolicy read_policy(const Document& document, const std::string& into,
                                    const policy::PublicSuffixes& suffixes, Date today) {
  std::shared_ptr<const policy::PolicySnapshot> by_client;
  if (!document.from_cloud) {
    by_client = policy::compile_policy(document.policy, suffixes, today).snapshot;
  }
  return {std::move(by_client), document.policy, into, used_by(document, into), suffixes, today};
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
  std::optional<review::AllowlistPolicy> policy;
  if (given) policy = read_policy(*given, arguments.into, suffixes, world.today);
  const auto client = open_place(arguments.source.place, settings.state_dir, world);
  if (client == nullptr) return kExitCannot;
  world.watch_interrupts();
  review::AllowlistPicture picture(arguments.gid);
  const EventQuestion question{.group = arguments.source.group,
                               .stream = "flow",
                               .pattern = review::allowlist_pattern(arguments.gid),
                               .from = span->from,
                               .to = span->to};
  const auto done = read_events(*client, question, world, [&](const ReadEvent& event) {
    const auto line = review::parse_flow_line(event.message);
    if (line) picture.add(event.timestamp, *line);
  });
  if (!done) return report_logs_error(done.error(), world);
  if (!*done) return kExitInterrupted;
  const review::Allowlist list = review::make_allowlist(
      arguments.gid, arguments.into, picture, policy ? &*policy : nullptr, suffixes, world.today);
  switch (arguments.format) {
    case AllowlistArguments::Format::Terraform:
      review::print_allowlist_terraform(list, world.out);
      break;
    case AllowlistArguments::Format::Json: review::print_allowlist_json(list, world.out); break;
    case AllowlistArguments::Format::Rule: print_allowlist_text(list, world.out, world.colour);
  }
  return kExitGood;
}

}  // namespace dn::cli
