// The parser. Values are taken apart here too, so that what leaves is valid.
#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/readable.h"
#include "cli/exit_codes.h"
#include "cli/log_options.h"
#include "config/field_text.h"
#include "policy/preferences.h"

namespace dn::cli {
namespace {

constexpr std::string_view kRunExamples = R"(Examples:
  discriminat run --config /etc/discriminat/policy.toml
  discriminat run --config policy.toml --flush-on-exit
)";

constexpr std::string_view kCheckExamples =
    R"(FILE is a configuration file, or what one of these prints:
  aws ec2 describe-security-groups
  aws ec2 describe-security-group-rules
  terraform show -json PLAN

Examples:
  discriminat check policy.toml
  discriminat check --strict --json policy.toml
  aws ec2 describe-security-groups | discriminat check -
  terraform plan -out plan && terraform show -json plan | discriminat check -
)";

constexpr std::string_view kExplainExamples =
    R"(Asks no name server: what the gateway verifies at run time is listed with the answer.
Without --proto: ssh on port 22, http on port 80, else tls.

Examples:
  discriminat explain --config policy.toml --src 10.0.1.10 --to api.github.com
  discriminat explain --config policy.toml --src 10.0.1.10 --to github.com:22
  discriminat explain --config policy.toml --src 10.0.1.10 --to 192.0.2.7:8443 --proto tls
)";

constexpr std::string_view kPolicyShowExamples =
    R"(The policy is read anew, as the gateway reads it; a gateway that runs is not asked. From the
cloud it takes the credentials of the environment, as every tool of AWS does.

Examples:
  discriminat policy show
  discriminat policy show --config policy.toml --client 10.0.1.10
  discriminat policy show --source aws
  discriminat policy show --json
)";

constexpr std::string_view kStatusExamples = R"(Examples:
  discriminat status
  discriminat status --config /etc/discriminat/policy.toml --json
)";

constexpr std::string_view kInspectExamples = R"(Examples:
  discriminat inspect capture.pcap
  discriminat inspect --json captures/
)";

constexpr std::string_view kServeExamples =
    R"(DIR is the state_dir of a gateway, running or not, a copy of one, or a new directory. Without
--credentials-file anybody on this host may ask; another address than loopback needs it, and TLS.
A browser shows the console at the same address; with --policy it explains and builds allowlists.

Examples:
  discriminat serve --store /var/lib/discriminat
  discriminat serve --store /var/lib/discriminat --policy /etc/discriminat/policy.toml
  discriminat serve --store ./copy --listen 127.0.0.1:8043 --region eu-west-1
  aws logs describe-log-groups --endpoint-url http://127.0.0.1:1043
)";

constexpr std::string_view kFooter =
    R"(`discriminat COMMAND --help` shows the options, examples and exit codes of a command.)";

// Everything that the options write into, and the parser that does so. Lives for one command line.
struct Parser {
  Parser();
  void add_run();
  void add_check();
  void add_explain();
  void add_policy();
  void add_status();
  void add_inspect();
  void add_serve();
  void add_log_commands();
  CLI::App* add_command(const char* name, const char* description, std::string_view examples);
  CLI::App* add_command(CLI::App& family, const char* name, const char* description,
                        std::string_view examples);

  CLI::App app{"A transparent egress firewall and NAT gateway.", "discriminat"};
  CLI::App* run = nullptr;
  CLI::App* check = nullptr;
  CLI::App* explain = nullptr;
  CLI::App* policy = nullptr;
  CLI::App* policy_show = nullptr;
  CLI::App* policy_watch = nullptr;
  CLI::App* status = nullptr;
  CLI::App* inspect = nullptr;
  CLI::App* serve = nullptr;
  CLI::App* logs = nullptr;
  CLI::App* query = nullptr;
  CLI::App* allowlist = nullptr;
  CLI::App* replay = nullptr;
  CLI::App* import = nullptr;
  RunArguments run_arguments;
  CheckArguments check_arguments;
  ExplainArguments explain_arguments;
  PolicyShowArguments policy_show_arguments;
  StatusArguments status_arguments;
  InspectArguments inspect_arguments;
  ServeArguments serve_arguments;
  LogOptions log_options;
  std::string exposure, source, destination, protocol, policy_source, client;
};

Parser::Parser() {
  app.require_subcommand(1);
  app.set_version_flag("--version", "discriminat " DN_VERSION, "Print the version and end");
  app.set_help_flag("-h,--help", "Print this help and end");
  app.footer(std::string(kFooter));
  add_run();
  add_check();
  add_explain();
  add_policy();
  add_status();
  add_inspect();
  add_serve();
  add_log_commands();
}

