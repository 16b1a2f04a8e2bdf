// The options of the log commands as values, and what is said about wrong ones.
#include "cli/log_options.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"

namespace dn::cli {
namespace {

template <class T>
T parse_as(std::vector<std::string> arguments) {
  const auto parsed = parse_arguments(std::move(arguments));
  EXPECT_TRUE(parsed.command) << parsed.text;
  return parsed.command ? std::get<T>(*parsed.command) : T{};
}

TEST(LogOptions, ReadLogs) {
  const auto plain = parse_as<LogsArguments>({"logs", "flow"});
  EXPECT_EQ(plain.stream, "flow");
  EXPECT_EQ(plain.source.group, "DiscrimiNAT");
  EXPECT_FALSE(plain.span.since);
  const auto full = parse_as<LogsArguments>(
      {"logs", "config", "--filter", "x", "--since", "2h", "--json", "--instance", "a",
       "--instance", "b", "--endpoint-url", "http://127.0.0.1:1", "--profile", "p", "--follow"});
  EXPECT_EQ(full.stream, "config");
  EXPECT_EQ(full.filter, "x");
  EXPECT_TRUE(full.span.since);
  EXPECT_TRUE(full.json);
  EXPECT_TRUE(full.follow);
  EXPECT_EQ(full.instances, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(full.source.place.endpoint_url, "http://127.0.0.1:1");
  EXPECT_EQ(full.source.place.profile, "p");
}

TEST(LogOptions, ReadQuery) {
  using Output = QueryArguments::Output;
  EXPECT_EQ(parse_as<QueryArguments>({"query", "fields a"}).query, "fields a");
  EXPECT_EQ(parse_as<QueryArguments>({"query", "q"}).output, Output::Table);
  EXPECT_EQ(parse_as<QueryArguments>({"query", "q", "--json"}).output, Output::Json);
  EXPECT_EQ(parse_as<QueryArguments>({"query", "q", "--output", "csv"}).output, Output::Csv);
  EXPECT_EQ(parse_as<QueryArguments>({"query", "q", "--json", "--output", "json"}).output,
            Output::Json);
  EXPECT_EQ(parse_as<QueryArguments>({"query", "q", "--limit", "100000"}).limit, 100'000);
}

TEST(LogOptions, ReadAllowlistReplayAndImport) {
  const auto allowlist = parse_as<AllowlistArguments>({"allowlist", "--gid", "sg-1"});
  EXPECT_EQ(allowlist.gid, "sg-1");
  EXPECT_EQ(allowlist.into, "sg-1");
  EXPECT_EQ(parse_as<AllowlistArguments>({"allowlist", "--gid", "%default", "--into", "sg-2"}).into,
            "sg-2");
  using Format = AllowlistArguments::Format;
  EXPECT_EQ(allowlist.format, Format::Rule);
  EXPECT_EQ(parse_as<AllowlistArguments>({"allowlist", "--gid", "a", "--json"}).format,
            Format::Json);
  EXPECT_EQ(
      parse_as<AllowlistArguments>({"allowlist", "--gid", "a", "--format", "terraform"}).format,
      Format::Terraform);
  const auto replay = parse_as<ReplayArguments>({"replay", "--policy", "f", "--at", "2026-12-24"});
  EXPECT_EQ(replay.policy, "f");
  EXPECT_EQ(replay.at, std::chrono::year{2026} / 12 / 24);
  const auto import = parse_as<ImportArguments>({"import"});
  EXPECT_EQ(import.file, "-");
  EXPECT_EQ(import.stream, "");
  const auto full = parse_as<ImportArguments>(
      {"import", "f", "--store", "d", "--group", "g", "--stream", "s", "--json"});
  EXPECT_EQ(full.file, "f");
  EXPECT_EQ(full.store, "d");
  EXPECT_EQ(full.group, "g");
  EXPECT_EQ(full.stream, "s");
  EXPECT_EQ(parse_as<ImportArguments>({"import", "-"}).file, "-");
}

struct Wrong {
  std::vector<std::string> arguments;
  std::string_view text;
};

TEST(LogOptions, SayWhatToWriteInstead) {
  for (const Wrong& c : std::vector<Wrong>{
           {{"logs"}, "stream is required"},
           {{"logs", "flw"}, "stream \"flw\": did you mean flow?"},
           {{"logs", "everything"}, "stream \"everything\": write flow, config, metrics"},
           {{"logs", "flow", "--since", "yesterday"}, "--since \"yesterday\": write a duration"},
           {{"logs", "flow", "--until", "2026-02-30"}, "--until \"2026-02-30\": write a duration"},
           {{"logs", "flow", "--follow", "--until", "2h"}, "--follow has no end"},
           {{"logs", "flow", "--store", "d", "--region", "eu-west-1"},
            "--store names a directory on this machine; leave --endpoint-url"},
           {{"logs", "flow", "--group", ""}, "--group is empty"},
           {{"query"}, "query is required"},
           {{"query", "q", "--limit", "0"}, "--limit 0: write a number from 1 to 100000"},
           {{"query", "q", "--limit", "many"}, "--limit"},
           {{"query", "q", "--output", "yaml"}, "--output \"yaml\": write table, json, csv"},
           {{"query", "q", "--output", "cvs"}, "--output \"cvs\": did you mean csv?"},
           {{"query", "q", "--json", "--output", "csv"}, "--json says --output json"},
           {{"allowlist"}, "--gid is required"},
           {{"allowlist", "--gid", "a b"}, "--gid \"a b\": "},
           {{"allowlist", "--gid", "sg-1", "--into", "a,b"}, "--into \"a,b\": "},
           {{"allowlist", "--gid", "%default", "--format", "terraform"}, "--into is missing"},
           {{"allowlist", "--gid", "sg-1", "--format", "hcl"},
            "--format \"hcl\": write rule, terraform, json"},
           {{"allowlist", "--gid", "sg-1", "--format", "rule", "--json"},
            "--json says --format json"},
           {{"replay"}, "--policy is required"},
           {{"replay", "--policy", "f", "--at", "24.12.2026"}, "--at \"24.12.2026\": write a day"},
           {{"import", "--group", "a b"}, "--group \"a b\": write the name of a log group"},
           {{"import", "--stream", "a:b"}, "--stream \"a:b\": write the name of a log stream"},
       }) {
    const auto parsed = parse_arguments(c.arguments);
    EXPECT_FALSE(parsed.command) << c.text;
    EXPECT_EQ(parsed.exit_code, kExitCannot);
    EXPECT_TRUE(parsed.text.contains(c.text)) << parsed.text;
    EXPECT_TRUE(parsed.text.contains("Try `discriminat " + c.arguments[0] + " --help`."));
  }
}

}  // namespace
}  // namespace dn::cli
