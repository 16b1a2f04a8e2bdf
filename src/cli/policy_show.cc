// Reads the policy from its source, then prints the view of it in one of two forms.
#include "cli/policy_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/readable.h"
#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/rule_effect.h"
#include "cli/text_table.h"
#include "policy/preferences.h"
#include "review/policy_json.h"
#include "review/policy_view.h"
#include "review/rule_judge.h"

namespace dn::cli {
namespace {

using config::PolicySource;

constexpr const char* kDefaultConfig = "/etc/discriminat/policy.toml";
constexpr std::size_t kClientsShownMax = 8;  // of those with the same groups, in the table's title

// A policy that was read, and where from.
struct ReadPolicy {
  PolicySource source = PolicySource::File;
  std::string file;  // empty: none
  policy::PolicyInput input;
  std::vector<std::string> problems;
  std::string public_suffix_list;
};

struct Shown {
  const ReadPolicy& policy;
  const review::PolicyView& view;
  review::RuleJudge judge;
};

// -- reading ------------------------------------------------------------------------------------

// The cloud needs no file: everything in [aws] has a default.
std::optional<config::LoadedConfig> load_settings(const PolicyShowArguments& arguments,
                                                  ReadPolicy& policy, World& world) {
  policy.file = arguments.config.empty() ? kDefaultConfig : arguments.config;
  std::error_code error;
  if (arguments.source == PolicySource::Aws && arguments.config.empty() &&
      !std::filesystem::exists(policy.file, error)) {
    policy.file.clear();
    config::LoadedConfig defaults;
    defaults.gateway.source = PolicySource::Aws;
    return defaults;
  }
  auto loaded = load_good_config(policy.file, world);
  if (!loaded) return {};
  if (arguments.source == PolicySource::File && loaded->gateway.source == PolicySource::Aws) {
    world.err << fmt::format(
        "discriminat: {}: the file has no policy, for it says source = \"aws\"; leave --source "
        "away\n",
        name_of_input(policy.file));
    return {};
  }
  return loaded;
}

// The exit code when there is no policy.
std::optional<int> read_policy(const PolicyShowArguments& arguments, ReadPolicy& policy,
                               World& world) {
  auto loaded = load_settings(arguments, policy, world);
  if (!loaded) return kExitCannot;
  policy.source = arguments.source.value_or(loaded->gateway.source);
  policy.public_suffix_list = loaded->gateway.public_suffix_list;
  if (policy.source == PolicySource::Aws) {
    auto cloud = take_cloud_policy(loaded->gateway, world);
    if (!cloud) return cloud.error();
    policy.input = std::move(cloud->input);
    policy.problems = std::move(cloud->problems);
    return {};
  }
  policy.input = std::move(loaded->policy);
  for (const auto& problem : loaded->problems) policy.problems.push_back(to_text(problem));
  return {};
}

// -- for people ---------------------------------------------------------------------------------

std::string format_see_thru(const review::SeeThruView& see_thru) {
  const std::string until = policy::format_date(see_thru.until);
  if (!see_thru.in_force) return fmt::format("see-thru of {} ended on {}", see_thru.gid, until);
  return fmt::format("see-thru of {} to the end of {}, {} day{} remaining", see_thru.gid, until,
                     see_thru.days_remaining, see_thru.days_remaining == 1 ? "" : "s");
}

std::string title_of(const review::ClientsView& clients) {
  std::string title = clients.clients.size() == 1 ? "client " : "clients ";
  std::size_t shown = 0;
  for (const auto* client : clients.clients) {
    if (shown == kClientsShownMax) {
      return title + fmt::format(" and {} more", clients.clients.size() - shown);
    }
    title += (shown++ == 0 ? "" : ", ") + review::name_of(*client);
    if (!client->where.empty()) title += " (" + printable(client->where) + ")";
  }
  return title;
}

void add_group(const policy::SecurityGroup& group, const Shown& shown, TextTable& table) {
  bool empty = true;
  for (const auto& rule : group.egress) {
    for (const auto& member : shown.judge.judge(group, rule)) {
      table.add({rule.where, group.gid, member.proto, review::ports_of(rule, member), member.member,
                 effect_of(member)},
                colour_of(member.outcome));
      empty = false;
    }
  }
  if (empty) table.add({group.where, group.gid, "", "", "", "no annotation, allows nothing"});
}

void print_clients(const review::ClientsView& clients, const Shown& shown, World& world) {
  world.out << title_of(clients) << "\n";
  if (clients.gids.empty()) world.out << "  no groups\n";
  if (clients.see_thru) {
    const Colour colour = clients.see_thru->in_force ? Colour::Warning : Colour::Faint;
    world.out << "  " << paint(format_see_thru(*clients.see_thru), colour, world.colour) << "\n";
  }
  TextTable table({"WHERE", "GROUP", "PROTOCOL", "PORTS", "MEMBER", "EFFECT"});
  for (const std::string& gid : clients.gids) {
    const auto group =
        std::ranges::lower_bound(shown.view.groups, gid, {}, &policy::SecurityGroup::gid);
    if (group != shown.view.groups.end() && (*group)->gid == gid) {
      add_group(**group, shown, table);
    }
  }
  if (!table.empty()) table.print(world.out, world.colour);
  world.out << "\n";
}

void print_people(const Shown& shown, const PolicyShowArguments& arguments, World& world) {
  const policy::Preferences& preferences = shown.policy.input.preferences;
  for (const auto& problem : shown.policy.problems) {
    world.out << paint(printable(problem), Colour::Warning, world.colour) << "\n";
  }
  world.out << fmt::format(
      "policy of {}\nwildcard_exposure {}, flow_log_verbosity {}, see_thru {}, x509_crls {}\n\n",
      shown.policy.source == PolicySource::Aws ? "the cloud" : name_of_input(shown.policy.file),
      to_text(preferences.wildcard_exposure), to_text(preferences.flow_log_verbosity),
      preferences.see_thru ? policy::format_date(*preferences.see_thru) : "none",
      to_text(preferences.x509_crls));
  for (const auto& clients : shown.view.clients) print_clients(clients, shown, world);
  if (arguments.client && shown.view.clients.empty()) {
    world.out << to_text(*arguments.client) << " is no client\n";
  }
  const auto& strangers = shown.view.strangers;
  world.out << "addresses that are no client: "
            << (strangers && strangers->in_force ? format_see_thru(*strangers) : "refused") << "\n";
  if (!arguments.client && !shown.view.unused_gids.empty()) {
    world.out << printable(fmt::format("groups that no client has: {}",
                                       fmt::join(shown.view.unused_gids, ", ")),
                           SIZE_MAX)
              << "\n";
  }
}

}  // namespace

int run_policy_show(const PolicyShowArguments& arguments, World& world) {
  ReadPolicy policy;
  if (const auto code = read_policy(arguments, policy, world)) return *code;
  const auto suffixes = load_suffixes(policy.public_suffix_list, world);
  const auto view = review::view_policy(policy.input, suffixes, world.today, arguments.client);
  std::ranges::copy(review::policy_problems(policy.input, suffixes, world.today),
                    std::back_inserter(policy.problems));
  const Shown shown{policy, view, review::RuleJudge(policy.input, suffixes, world.today)};
  if (world.out_is_terminal && !arguments.json) {
    print_people(shown, arguments, world);
  } else {
    review::print_policy_json({.source = policy.source == PolicySource::Aws ? "aws" : "file",
                               .file = policy.file,
                               .input = policy.input,
                               .view = view,
                               .judge = shown.judge,
                               .problems = policy.problems,
                               .today = world.today},
                              world.out);
  }
  return arguments.client && view.clients.empty() ? kExitNo : kExitGood;
}

}  // namespace dn::cli
