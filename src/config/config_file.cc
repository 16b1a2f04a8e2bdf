// The reader of the configuration file, and the only place that includes toml++.
//
// One Reader walks the parsed tree. Shapes first (which sections and keys there may be), then typed
// values, then the sections, which check what one value alone cannot say.
#include "config/config_file.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <exception>
#include <limits>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/arn.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/readable.h"
#include "config/config_keys.h"
#include "config/field_text.h"
#include "config/toml_guard.h"
#include "policy/preferences.h"

namespace dn::config {
namespace {

using Severity = ConfigProblem::Severity;

constexpr std::array<std::string_view, 8> kRoot = {"gateway",     "dns",   "api",    "aws",
                                                   "preferences", "group", "client", "subnet"};
constexpr std::array<std::string_view, 4> kPolicySections = {"preferences", "group", "client",
                                                             "subnet"};
constexpr std::size_t kUpstreamsMax = 16;
constexpr std::size_t kRolesMax = 20;
constexpr std::size_t kSuggestionsFromMax = 1000;

// A table of the file, the section it is, and how bad mistakes in it are.
struct Scope {
  const toml::table& table;
  Section section;
  Severity severity = Severity::Error;
};

// A problem with its position as numbers, so that the list can be put in the order of the file.
struct PlacedProblem {
  toml::source_position position;
  std::size_t number = 0;  // in the order of finding
  ConfigProblem problem;
};

struct NumberRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

struct DurationRange {
  std::chrono::seconds least{};
  std::chrono::seconds most{};
};

std::string_view header_of(Section section) {
  return kSections[static_cast<std::size_t>(section)].header;
}

std::string_view type_of(Section section, std::string_view key) {
  const auto* row = std::ranges::find_if(
      kKeys, [&](const KeyRow& k) { return k.section == section && k.name == key; });
  return row == kKeys.end() ? std::string_view() : row->type;
}

std::string_view name_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "text";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a number with a point";
    case toml::node_type::boolean: return "a boolean";
    case toml::node_type::date: return "a date";
    case toml::node_type::time: return "a time";
    case toml::node_type::date_time: return "a date with a time";
    case toml::node_type::none: break;
  }
  return "nothing";
}

// Walks the parsed tree once and fills a LoadedConfig. Used by one call of load_config().
class Reader {
 public:
  Reader(std::string_view file_name, LoadedConfig& out) : file_name_(file_name), out_(out) {}

  void read(const toml::table& root);
  void report(toml::source_position position, Severity severity, std::string what, std::string fix);
  void finish();

 private:
  void read_gateway(const Scope& scope);
  void read_logs(const Scope& scope);
  void read_dns(const Scope& scope);
  void read_api(const Scope& scope);
  void read_aws(const Scope& scope);
  void read_roles(const Scope& scope);
  void check_source(const toml::table& root);
  void read_preferences(const Scope& scope);
  void read_see_thru(const Scope& scope);
  void read_group(const Scope& scope);
  void read_egress(const Scope& scope, policy::SecurityGroup& group);
  void read_client(const Scope& scope, std::string_view key,
                   Result<Ipv4Prefix> (*parse)(std::string_view));
  std::vector<std::string> read_gids(const Scope& scope);
  void check_interfaces(const Scope& scope);
  void check_unused_groups();

  void check_root_keys(const toml::table& root);
  void check_keys(const Scope& scope);
  template <class Visit>
  void each_table(const toml::table& parent, std::string_view key, Section section, Visit visit);
  std::optional<Scope> single_table(const toml::table& root, std::string_view key, Section section);

  const toml::node* require(const Scope& scope, std::string_view key);
  template <class T, class Parse>
  bool read_text(const Scope& scope, std::string_view key, Parse parse, T& into);
  template <class T, class Parse>
  void read_list(const Scope& scope, std::string_view key, Parse parse, std::vector<T>& into);
  template <class T>
  void read_number(const Scope& scope, std::string_view key, NumberRange range, T& into);
  void read_bool(const Scope& scope, std::string_view key, bool& into);
  void read_duration(const Scope& scope, std::string_view key, DurationRange range,
                     std::chrono::seconds& into);
  void wrong_type(const Scope& scope, std::string_view key, const toml::node& node,
                  std::string fix = {});
  void wrong_value(const Scope& scope, std::string_view key, const toml::node& node,
                   std::string_view value, std::string fix);

