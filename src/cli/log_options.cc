#include "cli/log_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

#include "config/field_text.h"
#include "logs/names.h"

namespace dn::cli {
namespace {

constexpr int kQueryRowsMax = 100'000;  // as CloudWatch Logs

constexpr std::string_view kWhere =
    R"(Without --store, --endpoint-url, --region and --profile: the endpoint that
AWS_ENDPOINT_URL_CLOUDWATCH_LOGS or AWS_ENDPOINT_URL names, else the store of the gateway on this
machine.
TIME is a duration (2h, 30m, 7d: that long ago), a day (2026-11-22, UTC) or RFC 3339
(2026-11-22T03:15:00Z).
)";

constexpr std::string_view kLogsExamples = R"(
Examples:
  discriminat logs flow
  discriminat logs flow --follow --filter '{ $.outcome = "disallowed" }'
  discriminat logs flow --since 2026-11-20 --until 2026-11-20 --instance gw-1 --json
  discriminat logs config --since 7d
  discriminat logs flow --region eu-west-1 --since 10m
)";

constexpr std::string_view kWatchExamples = R"(
The same as `discriminat logs config --follow`.

Examples:
  discriminat policy watch
  discriminat policy watch --filter '{ $.outcome = "rejected" || $.outcome = "warning" }'
  discriminat policy watch --since 1d --json
)";

constexpr std::string_view kQueryExamples = R"(
Examples:
  discriminat query 'stats count() as n by dhost | sort n desc | limit 20'
  discriminat query 'filter outcome = "disallowed" | stats count() by src, reason' --since 24h
  discriminat query 'fields dhost, src' --since 7d --limit 100000 --output csv
)";

constexpr std::string_view kAllowlistExamples = R"(
--config also takes what `aws ec2 describe-security-groups` prints, and - for standard input.

Examples:
  discriminat allowlist --gid sg-00replaceme00
  discriminat allowlist --gid sg-00replaceme00 --since 2h --config policy.toml
  discriminat allowlist --gid sg-00replaceme00 --into sg-0123456789 --format terraform
  aws ec2 describe-security-groups | discriminat allowlist --gid sg-00replaceme00 --config -
)";

constexpr std::string_view kReplayExamples = R"(
Examples:
  discriminat replay --policy policy.toml
  discriminat replay --policy policy.toml --since 30d --at 2026-12-25 --json
)";

constexpr std::string_view kImportExamples =
    R"(FILE is what one of these prints, or several of them one behind the other, or lines of JSON:
  aws logs filter-log-events
  aws logs get-log-events
  zstdcat SEGMENT
Each event goes into the stream it names, else into flow; --stream overrules that. An event that
the store has already (same stream, time and message) is not stored again.

