// The command line as values; the manual page against the help texts and the exit codes.
#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cli/exit_codes.h"

namespace dn::cli {
namespace {

// As a shell splits it: blanks, and single quotes around words.
std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  bool quoted = false;
  bool inside = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c != '\'') words.back() += c;
  }
  return words;
}

template <class T>
T parse_as(std::vector<std::string> arguments) {
  const auto parsed = parse_arguments(std::move(arguments));
  EXPECT_TRUE(parsed.command) << parsed.text;
  return parsed.command ? std::get<T>(*parsed.command) : T{};
}

std::string refused(std::vector<std::string> arguments) {
  const auto parsed = parse_arguments(std::move(arguments));
  EXPECT_FALSE(parsed.command);
  EXPECT_EQ(parsed.exit_code, kExitCannot);
  return parsed.text;
}

TEST(Arguments, ReadRun) {
  const auto run = parse_as<RunArguments>({"run", "--config", "f", "--flush-on-exit"});
  EXPECT_EQ(run.config, "f");
  EXPECT_TRUE(run.flush_on_exit);
  EXPECT_FALSE(parse_as<RunArguments>({"run", "--config", "f"}).flush_on_exit);
  EXPECT_EQ(refused({"run"}), "discriminat: --config is required\nTry `discriminat run --help`.\n");
}

TEST(Arguments, ReadCheck) {
  const auto check = parse_as<CheckArguments>(
      {"check", "f", "--json", "--strict", "--wildcard-exposure", "nuclear"});
  EXPECT_EQ(check.file, "f");
  EXPECT_TRUE(check.json);
  EXPECT_TRUE(check.strict);
  EXPECT_EQ(check.wildcard_exposure, policy::WildcardExposure::Nuclear);
  EXPECT_EQ(parse_as<CheckArguments>({"check", "-"}).file, "-");
  EXPECT_FALSE(parse_as<CheckArguments>({"check", "-"}).wildcard_exposure);
  EXPECT_TRUE(refused({"check", "f", "--wildcard-exposure", "all"})
                  .starts_with("discriminat: --wildcard-exposure: "));
  EXPECT_TRUE(refused({"check"}).contains("file is required"));
}