  std::string place(toml::source_position position) const {
    return fmt::format("{}:{}:{}", file_name_, position.line, position.column);
  }

  struct GroupEntry {
    toml::source_position position;
    bool used = false;
  };

  std::string_view file_name_;
  LoadedConfig& out_;
  std::vector<PlacedProblem> problems_;
  std::size_t unlisted_ = 0;
  bool unlisted_error_ = false;
  std::unordered_map<std::string, GroupEntry> groups_;
  std::unordered_map<std::uint64_t, toml::source_position> prefixes_;
};

void Reader::report(toml::source_position position, Severity severity, std::string what,
                    std::string fix) {
  if (problems_.size() >= kProblemsMax) {
    ++unlisted_;
    unlisted_error_ = unlisted_error_ || severity == Severity::Error;
    return;
  }
  problems_.push_back(
      {position, problems_.size(), {place(position), std::move(what), std::move(fix), severity}});
}

void Reader::finish() {
  // Not stable_sort, which clang cannot compile against this standard library without a warning.
  const auto key = [](const PlacedProblem& p) {
    return std::tuple(p.position.line, p.position.column, p.number);
  };
  std::ranges::sort(problems_, {}, key);
  for (auto& placed : problems_) out_.problems.push_back(std::move(placed.problem));
  if (unlisted_ != 0) {
    out_.problems.push_back({std::string(file_name_), fmt::format("{} more problems", unlisted_),
                             "mend the ones above and look again",
                             unlisted_error_ ? Severity::Error : Severity::Warning});
  }
}

// ---- Shapes: which sections and keys there may be
// ------------------------------------------------

void Reader::check_root_keys(const toml::table& root) {
  for (const auto& [key, node] : root) {
    const std::string_view name = key.str();
    if (std::ranges::find(kRoot, name) != kRoot.end()) continue;
    const auto* row = std::ranges::find_if(kKeys, [&](const KeyRow& k) { return k.name == name; });
    std::string fix;
    if (row != kKeys.end()) {
      fix = fmt::format("it belongs below {}", header_of(row->section));
    } else if (const auto near = nearest(name, kRoot); !near.empty()) {
      fix = fmt::format("did you mean {}?", quoted(near));
    } else {
      fix =
          "write one of [gateway], [dns], [api], [aws], [preferences], [[group]], [[client]], "
          "[[subnet]]";
    }
    const std::string_view kind = node.is_value() ? "key" : "section";
    report(key.source().begin, Severity::Error, fmt::format("unknown {} {}", kind, quoted(name)),
           std::move(fix));
  }
}

void Reader::check_keys(const Scope& scope) {
  for (const auto& [key, node] : scope.table) {
    const std::string_view name = key.str();
    if (!type_of(scope.section, name).empty()) continue;
    std::vector<std::string_view> own;
    const KeyRow* elsewhere = nullptr;
    for (const auto& row : kKeys) {
      if (row.section == scope.section) own.push_back(row.name);
      if (row.name == name) elsewhere = &row;
    }
    std::string fix;
    if (std::ranges::find(kRoot, name) != kRoot.end()) {
      fix = "write it as a section of its own";
    } else if (elsewhere != nullptr) {
      fix = fmt::format("it belongs below {}", header_of(elsewhere->section));
    } else if (const auto near = nearest(name, own); !near.empty()) {
      fix = fmt::format("did you mean {}?", quoted(near));
    } else {
      fix = own.size() > 6 ? "docs/configuration.md lists the keys"
                           : fmt::format("the keys here are {}", fmt::join(own, ", "));
    }
    report(key.source().begin, scope.severity,
           fmt::format("unknown key {} in {}", quoted(name), header_of(scope.section)),
           std::move(fix));
  }
}

