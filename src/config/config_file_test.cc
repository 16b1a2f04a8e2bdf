// The configuration file: values of good files, and a table of mistakes with their advice.
#include "config/config_file.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace dn::config {
namespace {

constexpr std::string_view kGateway = "[gateway]\ninside = [\"lan0\"]\noutside = \"wan0\"\n";

// Every problem of a text and below it the advice, without the file's name.
std::string problems_of(std::string_view text) {
  std::string lines;
  for (const auto& problem : load_config(text, "f").problems) {
    const bool error = problem.severity == ConfigProblem::Severity::Error;
    lines += problem.where.substr(2) + (error ? " error: " : " warning: ") + problem.what + "\n  " +
             problem.fix + "\n";
  }
  return lines;
}

std::string with_gateway(std::string_view rest) {
  return std::string(kGateway) + std::string(rest);
}

TEST(LoadConfig, NeedsOnlyTheInterfaces) {
  const LoadedConfig loaded = load_config(kGateway, "policy.toml");
  EXPECT_TRUE(loaded.problems.empty());
  GatewaySettings want;
  want.inside = {"lan0"};
  want.outside = "wan0";
  EXPECT_EQ(loaded.gateway, want);
  EXPECT_TRUE(loaded.policy.groups.empty());
  EXPECT_EQ(loaded.policy.preferences.wildcard_exposure,
            policy::WildcardExposure::ProhibitPublicSuffix);
  EXPECT_EQ(loaded.policy.preferences.see_thru, std::nullopt);
}

TEST(LoadConfig, ReadsEveryGatewayKey) {
  const LoadedConfig loaded = load_config(R"(
[gateway]
inside = ["lan0", "lan1"]
outside = "wan0"
queues = 2
queue_base = 100
state_dir = "/srv/dn"
instance = "gw-1"
health_port = 2042
local_services = ["tcp/22"]
revoke_on_rule_removal = false
require_synchronised_clock = false
public_suffix_list = "/etc/psl.dat"
x509_ca_file = "/etc/ca.pem"
log_segment_bytes = 1000000
log_segment_age = "10m"
log_keep_bytes = 5000000
log_keep_age = "7d"
[dns]
upstream = ["192.0.2.53", "192.0.2.54:5353"]
allow_private_answers = true
retention = "30m"
[api]
listen = "[::]:443"
tls_certificate = "/etc/dn/chain.pem"
tls_key = "/etc/dn/key.pem"
credentials_file = "/etc/dn/keys"
region = "eu-west-1"
account = "123456789012"
)",
                                          "f");
  EXPECT_TRUE(loaded.problems.empty()) << to_text(loaded.problems.front());
  GatewaySettings want;
  want.inside = {"lan0", "lan1"};
  want.outside = "wan0";
  want.queues = 2;
  want.queue_base = 100;
  want.state_dir = "/srv/dn";
  want.instance = "gw-1";
  want.health_port = 2042;
  want.local_services = {{LocalService::Transport::Tcp, 22}};
  want.revoke_on_rule_removal = false;
  want.require_synchronised_clock = false;
  want.public_suffix_list = "/etc/psl.dat";
  want.x509_ca_file = "/etc/ca.pem";
  want.log_segment_bytes = 1000000;
  want.log_segment_age = std::chrono::minutes(10);
  want.log_keep_bytes = 5000000;
  want.log_keep_age = std::chrono::hours(7 * 24);
  want.dns_upstream = {{{0xc0000235}, 53}, {{0xc0000236}, 5353}};
  want.dns_allow_private_answers = true;
  want.dns_retention = std::chrono::minutes(30);
  want.api_listen = "[::]:443";
  want.api_tls_certificate = "/etc/dn/chain.pem";
  want.api_tls_key = "/etc/dn/key.pem";
  want.api_credentials_file = "/etc/dn/keys";
  want.api_region = "eu-west-1";
  want.api_account = "123456789012";
  EXPECT_EQ(loaded.gateway, want);
}

