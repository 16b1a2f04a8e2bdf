// `explain`: the answer, the advice, and agreement with the engine's judge.
#include "cli/explain.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"
#include "config/config_file.h"
#include "engine/judge.h"
#include "review/explanation.h"

namespace dn::cli {
namespace {

using Explain = CliTest;

constexpr std::string_view kPolicy = R"([gateway]
inside = ["lan0"]
outside = "wan0"
[[group]]
gid = "sg-web"
  [[group.egress]]
  description = "discriminat:tls:api.github.com,*.example.com,198.51.100.7"
  ports = 443
  [[group.egress]]
  description = "discriminat:ssh:github.com,198.51.100.8"
  ports = 22
[[group]]
gid = "sg-open"
  [[group.egress]]
  description = "discriminat:see-thru:2026-11-22"
[[group]]
gid = "sg-past"
  [[group.egress]]
  description = "discriminat:see-thru:2026-11-21"
[[client]]
address = "10.0.1.10"
groups = ["sg-web"]
[[client]]
address = "10.0.1.11"
groups = ["sg-web", "sg-open"]
[[subnet]]
prefix = "10.0.1.0/24"
groups = ["sg-past"]
)";

TEST_F(Explain, NamesTheRuleAndWhatIsVerifiedLater) {
  const auto file = put("p.toml", kPolicy);
  EXPECT_EQ(call({"explain", "--config", file, "--src", "10.0.1.10", "--to", "API.github.com"}),
            kExitGood);
  EXPECT_EQ(out, R"(allowed: 10.0.1.10 to api.github.com:443 (tls)
client: p.toml:20:1, groups sg-web
rule: sg-web: api.github.com
at run time the gateway verifies that:
  - its own look-ups of api.github.com give the destination address
  - the TLS handshake is well formed and asks for api.github.com
  - client and server agree on TLS 1.2 or newer
)");
}

TEST_F(Explain, AsksTheCloudWhereThatIsTheSource) {
  const auto file =
      put("p.toml", "[gateway]\nsource = \"aws\"\ninside = [\"lan0\"]\noutside = \"wan0\"\n");
  const std::vector<std::string> asked = {"explain", "--config",       file, "--src", "10.0.0.1",
                                          "--to",    "api.example.com"};
  EXPECT_EQ(call(asked), kExitCannot);
  EXPECT_EQ(err,
            "discriminat: the policy cannot be read from the cloud:\n  this test has no cloud\n");
  cloud.emplace();
  cloud->add_client("eni-1", "10.0.0.1", {"sg-1"});
  cloud->set_group("sg-1", "discriminat:tls:api.example.com");
  EXPECT_EQ(call(asked), kExitGood);
  EXPECT_TRUE(out.starts_with("allowed: 10.0.0.1 to api.example.com:443 (tls)\n")) << out;
}

TEST_F(Explain, SaysWhatToAdd) {
  const auto file = put("p.toml", kPolicy);
  EXPECT_EQ(call({"explain", "--config", file, "--src", "10.0.1.10", "--to", "a.b.example.com"}),
            kExitNo);
  EXPECT_EQ(out, R"(refused: 10.0.1.10 to a.b.example.com:443 (tls)
client: p.toml:20:1, groups sg-web
reason: not-allowlisted: no rule of this client names the destination for this protocol
add to sg-web:
  [[group.egress]]
  description = "discriminat:tls:a.b.example.com"
  ports = 443
)");
}

TEST_F(Explain, PrintsJson) {
  const auto file = put("p.toml", kPolicy);
  EXPECT_EQ(
      call({"explain", "--json", "--config", file, "--src", "10.0.1.10", "--to", "github.com:22"}),
      kExitGood);
  EXPECT_EQ(out, R"({"allowed": true, "by_see_thru": false, "src": "10.0.1.10", )"
                 R"("dhost": "github.com", "dpt": 22, "proto": "ssh", "groups": ["sg-web"], )"
                 R"("gid": "sg-web", "addr": "github.com", "reason": "", "sentence": "", )"
                 R"("verified_at_run_time": ["its own look-ups of github.com give the destination )"
                 R"(address", "client and server speak SSH 2"], "advice": [], )"
                 R"("annotation": "discriminat:ssh:github.com"})"
                 "\n");
}

struct Question {
  std::string_view source;
  std::string_view to;
  std::string_view protocol;  // empty: none given
  int code;
  std::string_view reason;  // a slug; of what see-thru overrules, too
};