// Calls `visit` with each table of an array of tables.
template <class Visit>
void Reader::each_table(const toml::table& parent, std::string_view key, Section section,
                        Visit visit) {
  const toml::node* node = parent.get(key);
  if (node == nullptr) return;
  const std::string fix = fmt::format("write each one below its own {}", header_of(section));
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    report(node->source().begin, Severity::Error,
           fmt::format("{} is {}, not a list of sections", quoted(key), name_of(*node)), fix);
    return;
  }
  for (const toml::node& element : *list) {
    if (const toml::table* table = element.as_table()) {
      const Scope scope{*table, section};
      check_keys(scope);
      visit(scope);
    } else {
      report(element.source().begin, Severity::Error,
             fmt::format("an element of {} is {}", quoted(key), name_of(element)), fix);
    }
  }
}

std::optional<Scope> Reader::single_table(const toml::table& root, std::string_view key,
                                          Section section) {
  const toml::node* node = root.get(key);
  if (node == nullptr) return {};
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    report(node->source().begin, Severity::Error,
           fmt::format("{} is {}, not a section", quoted(key), name_of(*node)),
           fmt::format("write {} once, and its keys below it", header_of(section)));
    return {};
  }
  Scope scope{*table, section};
  if (section == Section::Preferences) scope.severity = Severity::Warning;
  check_keys(scope);
  return scope;
}

// ---- Values
// --------------------------------------------------------------------------------------

const toml::node* Reader::require(const Scope& scope, std::string_view key) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) {
    report(scope.table.source().begin, Severity::Error,
           fmt::format("{} lacks {}", header_of(scope.section), quoted(key)),
           fmt::format("write {} = … ({})", key, type_of(scope.section, key)));
  }
  return node;
}

void Reader::wrong_type(const Scope& scope, std::string_view key, const toml::node& node,
                        std::string fix) {
  if (fix.empty()) fix = fmt::format("write {} = … ({})", key, type_of(scope.section, key));
  report(node.source().begin, scope.severity, fmt::format("{} is {}", quoted(key), name_of(node)),
         std::move(fix));
}

void Reader::wrong_value(const Scope& scope, std::string_view key, const toml::node& node,
                         std::string_view value, std::string fix) {
  report(node.source().begin, scope.severity, fmt::format("{} in {}", quoted(value), quoted(key)),
         std::move(fix));
}

// True when the key is there and good.
template <class T, class Parse>
bool Reader::read_text(const Scope& scope, std::string_view key, Parse parse, T& into) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return false;
  const auto* text = node->as_string();
  if (text == nullptr) {
    wrong_type(scope, key, *node);
    return false;
  }
  auto parsed = parse(std::string_view(text->get()));
  if (!parsed) {
    wrong_value(scope, key, *node, text->get(), std::move(parsed.error().message));
    return false;
  }
  into = *std::move(parsed);
  return true;
}

// A key that is there replaces the default; elements that occur twice are errors.
template <class T, class Parse>
void Reader::read_list(const Scope& scope, std::string_view key, Parse parse,
                       std::vector<T>& into) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    const auto* text = node->as_string();
    wrong_type(scope, key, *node,
               text == nullptr ? "" : fmt::format("write {} = [{}]", key, quoted(text->get())));
    return;
  }
  into.clear();
  for (const toml::node& element : *list) {
    const auto* text = element.as_string();
    if (text == nullptr) {
      wrong_type(scope, key, element);
      continue;
    }
    auto parsed = parse(std::string_view(text->get()));
    if (!parsed) {
      wrong_value(scope, key, element, text->get(), std::move(parsed.error().message));
    } else if (std::ranges::find(into, *parsed) != into.end()) {
      wrong_value(scope, key, element, text->get(), "it stands there already; drop it");
    } else {
      into.push_back(*std::move(parsed));
    }
  }
}