TEST(Arguments, ReadExplain) {
  const std::vector<std::string> base = {"explain", "--config", "f", "--src", "10.0.1.10", "--to"};
  const auto with = [&](std::vector<std::string> more) {
    auto all = base;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto plain = parse_as<ExplainArguments>(with({"api.github.com"}));
  EXPECT_EQ(to_text(plain.source), "10.0.1.10");
  EXPECT_EQ(plain.destination, "api.github.com");
  EXPECT_FALSE(plain.port);
  EXPECT_FALSE(plain.protocol);
  const auto full = parse_as<ExplainArguments>(with({"a.example:8443", "--proto", "tls"}));
  EXPECT_EQ(full.destination, "a.example");
  EXPECT_EQ(full.port, 8443);
  EXPECT_EQ(full.protocol, Protocol::Tls);
  EXPECT_TRUE(refused(with({"a.example:0"})).contains("--to \"a.example:0\""));
  EXPECT_TRUE(refused(with({"a.example:1-2"})).contains("--to"));
  EXPECT_TRUE(refused(with({"https://a.example"})).contains("--to"));
  EXPECT_TRUE(refused(with({"a.example", "--proto", "ftp"})).contains("write tls, ssh or http"));
  EXPECT_TRUE(refused({"explain", "--config", "f", "--src", "host", "--to", "a.example"})
                  .contains("--src \"host\": write one IPv4 address"));
}

TEST(Arguments, ReadPolicyShow) {
  const auto plain = parse_as<PolicyShowArguments>({"policy", "show"});
  EXPECT_EQ(plain.config, "");
  EXPECT_FALSE(plain.source);
  EXPECT_FALSE(plain.client);
  EXPECT_FALSE(plain.json);
  const auto full = parse_as<PolicyShowArguments>(
      {"policy", "show", "--config", "f", "--source", "aws", "--client", "10.0.1.10", "--json"});
  EXPECT_EQ(full.config, "f");
  EXPECT_EQ(full.source, config::PolicySource::Aws);
  EXPECT_EQ(to_text(*full.client), "10.0.1.10");
  EXPECT_TRUE(full.json);
  EXPECT_TRUE(refused({"policy", "show", "--client", "10.0.0.0/8"})
                  .contains("--client \"10.0.0.0/8\": write one IPv4 address"));
  EXPECT_TRUE(refused({"policy", "show", "--source", "cloud"}).contains("--source \"cloud\": "));
  EXPECT_TRUE(refused({"policy", "show", "-x"}).contains("Try `discriminat policy show --help`."));
  EXPECT_TRUE(parse_arguments({"policy", "--help"}).text.contains("watch"));
}

TEST(Arguments, ReadPolicyWatchAsLogsThatFollow) {
  const auto watch = parse_as<LogsArguments>(
      {"policy", "watch", "--filter", "x", "--since", "1d", "--store", "d"});
  EXPECT_EQ(watch.stream, "config");
  EXPECT_TRUE(watch.follow);
  EXPECT_EQ(watch.filter, "x");
  EXPECT_EQ(watch.source.place.store, "d");
  EXPECT_TRUE(refused({"policy", "watch", "--since", "x"})
                  .contains("Try `discriminat policy watch --help`."));
}

TEST(Arguments, ReadStatusAndInspect) {
  EXPECT_EQ(parse_as<StatusArguments>({"status"}).config, "");
  EXPECT_TRUE(parse_as<StatusArguments>({"status", "--json"}).json);
  const auto inspect = parse_as<InspectArguments>({"inspect", "a", "b", "--json"});
  EXPECT_EQ(inspect.paths, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(inspect.json);
}

TEST(Arguments, ReadServe) {
  const auto plain = parse_as<ServeArguments>({"serve", "--store", "d"});
  EXPECT_EQ(plain.store, "d");
  EXPECT_EQ(plain.listen, "127.0.0.1:1043");
  EXPECT_EQ(plain.region, "us-east-1");
  EXPECT_EQ(plain.account, "000000000000");
  const auto full = parse_as<ServeArguments>(
      {"serve", "--store", "d", "--listen", "[::]:443", "--tls-certificate", "c", "--tls-key", "k",
       "--credentials-file", "f", "--region", "eu-west-1", "--account", "123456789012"});
  EXPECT_EQ(full.listen, "[::]:443");
  EXPECT_EQ(full.tls_certificate, "c");
  EXPECT_EQ(full.tls_key, "k");
  EXPECT_EQ(full.credentials_file, "f");
  EXPECT_EQ(full.region, "eu-west-1");
  EXPECT_EQ(full.account, "123456789012");
}

TEST(Arguments, RefuseWhatServeCannotUse) {
  EXPECT_TRUE(refused({"serve"}).contains("--store is required"));
  EXPECT_TRUE(refused({"serve", "--store", "d", "--tls-key", "k"}).contains("--tls-certificate"));
  EXPECT_TRUE(refused({"serve", "--store", "d", "--listen", "localhost:1"})
                  .starts_with("discriminat: --listen \"localhost:1\": write an address"));
  EXPECT_TRUE(refused({"serve", "--store", "d", "--listen", ""}).contains("--listen: write"));
  EXPECT_TRUE(refused({"serve", "--store", "d", "--region", "A"}).contains("--region \"A\": "));
  EXPECT_TRUE(refused({"serve", "--store", "d", "--account", "1"}).contains("--account \"1\": "));
}

TEST(Arguments, RefuseWhatNoCommandKnows) {
  EXPECT_TRUE(refused({}).contains("Try `discriminat --help`."));
  EXPECT_EQ(refused({"stats"}),
            "discriminat: unknown command \"stats\"; did you mean status?\n"
            "Try `discriminat --help`.\n");
  EXPECT_TRUE(refused({"nothing"})
                  .contains("the commands are run, check, explain, policy show, policy watch, "
                            "status, inspect, serve, logs, query, allowlist, replay, import"));
  EXPECT_TRUE(refused({"policy", "sho"}).contains("did you mean policy show?"));
  EXPECT_TRUE(refused({"policy"}).contains("Try `discriminat policy --help`."));
  EXPECT_TRUE(refused({"status", "--jsn"}).contains("--jsn"));
  EXPECT_FALSE(refused({"status", "--\x1b[2J"}).contains("\x1b"));
}

TEST(Arguments, AnswerHelpAndVersion) {
  EXPECT_EQ(parse_arguments({"--version"}).text, "discriminat " DN_VERSION "\n");
  EXPECT_EQ(parse_arguments({"--version"}).exit_code, kExitGood);
  EXPECT_EQ(parse_arguments({"--help"}).text, help_text(""));
  for (const auto command : kCommands) {
    auto words = split_words(command);
    words.emplace_back("--help");
    const auto parsed = parse_arguments(words);
    EXPECT_EQ(parsed.exit_code, kExitGood);
    EXPECT_EQ(parsed.text, help_text(command));
    EXPECT_TRUE(parsed.text.contains("Examples:\n  discriminat " + std::string(command)) ||
                parsed.text.contains("Examples:\n"))
        << command;
    EXPECT_TRUE(parsed.text.contains(format_exit_codes(command))) << command;
  }
}

// Every example of a help text is itself a good command line.
TEST(Arguments, TakeTheExamplesOfTheirOwnHelp) {
  std::size_t examples = 0;
  for (const auto command : kCommands) {
    std::istringstream lines(help_text(command));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t at = line.find("  discriminat " + std::string(command));
      if (at != 0) continue;
      std::vector<std::string> arguments = split_words(line.substr(2));
      arguments.erase(arguments.begin());
      EXPECT_TRUE(parse_arguments(arguments).command) << line;
      ++examples;
    }
  }
  EXPECT_GE(examples, 20U);
}

TEST(Arguments, TheManualPageHoldsTheHelpTexts) {
  const std::string path = DN_SOURCE_DIR "/docs/cli.md";
  std::stringstream content;
  content << std::ifstream{path}.rdbuf();
  std::string page = content.str();
  for (const auto command : kCommands) {
    const std::string begin = "<!-- help " + std::string(command) + " -->\n";
    const std::size_t start = page.find(begin);
    ASSERT_NE(start, std::string::npos) << command;
    const std::size_t end = page.find("<!-- end -->\n", start);
    ASSERT_NE(end, std::string::npos) << command;
    const std::string want = begin + "\n```\n" + help_text(command) + "```\n\n";
    if (std::getenv("DN_UPDATE") != nullptr) {
      page.replace(start, end - start, want);
    } else {
      EXPECT_EQ(page.substr(start, end - start), want) << "run DN_UPDATE=1 cli_test";
    }
  }
  if (std::getenv("DN_UPDATE") != nullptr) std::ofstream{path} << page;
}

}  // namespace
}  // namespace dn::cli