TEST(LoadConfig, ReadsGroupsAndClients) {
  const LoadedConfig loaded = load_config(with_gateway(R"(
[[group]]
gid = "sg-web"
  [[group.egress]]
  description = "discriminat:tls:api.github.com"
  ports = 443
  [[group.egress]]
  description = "discriminat:see-thru:2026-1-1"
  protocol = "-1"
[[group]]
gid = "sg-git"
egress = [{description = "discriminat:ssh:github.com", ports = "22-23"}]
[[client]]
address = "10.0.1.10"
groups = ["sg-web", "sg-git"]
[[subnet]]
prefix = "10.0.2.0/24"
groups = ["sg-web"]
)"),
                                          "p.toml");
  EXPECT_TRUE(loaded.problems.empty()) << to_text(loaded.problems.front());
  const auto& input = loaded.policy;
  ASSERT_EQ(input.groups.size(), 2U);
  EXPECT_EQ(input.groups[0].gid, "sg-web");
  EXPECT_EQ(input.groups[0].where, "p.toml:5:1");
  ASSERT_EQ(input.groups[0].egress.size(), 2U);
  const auto& first = input.groups[0].egress[0];
  EXPECT_EQ(first.description, "discriminat:tls:api.github.com");
  EXPECT_EQ(first.ip_protocol, "tcp");
  EXPECT_EQ(first.from_port, 443);
  EXPECT_EQ(first.to_port, 443);
  EXPECT_EQ(first.where, "p.toml:7:3");
  EXPECT_EQ(input.groups[0].egress[1].ip_protocol, "-1");
  EXPECT_EQ(input.groups[0].egress[1].from_port, 0);
  EXPECT_EQ(input.groups[0].egress[1].to_port, 65535);
  ASSERT_EQ(input.groups[1].egress.size(), 1U);
  EXPECT_EQ(input.groups[1].egress[0].to_port, 23);
  ASSERT_EQ(input.clients.size(), 2U);
  EXPECT_EQ(to_text(input.clients[0].prefix), "10.0.1.10/32");
  EXPECT_EQ(input.clients[0].gids, (std::vector<std::string>{"sg-web", "sg-git"}));
  EXPECT_EQ(to_text(input.clients[1].prefix), "10.0.2.0/24");
}

TEST(LoadConfig, ReadsPreferencesAndBothFormsOfDate) {
  using namespace std::chrono;
  const auto loaded = load_config(with_gateway(R"(
[preferences]
wildcard_exposure = "nuclear"
flow_log_verbosity = "only_disallowed"
see_thru = 2026-12-24
x509_crls = "allow"
)"),
                                  "f");
  ASSERT_TRUE(loaded.problems.empty()) << to_text(loaded.problems.front());
  const auto& preferences = loaded.policy.preferences;
  EXPECT_EQ(preferences.wildcard_exposure, policy::WildcardExposure::Nuclear);
  EXPECT_EQ(preferences.flow_log_verbosity, policy::FlowLogVerbosity::OnlyDisallowed);
  EXPECT_EQ(preferences.see_thru, (2026y / 12 / 24));
  EXPECT_EQ(preferences.x509_crls, policy::X509Crls::Allow);
  for (const std::string_view text : {"\"2026-12-24\"", "2026-12-24"}) {
    const std::string file = with_gateway("[preferences]\nsee_thru = ") + std::string(text);
    EXPECT_EQ(load_config(file, "f").policy.preferences.see_thru, (2026y / 12 / 24));
  }
}

TEST(LoadConfig, LeavesAnnotationMistakesToTheCompiler) {
  const auto loaded = load_config(with_gateway(R"(
[[group]]
gid = "g"
[[group.egress]]
description = "discriminat:tls:*.com,,bad host"
[[client]]
address = "10.0.0.1"
groups = ["g"]
)"),
                                  "f");
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.policy.groups[0].egress[0].description, "discriminat:tls:*.com,,bad host");
}