CLI::App* Parser::add_command(const char* name, const char* description,
                              std::string_view examples) {
  CLI::App* command = app.add_subcommand(name, description);
  command->set_help_flag("-h,--help", "Print this help and end");
  command->footer(std::string(examples) + "\n" + format_exit_codes(name));
  return command;
}

CLI::App* Parser::add_command(CLI::App& family, const char* name, const char* description,
                              std::string_view examples) {
  CLI::App* command = family.add_subcommand(name, description);
  command->set_help_flag("-h,--help", "Print this help and end");
  command->footer(std::string(examples) + "\n" + format_exit_codes(family.get_name() + " " + name));
  return command;
}

void Parser::add_run() {
  run = add_command("run", "Run the gateway until a signal ends it", kRunExamples);
  run->add_option("--config", run_arguments.config, "Configuration file")
      ->required()
      ->type_name("FILE");
  run->add_flag("--flush-on-exit", run_arguments.flush_on_exit,
                "Take the firewall rules away at the end; by default the gate stays closed");
}

void Parser::add_check() {
  check = add_command("check", "List every annotation of a file with its effect or its mistake",
                      kCheckExamples);
  check->add_option("file", check_arguments.file, "File to check; - is standard input")
      ->required()
      ->type_name("FILE");
  check->add_flag("--json", check_arguments.json, "Print JSON");
  check->add_flag("--strict", check_arguments.strict, "Count warnings as mistakes");
  check
      ->add_option("--wildcard-exposure", exposure,
                   "Judge wildcards by this preference, not by the file's")
      ->type_name("VALUE");
}

void Parser::add_explain() {
  explain =
      add_command("explain", "Say which rule allows a connection, or why none does and what to add",
                  kExplainExamples);
  explain->add_option("--config", explain_arguments.config, "Configuration file")
      ->required()
      ->type_name("FILE");
  explain->add_option("--src", source, "Address of the client")->required()->type_name("IP");
  explain->add_option("--to", destination, "Destination: a name or an IPv4 address")
      ->required()
      ->type_name("NAME[:PORT]");
  explain->add_option("--proto", protocol, "tls, ssh or http")->type_name("PROTOCOL");
  explain->add_flag("--json", explain_arguments.json, "Print JSON");
}

void Parser::add_policy() {
  policy = app.add_subcommand("policy", "Show the policy in force, or follow its changes");
  policy->set_help_flag("-h,--help", "Print this help and end");
  policy->require_subcommand(1);
  policy->footer("`discriminat policy COMMAND --help` shows more.");
  policy_show = add_command(*policy, "show", "Show what is in force and why, client by client",
                            kPolicyShowExamples);
  policy_show
      ->add_option("--config", policy_show_arguments.config,
                   "Configuration file (default: /etc/discriminat/policy.toml)")
      ->type_name("FILE");
  policy_show->add_option("--source", policy_source, "file or aws (default: as the file says)")
      ->type_name("SOURCE");
  policy_show->add_option("--client", client, "Only the client that this address is")
      ->type_name("IP");
  policy_show->add_flag("--json", policy_show_arguments.json,
                        "Print JSON, as when the output is no terminal");
  policy_watch = add_command(*policy, "watch", "Print the config log as it is written",
                             log_examples("policy watch"));
  log_options.add_watch(*policy_watch);
}

void Parser::add_status() {
  status =
      add_command("status", "Show what the running gateway says about itself", kStatusExamples);
  status
      ->add_option("--config", status_arguments.config,
                   "Configuration file, for its state_dir (default: /var/lib/discriminat)")
      ->type_name("FILE");
  status->add_flag("--json", status_arguments.json, "Print JSON");
}

void Parser::add_inspect() {
  inspect = add_command("inspect", "Show the connections in capture files as the gateway sees them",
                        kInspectExamples);
  inspect->add_option("paths", inspect_arguments.paths, "Capture files, or directories of them")
      ->required()
      ->type_name("FILE|DIR");
  inspect->add_flag("--json", inspect_arguments.json, "Print JSON, one line per connection");
}