template <class T>
void Reader::read_number(const Scope& scope, std::string_view key, NumberRange range, T& into) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return;
  const auto* number = node->as_integer();
  if (number == nullptr) {
    wrong_type(scope, key, *node);
  } else if (number->get() < range.least || number->get() > range.most) {
    wrong_value(scope, key, *node, fmt::format("{}", number->get()),
                fmt::format("write an integer from {} to {}", range.least, range.most));
  } else {
    into = static_cast<T>(number->get());
  }
}

void Reader::read_bool(const Scope& scope, std::string_view key, bool& into) {
  const toml::node* node = scope.table.get(key);
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean()) {
    into = value->get();
  } else {
    wrong_type(scope, key, *node, "write true or false, without quotes");
  }
}

void Reader::read_duration(const Scope& scope, std::string_view key, DurationRange range,
                           std::chrono::seconds& into) {
  const auto parse = [&](std::string_view text) -> Result<std::chrono::seconds> {
    auto duration = parse_duration(text);
    if (duration && (*duration < range.least || *duration > range.most)) {
      return fail(fmt::format("write a duration from {} to {}", format_duration(range.least),
                              format_duration(range.most)));
    }
    return duration;
  };
  const toml::node* node = scope.table.get(key);
  if (const auto* number = node == nullptr ? nullptr : node->as_integer()) {
    wrong_type(scope, key, *node, fmt::format("write the unit too, \"{}s\"", number->get()));
    return;
  }
  read_text(scope, key, parse, into);
}

// ---- Sections
// ------------------------------------------------------------------------------------

void Reader::read(const toml::table& root) {
  check_root_keys(root);
  if (const auto scope = single_table(root, "gateway", Section::Gateway)) {
    read_gateway(*scope);
  } else if (!root.contains("gateway")) {
    report({1, 1}, Severity::Error, "the file has no [gateway]",
           "write [gateway] with inside and outside, the interfaces of the gateway");
  }
  if (const auto scope = single_table(root, "dns", Section::Dns)) read_dns(*scope);
  if (const auto scope = single_table(root, "api", Section::Api)) read_api(*scope);
  if (const auto scope = single_table(root, "aws", Section::Aws)) read_aws(*scope);
  check_source(root);
  if (const auto scope = single_table(root, "preferences", Section::Preferences)) {
    read_preferences(*scope);
  }
  each_table(root, "group", Section::Group, [this](const Scope& scope) { read_group(scope); });
  each_table(root, "client", Section::Client,
             [this](const Scope& scope) { read_client(scope, "address", parse_client_address); });
  each_table(root, "subnet", Section::Subnet,
             [this](const Scope& scope) { read_client(scope, "prefix", parse_client_prefix); });
  check_unused_groups();
}

Result<std::string> path_or_empty(std::string_view text) {
  return text.empty() ? Result<std::string>(std::string()) : parse_path(text);
}

void Reader::read_gateway(const Scope& scope) {
  auto& gateway = out_.gateway;
  read_text(scope, "source", parse_source, gateway.source);
  require(scope, "inside");
  read_list(scope, "inside", parse_interface, gateway.inside);
  require(scope, "outside");
  read_text(scope, "outside", parse_interface, gateway.outside);
  check_interfaces(scope);
  read_number(scope, "queue_base", {0, 65535}, gateway.queue_base);
  read_number(scope, "queues", {1, 64}, gateway.queues);
  if (gateway.queue_base + std::max<int>(gateway.queues, 8) - 1 > 65535) {
    wrong_value(scope, "queue_base", *scope.table.get("queue_base"),
                fmt::format("{}", gateway.queue_base),
                "write a number that leaves room for all queues below 65536");
  }
  read_text(scope, "state_dir", parse_path, gateway.state_dir);
  read_text(scope, "instance", parse_instance, gateway.instance);
  read_number(scope, "health_port", {1, 65535}, gateway.health_port);
  read_list(scope, "local_services", parse_local_service, gateway.local_services);
  read_bool(scope, "revoke_on_rule_removal", gateway.revoke_on_rule_removal);
  read_bool(scope, "require_synchronised_clock", gateway.require_synchronised_clock);
  read_text(scope, "public_suffix_list", path_or_empty, gateway.public_suffix_list);
  read_text(scope, "x509_ca_file", path_or_empty, gateway.x509_ca_file);
  read_logs(scope);
}