TEST(LoadConfig, WrongPreferencesAreWarningsAndTheirDefaults) {
  const auto loaded = load_config(with_gateway("[preferences]\nwildcard_exposure = \"nucular\"\n"
                                               "see_thru = \"2026-02-30\"\nextra = 1\n"),
                                  "f");
  EXPECT_FALSE(loaded.has_errors());
  EXPECT_EQ(loaded.problems.size(), 3U);
  EXPECT_EQ(loaded.policy.preferences.wildcard_exposure,
            policy::WildcardExposure::ProhibitPublicSuffix);
  EXPECT_EQ(loaded.policy.preferences.see_thru, std::nullopt);
}

TEST(LoadConfig, StopsWhereTheTextIsNotToml) {
  const auto loaded = load_config("[gateway]\ninside = [\n\nx", "f");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].where, "f:4:1");
  EXPECT_TRUE(loaded.problems[0].what.starts_with("not TOML: "));
  EXPECT_TRUE(loaded.has_errors());
}

TEST(LoadConfig, SurvivesHostileShapes) {
  std::string deep = "[";
  for (int i = 0; i < 500'000; ++i) deep += "a.";
  EXPECT_TRUE(load_config(deep + "b]\n", "f").has_errors());
  EXPECT_TRUE(load_config("a = " + std::string(100'000, '['), "f").has_errors());
  EXPECT_TRUE(load_config(std::string("a\0b", 3), "f").has_errors());
  EXPECT_TRUE(load_config("a = \"\xff\"", "f").has_errors());
}

TEST(LoadConfig, RefusesFilesBeyondTheLimit) {
  const std::string text(limits::kPolicyFileBytesMax + 1, '\n');
  const auto loaded = load_config(text, "f");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(to_text(loaded.problems[0]),
            "f:1:1: error: the file has 268435457 bytes; write at most 268435456");
}

TEST(LoadConfig, ListsAThousandProblemsAndCountsTheRest) {
  std::string text(kGateway);
  for (int i = 0; i < 1500; ++i) text += "k" + std::to_string(i) + " = 1\n";
  const auto loaded = load_config(text, "f");
  ASSERT_EQ(loaded.problems.size(), kProblemsMax + 1);
  EXPECT_EQ(loaded.problems.back().what, "500 more problems");
  EXPECT_TRUE(loaded.has_errors());
}

TEST(LoadConfig, TakesTwentyRolesAndNoMore) {
  const auto with_roles = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
      list += "\"arn:aws:iam::" + std::to_string(100'000'000'000 + i) + ":role/r\", ";
    }
    return load_config(
        "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n[aws]\n"
        "role_external_id = \"lab\"\nroles = [" +
            list + "]\n",
        "f");
  };
  const auto most = with_roles(20);
  EXPECT_TRUE(most.problems.empty());
  EXPECT_EQ(most.gateway.aws_roles.size(), 20U);
  EXPECT_EQ(most.gateway.aws_roles.at(19), "arn:aws:iam::100000000019:role/r");
  EXPECT_EQ(most.gateway.aws_role_external_id, "lab");
  const auto more = with_roles(21);
  ASSERT_EQ(more.problems.size(), 1U);
  EXPECT_EQ(more.problems[0].what, "\"roles\" lists 21 roles");
}

struct Case {
  std::string_view name;
  std::string text;
  std::string_view want;  // problems_of(text)
};

class LoadConfigProblems : public testing::TestWithParam<Case> {};

TEST_P(LoadConfigProblems, AreListedWithTheirCure) {
  EXPECT_EQ(problems_of(GetParam().text), GetParam().want);
}

const Case kCases[] = {
    {"EmptyFile", R"()",
     R"(1:1 error: the file has no [gateway]
  write [gateway] with inside and outside, the interfaces of the gateway
)"},
    {"UnknownSectionsAndStrayKeys", R"(outside = "wan0"
foo = 1
[gatway]
[gateway]
inside = ["lan0"]
outside = "wan0"
[clients]
)",
     R"(1:1 error: unknown key "outside"
  it belongs below [gateway]
2:1 error: unknown key "foo"
  write one of [gateway], [dns], [api], [aws], [preferences], [[group]], [[client]], [[subnet]]
3:2 error: unknown section "gatway"
  did you mean "gateway"?
7:2 error: unknown section "clients"
  did you mean "client"?
)"},
    {"UnknownKeys", with_gateway(R"(queus = 2
retention = "1h"
foo = 1
)"),
     R"(4:1 error: unknown key "queus" in [gateway]
  did you mean "queues"?
5:1 error: unknown key "retention" in [gateway]
  it belongs below [dns]
6:1 error: unknown key "foo" in [gateway]
  docs/configuration.md lists the keys
)"},
    {"MissingInterfaces", R"([gateway]
queues = 2
)",
     R"(1:1 error: [gateway] lacks "inside"
  write inside = … (list of interface names)
1:1 error: [gateway] lacks "outside"
  write outside = … (interface name)
)"},
    {"WrongTypes", R"([gateway]
inside = "lan0"
outside = 1
queues = "2"
health_port = 1.5
local_services = [53]
revoke_on_rule_removal = "yes"
log_segment_age = 3600
state_dir = []
)",
     R"(2:10 error: "inside" is text
  write inside = ["lan0"]
3:11 error: "outside" is an integer
  write outside = … (interface name)
4:10 error: "queues" is text
  write queues = … (integer, 1 to 64)
5:15 error: "health_port" is a number with a point
  write health_port = … (port)
6:19 error: "local_services" is an integer
  write local_services = … (list of "udp/PORT" or "tcp/PORT")
7:26 error: "revoke_on_rule_removal" is text
  write true or false, without quotes
8:19 error: "log_segment_age" is an integer
  write the unit too, "3600s"
9:13 error: "state_dir" is a list
  write state_dir = … (absolute path)
)"},
    {"BadGatewayValues", R"([gateway]
inside = ["lan 0", "lan1", "lan1"]
outside = "lan1"
queues = 0
queue_base = 65530
state_dir = "var"
instance = "my gw"
health_port = 0
local_services = ["53"]
public_suffix_list = "list.dat"
x509_ca_file = "ca.pem"
)",
     R"(2:11 error: "lan 0" in "inside"
  write an interface name as `ip link` shows it: at most 15 letters, digits, '_', '-', '.'
2:28 error: "lan1" in "inside"
  it stands there already; drop it
3:11 error: "lan1" in "outside"
  it is an inside interface too; one interface cannot be both
4:10 error: "0" in "queues"
  write an integer from 1 to 64
5:14 error: "65530" in "queue_base"
  write a number that leaves room for all queues below 65536
6:13 error: "var" in "state_dir"
  write an absolute path, like "/var/lib/discriminat"
7:12 error: "my gw" in "instance"
  write 1 to 255 visible characters without blanks, or leave it out
8:15 error: "0" in "health_port"
  write an integer from 1 to 65535
9:19 error: "53" in "local_services"
  write the transport, a slash and a port: "udp/53" or "tcp/53"
10:22 error: "list.dat" in "public_suffix_list"
  write an absolute path, like "/var/lib/discriminat"
11:16 error: "ca.pem" in "x509_ca_file"
  write an absolute path, like "/var/lib/discriminat"
)"},
    {"BadLogLimits", with_gateway(R"(log_segment_bytes = 1
log_keep_bytes = 1000000
log_segment_age = "1 h"
log_keep_age = "30m"
)"),
     R"(4:21 error: "1" in "log_segment_bytes"
  write an integer from 65536 to 1099511627776
5:18 error: "log_keep_bytes" is 1000000, less than two segments of 67108864
  write 134217728 or more, or smaller segments
6:19 error: "1 h" in "log_segment_age"
  write a whole number and a unit, "90s", "30m", "1h" or "90d"
7:16 error: "log_keep_age" is 30m, less than "log_segment_age"
  write "1h" or more
)"},
    {"LogKeepsLessThanItWrites", with_gateway(R"(log_segment_bytes = 10000000000
log_segment_age = "2h"
log_keep_age = "90m"
)"),
     R"(4:21 error: "log_keep_bytes" is 10737418240, less than two segments of 10000000000
  write 20000000000 or more, or smaller segments
6:16 error: "log_keep_age" is 90m, less than "log_segment_age"
  write "2h" or more
)"},
    {"EmptyInside", R"([gateway]
inside = []
outside = "wan0"
)",
     R"(2:10 error: "inside" is an empty list
  write the interfaces towards the clients
)"},
    {"BadDns", with_gateway(R"([dns]
upstream = ["dns.example", "192.0.2.1", "192.0.2.1:53"]
allow_private_answers = 1
retention = "10s"
ttl = 5
)"),
     R"(5:13 error: "dns.example" in "upstream"
  write an IPv4 address, with a port if it is not 53: "192.0.2.53" or "192.0.2.53:5353"
5:41 error: "192.0.2.1:53" in "upstream"
  it stands there already; drop it
6:25 error: "allow_private_answers" is an integer
  write true or false, without quotes
7:13 error: "10s" in "retention"
  write a duration from 1m to 7d
8:1 error: unknown key "ttl" in [dns]
  the keys here are upstream, allow_private_answers, retention
)"},
    {"TwoSources",
     "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n[preferences]\n",
     R"(5:1 error: "preferences" has no effect with source = "aws"
  leave it out, or write source = "file"
)"},
    {"MetricsThatNobodyShips",
     "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n[aws]\nmetrics = true\n"
     "ship_logs = false\n",
     R"(6:11 warning: "metrics" has no effect with ship_logs = false
  leave it out, or write ship_logs = true
)"},
    {"CloudWithoutSource", with_gateway("[aws]\nvpcs = [\"vpc-x\"]\n"),
     R"(4:1 warning: [aws] has no effect
  write source = "aws" in [gateway], or leave the section out
5:9 error: "vpc-x" in "vpcs"
  write the id of a VPC, like "vpc-0a1b2c3d"
)"},
    {"BadRoles",
     "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n[aws]\n"
     R"(roles = ["arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:role/s",
  "arn:aws:iam::111122223333:role/r", "discriminat-read"]