void Parser::add_serve() {
  serve = add_command("serve", "Offer a directory of logs: a console and the CloudWatch Logs API",
                      kServeExamples);
  const auto option = [this](const char* name, std::string& into, const char* type,
                             const char* description) {
    return serve->add_option(name, into, description)->type_name(type);
  };
  auto& into = serve_arguments;
  option("--store", into.store, "DIR", "Directory of the logs")->required();
  option("--policy", into.policy, "FILE", "Policy file for the console");
  option("--listen", into.listen, "ADDR:PORT", "Where to listen (default: 127.0.0.1:1043)");
  auto* certificate = option("--tls-certificate", into.tls_certificate, "FILE",
                             "Certificate chain, PEM; then TLS only");
  auto* key = option("--tls-key", into.tls_key, "FILE", "Its private key, PEM");
  certificate->needs(key);
  key->needs(certificate);
  option("--credentials-file", into.credentials_file, "FILE",
         "Lines ACCESS_KEY_ID SECRET; then who asks needs one of these keys");
  option("--region", into.region, "NAME", "Region in ARNs (default: us-east-1)");
  option("--account", into.account, "DIGITS", "Account in ARNs (default: 000000000000)");
}

void Parser::add_log_commands() {
  logs = add_command("logs", "Print lines of the flow log or the config log", log_examples("logs"));
  log_options.add_logs(*logs);
  query = add_command("query", "Ask the logs a query of CloudWatch Logs Insights",
                      log_examples("query"));
  log_options.add_query(*query);
  allowlist = add_command("allowlist", "Write the rules that would replace a see-thru",
                          log_examples("allowlist"));
  log_options.add_allowlist(*allowlist);
  replay =
      add_command("replay", "Say which logged connections another policy would judge otherwise",
                  log_examples("replay"));
  log_options.add_replay(*replay);
  import =
      add_command("import", "Take lines of other logs into a log store", log_examples("import"));
  log_options.add_import(*import);
}

ParsedArguments wrong(std::string text, std::string_view command) {
  ParsedArguments parsed;
  parsed.exit_code = kExitCannot;
  parsed.text = fmt::format("discriminat: {}\nTry `discriminat {}{}--help`.\n", text, command,
                            command.empty() ? "" : " ");
  return parsed;
}

// The library only says that a command is missing.
std::optional<ParsedArguments> refuse_unknown_command(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return {};
  std::string name = arguments.front();
  const bool family = std::ranges::any_of(
      kCommands, [&](std::string_view command) { return command.starts_with(name + " "); });
  if (family) {
    if (arguments.size() == 1 || arguments[1].starts_with('-')) return {};
    name += " " + arguments[1];
  }
  if (std::ranges::find(kCommands, name) != kCommands.end()) return {};
  const auto near = config::nearest(name, kCommands);
  const std::string fix = near.empty()
                              ? fmt::format("the commands are {}", fmt::join(kCommands, ", "))
                              : fmt::format("did you mean {}?", near);
  return wrong(fmt::format("unknown command {}; {}", config::quoted(name), fix), "");
}

// The names of the commands that were given, families first: "policy show".
std::string name_of_chosen(const CLI::App& app) {
  std::string name;
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name += (name.empty() ? "" : " ") + at->get_name();
  }
  return name;
}

ParsedArguments good(Command command) {
  ParsedArguments parsed;
  parsed.command = std::move(command);
  return parsed;
}

ParsedArguments finish_check(Parser& parser) {
  if (!parser.exposure.empty()) {
    const auto exposure = policy::parse_wildcard_exposure(parser.exposure);
    if (!exposure) return wrong("--wildcard-exposure: " + exposure.error().message, "check");
    parser.check_arguments.wildcard_exposure = *exposure;
  }
  return good(parser.check_arguments);
}

ParsedArguments finish_explain(Parser& parser) {
  auto& arguments = parser.explain_arguments;
  const auto source = parse_ipv4(parser.source);
  if (!source) {
    return wrong(fmt::format("--src {}: write one IPv4 address", config::quoted(parser.source)),
                 "explain");
  }
  arguments.source = *source;
  const std::size_t colon = parser.destination.find(':');
  arguments.destination = parser.destination.substr(0, colon);
  if (colon != std::string::npos) {
    const auto ports = config::parse_ports(parser.destination.substr(colon + 1));
    if (!ports || ports->from != ports->to) {
      return wrong(fmt::format("--to {}: write a name or an IPv4 address, and a port behind a "
                               "colon: \"api.github.com:443\"",
                               config::quoted(parser.destination)),
                   "explain");
    }
    arguments.port = ports->from;
  }
  if (!parser.protocol.empty()) {
    for (const Protocol protocol : {Protocol::Tls, Protocol::Ssh, Protocol::Http}) {
      if (to_text(protocol) == parser.protocol) arguments.protocol = protocol;
    }
    if (!arguments.protocol) {
      return wrong(
          fmt::format("--proto {}: write tls, ssh or http", config::quoted(parser.protocol)),
          "explain");
    }
  }
  return good(arguments);
}