TEST_F(Explain, AnswersWithTheReasonThatTheLogWouldShow) {
  const auto file = put("p.toml", kPolicy);
  for (const Question& q : {
           Question{"10.0.1.10", "x.example.com", "", kExitGood, ""},
           Question{"10.0.1.10", "api.github.com:8443", "", kExitNo, "port-not-allowed"},
           Question{"10.0.1.10", "api.github.com:22", "", kExitNo, "not-allowlisted"},
           Question{"10.0.1.10", "github.com:22", "", kExitGood, ""},
           Question{"10.0.1.10", "github.com", "", kExitNo, "not-allowlisted"},
           Question{"10.0.1.10", "198.51.100.7", "", kExitGood, ""},
           Question{"10.0.1.10", "198.51.100.7:444", "", kExitNo, "port-not-allowed"},
           Question{"10.0.1.10", "198.51.100.8", "ssh", kExitGood, ""},
           Question{"10.0.1.10", "198.51.100.9", "", kExitNo, "not-allowlisted"},
           Question{"10.0.1.10", "169.254.169.254:80", "", kExitNo, "dst-special"},
           Question{"10.0.1.11", "169.254.169.254:80", "", kExitNo, "dst-special"},
           Question{"10.0.1.10", "api.github.com:80", "", kExitNo, "http-not-allowed"},
           Question{"10.0.1.11", "other.example:80", "", kExitGood, "http-not-allowed"},
           Question{"10.0.1.11", "other.example", "", kExitGood, "not-allowlisted"},
           Question{"10.0.1.11", "api.github.com", "", kExitGood, ""},
           Question{"10.0.1.12", "api.github.com", "", kExitNo, "not-allowlisted"},
           Question{"10.9.9.9", "api.github.com", "", kExitNo, "client-unknown"},
       }) {
    std::vector<std::string> arguments = {"explain", "--json",         "--config",
                                          file,      "--src",          std::string(q.source),
                                          "--to",    std::string(q.to)};
    if (!q.protocol.empty()) {
      arguments.emplace_back("--proto");
      arguments.emplace_back(q.protocol);
    }
    EXPECT_EQ(call(arguments), q.code) << q.source << " " << q.to << "\n" << out;
    EXPECT_TRUE(out.contains("\"reason\": \"" + std::string(q.reason) + "\"")) << q.to << "\n"
                                                                               << out;
  }
}

TEST_F(Explain, SaysThatOnlySeeThruAllowsIt) {
  const auto file = put("p.toml", kPolicy);
  EXPECT_EQ(call({"explain", "--config", file, "--src", "10.0.1.11", "--to", "other.example"}),
            kExitGood);
  EXPECT_TRUE(out.starts_with("allowed by see-thru: 10.0.1.11 to other.example:443 (tls)\n"));
  EXPECT_TRUE(out.contains("see-thru: sg-open until 2026-11-22\nwithout it: not-allowlisted: "));
  EXPECT_TRUE(out.contains("add to sg-web or sg-open:\n")) << out;
}

TEST_F(Explain, SaysHowToMakeAClient) {
  const auto file = put("p.toml", kPolicy);
  EXPECT_EQ(call({"explain", "--config", file, "--src", "10.9.9.9", "--to", "a.example"}), kExitNo);
  EXPECT_TRUE(out.contains("  [[client]]\n  address = \"10.9.9.9\"\n")) << out;
}

TEST_F(Explain, ConvertsNamesWithOtherLetters) {
  const auto file = put("p.toml", kPolicy);
  call({"explain", "--config", file, "--src", "10.0.1.10", "--to", "bücher.example.com"});
  EXPECT_TRUE(out.starts_with("allowed: 10.0.1.10 to xn--bcher-kva.example.com:443")) << out;
}

TEST_F(Explain, CannotAnswerFromABadFileOrAboutABadName) {
  const auto bad = put("p.toml", "[gateway]\n");
  EXPECT_EQ(call({"explain", "--config", bad, "--src", "10.0.1.10", "--to", "a.example"}),
            kExitCannot);
  EXPECT_TRUE(err.contains("p.toml:1:1: error: [gateway] lacks \"inside\"")) << err;
  EXPECT_EQ(call({"explain", "--config", bad, "--src", "10.0.1.10", "--to", "a..example"}),
            kExitCannot);
  EXPECT_EQ(err, "discriminat: --to \"a..example\": write a host name or an IPv4 address\n");
}

// With a ledger that confirms every name, the engine must decide the same.
TEST_F(Explain, AgreesWithTheEngine) {
  const auto loaded = config::load_config(kPolicy, "p");
  const auto suffixes = policy::PublicSuffixes::parse(policy::builtin_public_suffix_list());
  const Date today = std::chrono::year(2026) / 11 / 22;
  const auto compiled = policy::compile_policy(loaded.policy, *suffixes, today);
  const Ipv4Address server = *parse_ipv4("203.0.113.5");
  for (const std::string_view source : {"10.0.1.10", "10.0.1.11", "10.0.1.12", "10.9.9.9"}) {
    for (const std::string_view name :
         {"api.github.com", "x.example.com", "example.com", "github.com", "other.example"}) {
      for (const Port port : {Port{22}, Port{443}, Port{8443}}) {
        review::Flow flow;
        flow.source = *parse_ipv4(source);
        flow.name = DomainName::parse(name);
        flow.port = port;
        const auto answer = review::explain_flow(flow, *compiled.snapshot, today);

        engine::DnsLedger ledger;
        engine::JudgeContext context;
        context.policy = compiled.snapshot.get();
        context.ledger = &ledger;
        context.now.wall = std::chrono::sys_days{today};
        ledger.on_answer({.name = *flow.name,
                          .status = engine::DnsStatus::Answered,
                          .addresses = {{server, std::chrono::hours(1)}}},
                         context.now.monotonic);
        engine::ClientFacts facts;
        facts.protocol = Protocol::Tls;
        facts.name = flow.name;
        const auto judgement = engine::judge(facts, flow.source, {server, port}, context);
        EXPECT_EQ(answer.allowed, judgement.kind == engine::Judgement::Kind::Allow)
            << source << " " << name << " " << port;
        EXPECT_EQ(slug_of(answer.reason), slug_of(judgement.reason))
            << source << " " << name << " " << port;
      }
    }
  }
}

}  // namespace
}  // namespace dn::cli