Examples:
  discriminat import --store copy events.json
  discriminat import --store copy --stream config events.json
  aws logs filter-log-events --log-group-name DiscrimiNAT | discriminat import --store copy
  zstdcat flow/*.jsonl.zst | discriminat import --store copy -
)";

void add_place(CLI::App& command, LogsSource& source, const char* config_text) {
  command.add_option("--store", source.place.store, "Directory of a log store")->type_name("DIR");
  command.add_option("--endpoint-url", source.place.endpoint_url, "Address of a logs endpoint")
      ->type_name("URL");
  command
      .add_option("--region", source.place.region, "Region of CloudWatch Logs, or of the signature")
      ->type_name("REGION");
  command.add_option("--profile", source.place.profile, "Profile of the AWS configuration")
      ->type_name("NAME");
  command.add_option("--config", source.config, config_text)->type_name("FILE");
  command.add_option("--group", source.group, "Log group (default: DiscrimiNAT)")
      ->type_name("GROUP");
}

void add_span(CLI::App& command, LogOptions& options, const char* since_text) {
  command.add_option("--since", options.since, since_text)->type_name("TIME");
  command.add_option("--until", options.until, "Latest time that counts (default: now)")
      ->type_name("TIME");
}

void add_choice(CLI::App& command, LogsArguments& logs) {
  command.add_option("--filter", logs.filter, "Only lines that match this filter pattern")
      ->type_name("PATTERN");
  command.add_option("--instance", logs.instances, "Only lines of this gateway; may be repeated")
      ->type_name("NAME")
      ->take_all();
}

constexpr const char* kJsonLinesText = "Print JSON Lines, as when the output is no terminal";
constexpr const char* kStateDirText =
    "Configuration file, for its state_dir (default: /var/lib/discriminat)";

Result<void> check_place(const LogsSource& source) {
  const LogsPlace& place = source.place;
  if (!place.store.empty() &&
      (!place.endpoint_url.empty() || !place.region.empty() || !place.profile.empty())) {
    return fail(
        "--store names a directory on this machine; leave --endpoint-url, --region and --profile "
        "away, or leave --store away");
  }
  if (source.group.empty()) return fail("--group is empty; write the name of a log group");
  return {};
}

Result<void> read_time(std::string_view option, const std::string& text,
                       std::optional<TimeArgument>& into) {
  if (text.empty()) return {};
  const auto time = TimeArgument::parse(text);
  if (!time) return fail(fmt::format("{} {}", option, time.error().message));
  into = *time;
  return {};
}

Result<void> finish_common(const LogOptions& options, const LogsSource& source, TimeSpan& span) {
  return check_place(source)
      .and_then([&] { return read_time("--since", options.since, span.since); })
      .and_then([&] { return read_time("--until", options.until, span.until); });
}

// A word among those that an option knows.
template <std::size_t kCount>
Result<std::string_view> choose(std::string_view option, std::string_view text,
                                const std::array<std::string_view, kCount>& words) {
  for (const std::string_view word : words) {
    if (word == text) return word;
  }
  const auto near = config::nearest(text, words);
  return fail(fmt::format("{} {}: {}", option, config::quoted(text),
                          near.empty() ? fmt::format("write {}", fmt::join(words, ", "))
                                       : fmt::format("did you mean {}?", near)));
}

// The form of the output, which --json says too; the first one by default.
template <std::size_t kCount>
Result<std::string_view> choose_form(std::string_view option, const LogOptions& options,
                                     std::string_view text,
                                     const std::array<std::string_view, kCount>& forms) {
  if (text.empty()) return options.json ? std::string_view("json") : forms.front();
  const auto form = choose(option, text, forms);
  if (form && options.json && *form != "json") {
    return fail(fmt::format("--json says {} json; leave one of them away", option));
  }
  return form;
}

Result<std::string> read_gid(std::string_view option, const std::string& text) {
  if (text == "%default") return text;  // the see-thru of the preferences
  const auto gid = config::parse_gid(text);
  if (!gid)
    return fail(fmt::format("{} {}: {}", option, config::quoted(text), gid.error().message));
  return *gid;
}

}  // namespace

std::string_view log_examples(std::string_view command) {
  static const std::string kLogs = std::string(kWhere) + std::string(kLogsExamples);
  static const std::string kWatch = std::string(kWhere) + std::string(kWatchExamples);
  static const std::string kQuery = std::string(kWhere) + std::string(kQueryExamples);
  static const std::string kAllowlist = std::string(kWhere) + std::string(kAllowlistExamples);
  static const std::string kReplay = std::string(kWhere) + std::string(kReplayExamples);
  if (command == "logs") return kLogs;
  if (command == "policy watch") return kWatch;
  if (command == "query") return kQuery;
  if (command == "allowlist") return kAllowlist;
  if (command == "replay") return kReplay;
  return kImportExamples;
}

void LogOptions::add_logs(CLI::App& command) {
  command.add_option("stream", logs.stream, "flow, config or metrics")
      ->required()
      ->type_name("STREAM");
  add_choice(command, logs);
  add_span(command, *this, "Earliest time that counts (default: 1h; with --follow 10m)");
  command.add_flag("--follow", logs.follow, "Go on with new lines until Ctrl-C");
  command.add_flag("--json", logs.json, kJsonLinesText);
  add_place(command, logs.source, kStateDirText);
}

void LogOptions::add_watch(CLI::App& command) {
  add_choice(command, logs);
  command.add_option("--since", since, "Earliest time that counts (default: 10m)")
      ->type_name("TIME");
  command.add_flag("--json", logs.json, kJsonLinesText);
  add_place(command, logs.source, kStateDirText);
}

void LogOptions::add_query(CLI::App& command) {
  command.add_option("query", query.query, "Query in the language of CloudWatch Logs Insights")
      ->required()
      ->type_name("QUERY");
  add_span(command, *this, "Earliest time that counts (default: 1h)");
  command.add_option("--limit", query.limit, "Rows, where the query has no limit (default: 10000)")
      ->type_name("N");
  command.add_option("--output", output, "table, json or csv (default: table)")->type_name("FORM");
  command.add_flag("--json", json, "The same as --output json");
  add_place(command, query.source, kStateDirText);
}

void LogOptions::add_allowlist(CLI::App& command) {
  command.add_option("--gid", allowlist.gid, "Group whose see-thru let the connections through")
      ->required()
      ->type_name("GID");
  command.add_option("--into", allowlist.into, "Group that the rules are for (default: --gid)")
      ->type_name("GID");
  command.add_option("--format", format, "rule, terraform or json (default: rule)")
      ->type_name("FORM");
  command.add_flag("--json", json, "The same as --format json");
  add_span(command, *this, "Earliest time that counts (default: 30d)");
  add_place(command, allowlist.source,
            "Policy whose rules are not repeated; a configuration file, or see below");
}

void LogOptions::add_replay(CLI::App& command) {
  command.add_option("--policy", replay.policy, "Configuration file with the candidate policy")
      ->required()
      ->type_name("FILE");
  command.add_option("--at", at, "Day by which see-thru dates are judged (default: today)")
      ->type_name("DATE");
  add_span(command, *this, "Earliest time that counts (default: 7d)");
  command.add_flag("--json", replay.json, "Print JSON");
  add_place(command, replay.source, kStateDirText);
}

void LogOptions::add_import(CLI::App& command) {
  command.add_option("file", import.file, "File to read; - is standard input (default)")
      ->type_name("FILE");
  command.add_option("--store", import.store, "Directory of a log store; made where it is missing")
      ->type_name("DIR");
  command.add_option("--config", import.config, kStateDirText)->type_name("FILE");
  command.add_option("--group", import.group, "Log group (default: DiscrimiNAT)")
      ->type_name("GROUP");
  command
      .add_option("--stream", import.stream,
                  "Log stream for every event (default: the event's own, else flow)")
      ->type_name("STREAM");
  command.add_flag("--json", import.json, "Print JSON");
}

Result<Command> finish_logs(LogOptions& options) {
  LogsArguments& logs = options.logs;
  if (auto common = finish_common(options, logs.source, logs.span); !common) {
    return tl::unexpected(common.error());
  }
  constexpr std::array<std::string_view, 3> kStreams = {"flow", "config", "metrics"};
  if (const auto stream = choose("stream", logs.stream, kStreams); !stream) {
    return tl::unexpected(stream.error());
  }
  if (logs.follow && logs.span.until) {
    return fail("--follow has no end; leave --until away, or --follow");
  }
  return logs;
}

Result<Command> finish_watch(LogOptions& options) {
  options.logs.stream = "config";
  options.logs.follow = true;
  return finish_logs(options);
}

Result<Command> finish_query(LogOptions& options) {
  QueryArguments& query = options.query;
  if (auto common = finish_common(options, query.source, query.span); !common) {
    return tl::unexpected(common.error());
  }
  if (query.limit && (*query.limit < 1 || *query.limit > kQueryRowsMax)) {
    return fail(
        fmt::format("--limit {}: write a number from 1 to {}", *query.limit, kQueryRowsMax));
  }
  constexpr std::array<std::string_view, 3> kForms = {"table", "json", "csv"};
  const auto form = choose_form("--output", options, options.output, kForms);
  if (!form) return tl::unexpected(form.error());
  using Output = QueryArguments::Output;
  query.output = *form == "json" ? Output::Json : *form == "csv" ? Output::Csv : Output::Table;
  return query;
}

Result<Command> finish_allowlist(LogOptions& options) {
  AllowlistArguments& allowlist = options.allowlist;
  if (auto common = finish_common(options, allowlist.source, allowlist.span); !common) {
    return tl::unexpected(common.error());
  }
  const auto gid = read_gid("--gid", allowlist.gid);
  if (!gid) return tl::unexpected(gid.error());
  if (allowlist.into.empty()) allowlist.into = allowlist.gid;
  const auto into = read_gid("--into", allowlist.into);
  if (!into) return tl::unexpected(into.error());
  constexpr std::array<std::string_view, 3> kForms = {"rule", "terraform", "json"};
  const auto form = choose_form("--format", options, options.format, kForms);
  if (!form) return tl::unexpected(form.error());
  using Format = AllowlistArguments::Format;
  allowlist.format = *form == "json"        ? Format::Json
                     : *form == "terraform" ? Format::Terraform
                                            : Format::Rule;
  if (allowlist.format == AllowlistArguments::Format::Terraform && allowlist.into == "%default") {
    return fail("--into is missing: %default is no group that could have rules; name one");
  }
  return allowlist;
}

Result<Command> finish_replay(LogOptions& options) {
  ReplayArguments& replay = options.replay;
  if (auto common = finish_common(options, replay.source, replay.span); !common) {
    return tl::unexpected(common.error());
  }
  if (!options.at.empty()) {
    replay.at = parse_day(options.at);
    if (!replay.at) {
      return fail(
          fmt::format("--at {}: write a day, such as \"2026-12-24\"", config::quoted(options.at)));
    }
  }
  return replay;
}

Result<Command> finish_import(LogOptions& options) {
  const ImportArguments& import = options.import;
  if (!logs::is_group_name(import.group)) {
    return fail(
        fmt::format("--group {}: write the name of a log group, of letters, digits and \".-_/#\"",
                    config::quoted(import.group)));
  }
  if (!import.stream.empty() && !logs::is_stream_name(import.stream)) {
    return fail(fmt::format("--stream {}: write the name of a log stream, without \":\" and \"*\"",
                            config::quoted(import.stream)));
  }
  return import;
}

}  // namespace dn::cli