role_external_id = "x"
)",
     R"(6:46 error: "arn:aws:iam::111122223333:role/s" in "roles"
  another role of this account stands there; write one for each account
7:3 error: "arn:aws:iam::111122223333:role/r" in "roles"
  it stands there already; drop it
7:39 error: "discriminat-read" in "roles"
  write the ARN of a role, like "arn:aws:iam::111122223333:role/discriminat-read"
8:20 error: "x" in "role_external_id"
  write 2 to 1224 letters, digits and any of "_+=,.@:/-"
)"},
    {"ExternalIdWithoutRoles",
     "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n[aws]\n"
     "role_external_id = \"xy\"\n",
     R"(6:20 error: "role_external_id" has no effect without "roles"
  write the roles that ask for it, or leave it out
)"},
    {"BadGroupsInterval",
     "[gateway]\nsource = \"aws\"\ninside = [\"a\"]\noutside = \"b\"\n"
     "[aws]\ngroups_interval = \"9s\"\n",
     R"(6:19 error: "9s" in "groups_interval"
  write a duration from 10s to 5m
)"},
    {"BadApi", with_gateway(R"([api]
listen = "localhost:1043"
tls_certificate = "chain.pem"
tls_key = "/key.pem"
credentials_file = true
region = "Ireland"
account = "1234"
)"),
     R"(4:1 error: [api] has "tls_key" alone
  write both, or none
5:10 error: "localhost:1043" in "listen"
  write an address and a port, like "127.0.0.1:1043" or "[::1]:1043", or "" for none
6:19 error: "chain.pem" in "tls_certificate"
  write an absolute path, like "/var/lib/discriminat"
8:20 error: "credentials_file" is a boolean
  write credentials_file = … (absolute path, or empty)
9:10 error: "Ireland" in "region"
  write the name of a region, like "eu-west-1"
10:11 error: "1234" in "account"
  write the 12 digits of an account
)"},
    {"NoAddressInBrackets", with_gateway(R"([api]
listen = "[12345]:80"
)"),
     R"(5:10 error: "[12345]:80" in "listen"
  write an address and a port, like "127.0.0.1:1043" or "[::1]:1043", or "" for none
)"},
    {"LoopbackInFull", with_gateway(R"([api]
listen = "[0:0:0:0:0:0:0:1]:1043"
)"),
     ""},
    {"OpenApi", with_gateway(R"([api]
listen = "0.0.0.0:1043"
credentials_file = "/keys"
)"),
     R"(5:10 error: "0.0.0.0:1043" in "listen"
  other hosts could connect: write tls_certificate, tls_key and credentials_file too
)"},
    {"BadPreferences", with_gateway(R"([preferences]
wildcard_exposure = "prohibit_public_sufix"
flow_log_verbosity = "verbose"
see_thru = "2026-02-30"
x509_crls = true
extra = 1
)"),
     R"(5:21 warning: "prohibit_public_sufix" in "wildcard_exposure"
  write one of "none", "prohibit_asterisk", "prohibit_public_suffix", "nuclear"
6:22 warning: "verbose" in "flow_log_verbosity"
  write one of "full", "only_disallowed", "none"
7:12 warning: "2026-02-30" in "see_thru"
  write a date that exists, like "2026-12-24", or ""
8:13 warning: "x509_crls" is a boolean
  write x509_crls = … ("ignore" or "allow")
9:1 warning: unknown key "extra" in [preferences]
  the keys here are wildcard_exposure, flow_log_verbosity, see_thru, x509_crls
)"},
    {"SectionsInTheWrongForm", R"(gateway = 1
[group]
gid = "g"
[dns]
[[dns.upstream]]
)",
     R"(1:11 error: "gateway" is an integer, not a section
  write [gateway] once, and its keys below it