void Reader::check_interfaces(const Scope& scope) {
  const auto& gateway = out_.gateway;
  const toml::node* inside = scope.table.get("inside");
  if (inside == nullptr || !inside->is_array()) return;
  if (inside->as_array()->empty()) {
    report(inside->source().begin, Severity::Error, "\"inside\" is an empty list",
           "write the interfaces towards the clients");
  }
  if (std::ranges::find(gateway.inside, gateway.outside) != gateway.inside.end()) {
    wrong_value(scope, "outside", *scope.table.get("outside"), gateway.outside,
                "it is an inside interface too; one interface cannot be both");
  }
}

void Reader::read_logs(const Scope& scope) {
  using std::chrono::hours;
  using std::chrono::minutes;
  auto& gateway = out_.gateway;
  constexpr std::int64_t kBytesMost = std::int64_t{1} << 40U;
  read_number(scope, "log_segment_bytes", {65536, kBytesMost}, gateway.log_segment_bytes);
  read_number(scope, "log_keep_bytes", {2 * 65536, std::numeric_limits<std::int64_t>::max()},
              gateway.log_keep_bytes);
  read_duration(scope, "log_segment_age", {minutes(1), hours(7 * 24)}, gateway.log_segment_age);
  read_duration(scope, "log_keep_age", {minutes(1), hours(3650 * 24)}, gateway.log_keep_age);
  const auto position_of = [&](std::string_view key, std::string_view other) {
    const toml::node* node = scope.table.get(key);
    return (node != nullptr ? node : scope.table.get(other))->source().begin;
  };
  if (gateway.log_keep_bytes < 2 * gateway.log_segment_bytes) {
    report(position_of("log_keep_bytes", "log_segment_bytes"), Severity::Error,
           fmt::format("\"log_keep_bytes\" is {}, less than two segments of {}",
                       gateway.log_keep_bytes, gateway.log_segment_bytes),
           fmt::format("write {} or more, or smaller segments", 2 * gateway.log_segment_bytes));
  }
  if (gateway.log_keep_age < gateway.log_segment_age) {
    report(position_of("log_keep_age", "log_segment_age"), Severity::Error,
           fmt::format("\"log_keep_age\" is {}, less than \"log_segment_age\"",
                       format_duration(gateway.log_keep_age)),
           fmt::format("write \"{}\" or more", format_duration(gateway.log_segment_age)));
  }
}

void Reader::read_dns(const Scope& scope) {
  using std::chrono::hours;
  using std::chrono::minutes;
  auto& gateway = out_.gateway;
  read_list(scope, "upstream", parse_upstream, gateway.dns_upstream);
  if (gateway.dns_upstream.size() > kUpstreamsMax) {
    report(scope.table.get("upstream")->source().begin, Severity::Error,
           fmt::format("\"upstream\" lists {} servers", gateway.dns_upstream.size()),
           fmt::format("write at most {}", kUpstreamsMax));
  }
  read_bool(scope, "allow_private_answers", gateway.dns_allow_private_answers);
  read_duration(scope, "retention", {minutes(1), hours(7 * 24)}, gateway.dns_retention);
}