ParsedArguments finish_policy_show(Parser& parser) {
  auto& arguments = parser.policy_show_arguments;
  if (!parser.policy_source.empty()) {
    const auto source = config::parse_source(parser.policy_source);
    if (!source) {
      return wrong(fmt::format("--source {}: {}", config::quoted(parser.policy_source),
                               source.error().message),
                   "policy show");
    }
    arguments.source = *source;
  }
  if (!parser.client.empty()) {
    arguments.client = parse_ipv4(parser.client);
    if (!arguments.client) {
      return wrong(
          fmt::format("--client {}: write one IPv4 address", config::quoted(parser.client)),
          "policy show");
    }
  }
  return good(arguments);
}

// The same parsers as for [api] of the configuration file.
ParsedArguments finish_serve(const Parser& parser) {
  const ServeArguments& arguments = parser.serve_arguments;
  const auto check = [](const char* option, const std::string& value,
                        Result<std::string> (*parse)(std::string_view)) {
    const auto parsed = parse(value);
    return parsed ? std::string()
                  : fmt::format("{} {}: {}", option, config::quoted(value), parsed.error().message);
  };
  std::string problem = check("--listen", arguments.listen, config::parse_listen);
  if (arguments.listen.empty()) problem = "--listen: write an address and a port";
  if (problem.empty()) problem = check("--region", arguments.region, config::parse_region);
  if (problem.empty()) problem = check("--account", arguments.account, config::parse_account);
  return problem.empty() ? good(arguments) : wrong(problem, "serve");
}

// Nothing when the command is another one.
std::optional<ParsedArguments> finish_log_command(Parser& parser) {
  struct Row {
    const CLI::App* command;
    Result<Command> (*finish)(LogOptions&);
  };
  for (const Row& row : {Row{parser.logs, finish_logs}, Row{parser.policy_watch, finish_watch},
                         Row{parser.query, finish_query}, Row{parser.allowlist, finish_allowlist},
                         Row{parser.replay, finish_replay}, Row{parser.import, finish_import}}) {
    if (!row.command->parsed()) continue;
    auto command = row.finish(parser.log_options);
    if (!command) return wrong(command.error().message, name_of_chosen(parser.app));
    return good(*std::move(command));
  }
  return {};
}

}  // namespace

std::string format_exit_codes(std::string_view command) {
  std::string text = "Exit codes:\n";
  for (const auto& row : kExitCodes) {
    if (row.command == command) text += fmt::format("  {:<3} {}\n", row.code, row.meaning);
  }
  return text;
}

std::string help_text(std::string_view command) {
  const Parser parser;
  const CLI::App* at = &parser.app;
  std::string before;
  while (!command.empty()) {
    before += (before.empty() ? "" : " ") + at->get_name();
    const std::size_t end = std::min(command.find(' '), command.size());
    at = at->get_subcommand(std::string(command.substr(0, end)));
    command.remove_prefix(std::min(end + 1, command.size()));
  }
  return at->help(before);
}

ParsedArguments parse_arguments(std::vector<std::string> arguments) {
  if (auto refusal = refuse_unknown_command(arguments)) return *std::move(refusal);
  Parser parser;
  std::ranges::reverse(arguments);  // as the library wants them
  try {
    parser.app.parse(std::move(arguments));
  } catch (const CLI::CallForVersion&) {
    ParsedArguments parsed;
    parsed.text = "discriminat " DN_VERSION "\n";
    return parsed;
  } catch (const CLI::CallForHelp&) {
    ParsedArguments parsed;
    parsed.text = help_text(name_of_chosen(parser.app));
    return parsed;
  } catch (const CLI::ParseError& error) {
    return wrong(printable(error.what()), name_of_chosen(parser.app));
  }
  if (parser.check->parsed()) return finish_check(parser);
  if (parser.explain->parsed()) return finish_explain(parser);
  if (parser.policy_show->parsed()) return finish_policy_show(parser);
  if (parser.status->parsed()) return good(parser.status_arguments);
  if (parser.inspect->parsed()) return good(parser.inspect_arguments);
  if (parser.serve->parsed()) return finish_serve(parser);
  if (auto log_command = finish_log_command(parser)) return *std::move(log_command);
  return good(parser.run_arguments);
}

}  // namespace dn::cli