2:1 error: "group" is a table, not a list of sections
  write each one below its own [[group]]
5:1 error: "upstream" is a table
  write upstream = … (list of "ADDRESS" or "ADDRESS:PORT", at most 16)
)"},
    {"EgressInTheWrongForm", with_gateway(R"([[group]]
gid = "g"
[group.egress]
description = "x"
[[client]]
address = "10.0.0.1"
groups = ["g"]
)"),
     R"(6:1 error: "egress" is a table, not a list of sections
  write each one below its own [[group.egress]]
)"},
    {"GroupsOfWrongElements", with_gateway(R"(group = [1, "x"]
)"),
     R"(4:1 error: unknown key "group" in [gateway]
  write it as a section of its own
)"},
    {"BadGroups", with_gateway(R"([[group]]
[[group]]
gid = "%default"
[[group]]
gid = "g"
name = "x"
[[group]]
gid = "g"
[[client]]
address = "10.0.0.1"
groups = ["g"]
)"),
     R"(4:1 error: [[group]] lacks "gid"
  write gid = … (text, at most 255 characters)
6:7 error: "%default" in "gid"
  names that begin with '%' are reserved; write another one
9:1 error: unknown key "name" in [[group]]
  the keys here are gid, egress
11:7 error: "g" in "gid"
  f:7:1 has it already; write another gid, or the rules there
)"},
    {"BadEgress", with_gateway(R"([[group]]
gid = "g"
[[group.egress]]
ports = 443
[[group.egress]]
description = "a"
ports = [80, 443]
[[group.egress]]
description = "a"
port = 443
[[group.egress]]
description = "a"
protocol = -1
ports = 70000
[[group.egress]]
description = "a"
protocol = "TCP"
ports = "443,80"
[[group.egress]]
description = "a"
protocol = "-1"
ports = 443
[[client]]
address = "10.0.0.1"
groups = ["g"]
)"),
     R"(6:1 error: [[group.egress]] lacks "description"
  write description = … (text)
10:9 error: "ports" is a list
  one rule covers one range; write one [[group.egress]] per port
13:1 error: unknown key "port" in [[group.egress]]
  did you mean "ports"?
16:12 error: "protocol" is an integer
  write "-1"
17:9 error: "70000" in "ports"
  write a port from 1 to 65535, a range like "8000-8100", or "all"
20:12 error: "TCP" in "protocol"
  write "tcp"
21:9 error: "443,80" in "ports"
  one rule covers one range; write one [[group.egress]] per port
25:9 warning: "ports" has no effect where protocol is "-1", which covers all ports
  drop it, or write protocol = "tcp"
)"},
    {"BadClients", with_gateway(R"([[group]]
gid = "sg-web"
[[group]]
gid = "sg-unused"
[[client]]
address = "10.0.0.0/24"
groups = ["sg-web"]
[[client]]
address = "10.0.0.1"
groups = ["sg-wbe", "other", "sg-web", "sg-web"]
[[client]]
address = "10.0.0.1"
groups = []
[[client]]
ip = "10.0.0.2"
[[subnet]]
prefix = "10.0.0.1/32"
groups = "sg-web"
[[subnet]]
prefix = "10.0.0.9/24"
groups = ["sg-web"]
[[client]]
address = "127.0.0.1"
groups = ["sg-web"]
)"),
     R"(6:1 warning: no client has the group "sg-unused"
  name it in the groups of a [[client]] or [[subnet]], or drop it
9:11 error: "10.0.0.0/24" in "address"
  for a block write a [[subnet]] with prefix = "10.0.0.0/24"
13:11 error: "sg-wbe" in "groups"
  no group has this gid; did you mean "sg-web"?
13:21 error: "other" in "groups"
  no group has this gid; write a [[group]] with it
13:40 error: "sg-web" in "groups"
  it stands there already; drop it
15:11 error: "10.0.0.1" in "address"
  f:11:1 has it already; write all its groups there
16:10 warning: "groups" is empty
  name at least one group; without any, everything is refused
17:1 error: [[client]] lacks "address"
  write address = … (IPv4 address)
17:1 error: [[client]] lacks "groups"
  write groups = … (list of gids)
18:1 error: unknown key "ip" in [[client]]
  the keys here are address, groups
20:10 error: "10.0.0.1/32" in "prefix"
  f:11:1 has it already; write all its groups there
21:10 error: "groups" is text
  write groups = ["sg-web"]
23:10 error: "10.0.0.9/24" in "prefix"
  bits beyond the length must be zero: write "10.0.0.0/24"
26:11 error: "127.0.0.1" in "address"
  write the address of a client; this one is loopback
)"},
    {"HostileTextIsEscaped", with_gateway(R"("\u001b[2J" = 1
[[client]]
address = "\u001b]0;x\u0007"
groups = []
)"),
     R"(4:1 error: unknown key "\x1b[2J" in [gateway]
  docs/configuration.md lists the keys
6:11 error: "\x1b]0;x\x07" in "address"
  write one IPv4 address, like "10.0.1.10"
7:10 warning: "groups" is empty
  name at least one group; without any, everything is refused
)"},
    {"DeepKeys", R"([a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.b]
)",
     R"(1:1 error: a key of too many parts
  write keys as docs/configuration.md shows them
)"},
    {"DuplicateKey", R"([a]
b = 1
b = 2
)",
     R"(3:5 error: not TOML: Error while parsing key-value pair: cannot redefine existing integer 'b'
  mend this place and look again; nothing behind it was read
)"},
};

INSTANTIATE_TEST_SUITE_P(Table, LoadConfigProblems, testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace dn::config