// What daemon/api_server.h refuses at the start is told here with its place.
void Reader::read_api(const Scope& scope) {
  auto& gateway = out_.gateway;
  read_text(scope, "listen", parse_listen, gateway.api_listen);
  read_text(scope, "tls_certificate", path_or_empty, gateway.api_tls_certificate);
  read_text(scope, "tls_key", path_or_empty, gateway.api_tls_key);
  read_text(scope, "credentials_file", path_or_empty, gateway.api_credentials_file);
  read_text(scope, "region", parse_region, gateway.api_region);
  read_text(scope, "account", parse_account, gateway.api_account);
  if (gateway.api_tls_certificate.empty() != gateway.api_tls_key.empty()) {
    const bool has_key = gateway.api_tls_certificate.empty();
    report(scope.table.source().begin, Severity::Error,
           fmt::format("[api] has {} alone", has_key ? "\"tls_key\"" : "\"tls_certificate\""),
           "write both, or none");
  }
  const bool secured =
      !gateway.api_tls_certificate.empty() && !gateway.api_credentials_file.empty();
  const auto listen = parse_listen_address(gateway.api_listen);  // none of "": nobody listens
  if (listen && !listen->loopback && !secured) {
    wrong_value(
        scope, "listen", *scope.table.get("listen"), gateway.api_listen,
        "other hosts could connect: write tls_certificate, tls_key and credentials_file too");
  }
}

Result<std::string> region_or_empty(std::string_view text) {
  return text.empty() ? Result<std::string>(std::string()) : parse_region(text);
}

Result<std::string> external_id_or_empty(std::string_view text) {
  return text.empty() ? Result<std::string>(std::string()) : parse_external_id(text);
}

void Reader::read_aws(const Scope& scope) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  auto& gateway = out_.gateway;
  read_text(scope, "region", region_or_empty, gateway.aws_region);
  read_list(scope, "vpcs", parse_vpc, gateway.aws_vpcs);
  read_text(scope, "deployment_id", parse_deployment_id, gateway.aws_deployment_id);
  read_roles(scope);
  read_duration(scope, "groups_interval", {seconds(10), minutes(5)}, gateway.aws_groups_interval);
  read_bool(scope, "ship_logs", gateway.aws_ship_logs);
  read_text(scope, "log_group", parse_log_group, gateway.aws_log_group);
  read_bool(scope, "metrics", gateway.aws_metrics);
  if (gateway.aws_metrics && !gateway.aws_ship_logs) {
    report(scope.table.get("metrics")->source().begin, Severity::Warning,
           "\"metrics\" has no effect with ship_logs = false",
           "leave it out, or write ship_logs = true");
  }
  read_bool(scope, "disable_source_dest_check", gateway.aws_disable_source_dest_check);
  read_bool(scope, "associate_address", gateway.aws_associate_address);
  read_bool(scope, "report_unhealthy", gateway.aws_report_unhealthy);
}

// A role reads an account, and problems name the account: one each.
void Reader::read_roles(const Scope& scope) {
  std::vector<std::string>& roles = out_.gateway.aws_roles;
  const auto parse = [&roles](std::string_view text) -> Result<std::string> {
    auto role = parse_role(text);
    if (!role) return role;
    const auto is_of_it = [account = parse_arn(*role)->account](const std::string& other) {
      return parse_arn(other)->account == account;
    };
    const auto other = std::ranges::find_if(roles, is_of_it);
    if (other != roles.end() && *other != *role) {
      return fail("another role of this account stands there; write one for each account");
    }
    return role;
  };
  read_list(scope, "roles", parse, roles);
  if (roles.size() > kRolesMax) {
    report(scope.table.get("roles")->source().begin, Severity::Error,
           fmt::format("\"roles\" lists {} roles", roles.size()),
           fmt::format("write at most {}", kRolesMax));
  }
  std::string& external_id = out_.gateway.aws_role_external_id;
  read_text(scope, "role_external_id", external_id_or_empty, external_id);
  if (!external_id.empty() && scope.table.get("roles") == nullptr) {
    report(scope.table.get("role_external_id")->source().begin, Severity::Error,
           "\"role_external_id\" has no effect without \"roles\"",
           "write the roles that ask for it, or leave it out");
  }
}

// One policy has one source: what stands in the other one would be taken for in force.
void Reader::check_source(const toml::table& root) {
  if (out_.gateway.source == PolicySource::File) {
    if (const toml::node* aws = root.get("aws")) {
      report(aws->source().begin, Severity::Warning, "[aws] has no effect",
             "write source = \"aws\" in [gateway], or leave the section out");
    }
    return;
  }
  for (const std::string_view section : kPolicySections) {
    const toml::node* node = root.get(section);
    if (node == nullptr) continue;
    report(node->source().begin, Severity::Error,
           fmt::format("\"{}\" has no effect with source = \"aws\"", section),
           "leave it out, or write source = \"file\"");
  }
}

// A preference's parser, whose message also repeats the value: the advice behind it is enough here.
template <class T>
auto advice_of(Result<T> (*parse)(std::string_view)) {
  return [parse](std::string_view text) {
    Result<T> parsed = parse(text);
    if (!parsed) {
      std::string& message = parsed.error().message;
      const std::size_t end = message.rfind("; ");
      if (end != std::string::npos) message.erase(0, end + 2);
    }
    return parsed;
  };
}

void Reader::read_preferences(const Scope& scope) {
  auto& preferences = out_.policy.preferences;
  read_text(scope, "wildcard_exposure", advice_of(policy::parse_wildcard_exposure),
            preferences.wildcard_exposure);
  read_text(scope, "flow_log_verbosity", advice_of(policy::parse_flow_log_verbosity),
            preferences.flow_log_verbosity);
  read_text(scope, "x509_crls", advice_of(policy::parse_x509_crls), preferences.x509_crls);
  read_see_thru(scope);
}

void Reader::read_see_thru(const Scope& scope) {
  const toml::node* node = scope.table.get("see_thru");
  if (node == nullptr) return;
  auto& see_thru = out_.policy.preferences.see_thru;
  const auto parse = [](std::string_view text) -> Result<Date> {
    auto date = policy::parse_thru_date(text);
    if (!date) return fail("write a date that exists, like \"2026-12-24\", or \"\"");
    return date;
  };
  if (const auto* date = node->as_date()) {
    const toml::date& day = date->get();
    see_thru =
        Date{std::chrono::year(day.year), std::chrono::month(day.month), std::chrono::day(day.day)};
  } else if (const auto* text = node->as_string(); text == nullptr || !text->get().empty()) {
    Date until;
    if (read_text(scope, "see_thru", parse, until)) see_thru = until;
  }
}

void Reader::read_group(const Scope& scope) {
  const toml::source_position position = scope.table.source().begin;
  policy::SecurityGroup group;
  group.where = place(position);
  require(scope, "gid");
  if (read_text(scope, "gid", parse_gid, group.gid)) {
    const auto [entry, fresh] = groups_.try_emplace(group.gid, GroupEntry{position});
    if (!fresh) {
      wrong_value(scope, "gid", *scope.table.get("gid"), group.gid,
                  fmt::format("{} has it already; write another gid, or the rules there",
                              place(entry->second.position)));
      group.gid.clear();
    }
  }
  each_table(scope.table, "egress", Section::Egress,
             [&](const Scope& egress) { read_egress(egress, group); });
  if (!group.gid.empty()) out_.policy.groups.push_back(std::move(group));
}

void Reader::read_egress(const Scope& scope, policy::SecurityGroup& group) {
  policy::EgressRule rule;
  rule.where = place(scope.table.source().begin);
  require(scope, "description");
  const auto any_text = [](std::string_view text) { return Result<std::string>(text); };
  read_text(scope, "description", any_text, rule.description);
  const toml::node* protocol = scope.table.get("protocol");
  if (const auto* number = protocol == nullptr ? nullptr : protocol->as_integer()) {
    wrong_type(scope, "protocol", *protocol, fmt::format("write \"{}\"", number->get()));
  } else {
    read_text(scope, "protocol", parse_ip_protocol, rule.ip_protocol);
  }
  PortRange ports;
  const toml::node* node = scope.table.get("ports");
  if (const auto* number = node == nullptr ? nullptr : node->as_integer()) {
    auto parsed = parse_ports(fmt::format("{}", number->get()));
    if (parsed) ports = *parsed;
    if (!parsed) {
      wrong_value(scope, "ports", *node, fmt::format("{}", number->get()), parsed.error().message);
    }
  } else if (node != nullptr && node->is_array()) {
    wrong_type(scope, "ports", *node,
               "one rule covers one range; write one [[group.egress]] per port");
  } else {
    read_text(scope, "ports", parse_ports, ports);
  }
  if (rule.ip_protocol == "-1" && ports != PortRange{}) {
    report(node->source().begin, Severity::Warning,
           "\"ports\" has no effect where protocol is \"-1\", which covers all ports",
           "drop it, or write protocol = \"tcp\"");
    ports = {};
  }
  rule.from_port = ports.from;
  rule.to_port = ports.to;
  group.egress.push_back(std::move(rule));
}

void Reader::read_client(const Scope& scope, std::string_view key,
                         Result<Ipv4Prefix> (*parse)(std::string_view)) {
  const toml::source_position position = scope.table.source().begin;
  policy::ClientBinding client;
  client.where = place(position);
  require(scope, key);
  const bool good = read_text(scope, key, parse, client.prefix);
  require(scope, "groups");
  client.gids = read_gids(scope);
  if (!good) return;
  const std::uint64_t id = std::uint64_t{client.prefix.base.value} << 8U | client.prefix.length;
  const auto [entry, fresh] = prefixes_.try_emplace(id, position);
  if (!fresh) {
    wrong_value(scope, key, *scope.table.get(key), scope.table.get(key)->as_string()->get(),
                fmt::format("{} has it already; write all its groups there", place(entry->second)));
    return;
  }
  out_.policy.clients.push_back(std::move(client));
}

std::vector<std::string> Reader::read_gids(const Scope& scope) {
  std::vector<std::string> gids;
  const auto known = [this](std::string_view text) -> Result<std::string> {
    const auto found = groups_.find(std::string(text));
    if (found != groups_.end()) {
      found->second.used = true;
      return found->first;
    }
    std::vector<std::string_view> names;
    for (const auto& [name, entry] : groups_) {
      if (names.size() == kSuggestionsFromMax) break;
      names.push_back(name);
    }
    std::ranges::sort(names);
    const auto near = nearest(text, names);
    if (!near.empty())
      return fail(fmt::format("no group has this gid; did you mean {}?", quoted(near)));
    return fail("no group has this gid; write a [[group]] with it");
  };
  read_list(scope, "groups", known, gids);
  const toml::node* node = scope.table.get("groups");
  if (node != nullptr && node->is_array() && node->as_array()->empty()) {
    report(node->source().begin, Severity::Warning, "\"groups\" is empty",
           "name at least one group; without any, everything is refused");
  }
  return gids;
}

void Reader::check_unused_groups() {
  for (const auto& [gid, entry] : groups_) {
    if (entry.used) continue;
    report(entry.position, Severity::Warning,
           fmt::format("no client has the group {}", quoted(gid)),
           "name it in the groups of a [[client]] or [[subnet]], or drop it");
  }
}

}  // namespace

LoadedConfig load_config(std::string_view text, std::string_view file_name) {
  LoadedConfig loaded;
  Reader reader(file_name, loaded);
  if (text.size() > limits::kPolicyFileBytesMax) {
    reader.report({1, 1}, Severity::Error, fmt::format("the file has {} bytes", text.size()),
                  fmt::format("write at most {}", limits::kPolicyFileBytesMax));
  } else if (const auto shape = find_shape_problem(text)) {
    reader.report({static_cast<toml::source_index>(shape->line), 1}, Severity::Error,
                  std::string(shape->what), "write keys as docs/configuration.md shows them");
  } else {
    try {
      reader.read(toml::parse(text));
    } catch (const toml::parse_error& error) {
      reader.report(error.source().begin, Severity::Error,
                    fmt::format("not TOML: {}", printable(error.description())),
                    "mend this place and look again; nothing behind it was read");
    }
  }
  reader.finish();
  return loaded;
}

std::string to_text(const ConfigProblem& problem) {
  return fmt::format("{}: {}: {}; {}", problem.where,
                     problem.severity == Severity::Error ? "error" : "warning", problem.what,
                     problem.fix);
}

}  // namespace dn::config
