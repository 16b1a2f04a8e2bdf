// `allowlist`: from log lines to rules, in all three forms; Terraform read back by a reader of HCL.
#include "cli/allowlist.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

class AllowlistTest : public CliTest {
 protected:
  void put_line(std::string_view host, std::chrono::minutes ago, std::string_view more = "",
                std::string_view reason = "not-allowlisted", std::string_view src = "10.0.1.10") {
    logs.add(wall.time_since_epoch().count() - std::chrono::milliseconds(ago).count(),
             R"({"time":"x","dhost":")" + std::string(host) +
                 R"(","cat":"client","outcome":"allowed","src":")" + std::string(src) +
                 R"(","dst":"198.51.100.7","dpt":443,"proto":"tls","reason":")" +
                 std::string(reason) + R"(: x","see_thru_days_remaining":3,)" +
                 R"("see_thru_gid":"sg-open","see_thru_exerted":true)" + std::string(more) + "}");
  }
  void put_usual_lines() {
    put_line("b.example.com", 49h);
    put_line("a.example.com", 48h);
    put_line("a.example.com", 47h, "", "not-allowlisted", "10.0.1.11");
    put_line("c.example.com", 2h);
    put_line("198.51.100.7", 1h, "", "tls-no-sni");
  }
};

TEST_F(AllowlistTest, WritesRulesForPeople) {
  put_usual_lines();
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app"}), kExitGood);
  EXPECT_EQ(
      out,
      "the see-thru of sg-open let 5 connections of 2 clients through, 2026-11-20 11:00 to "
      "2026-11-22 11:00\n"
      "\n"
      "PROTOCOL  PORT  CONNECTIONS  CLIENTS  FIRST             LAST              NAME\n"
      "tls       443   2            2        2026-11-20 12:00  2026-11-20 13:00  a.example.com\n"
      "tls       443   1            1        2026-11-20 11:00  2026-11-20 11:00  b.example.com\n"
      "tls       443   1            1        2026-11-22 10:00  2026-11-22 10:00  c.example.com\n"
      "\n"
      "outbound TCP rules for sg-app:\n"
      "PORT  DESTINATION  DESCRIPTION\n"
      "443   0.0.0.0/0    discriminat:tls:a.example.com,b.example.com,c.example.com\n"
      "\n"
      "rules cannot express these:\n"
      "PROTOCOL  PORT  CONNECTIONS  CLIENTS  FIRST             LAST              NAME          "
      "REASON      WHAT TO DO\n"
      "tls       443   1            1        2026-11-22 11:00  2026-11-22 11:00  198.51.100.7  "
      "tls-no-sni  have the client name the server (SNI), or allow the address: "
      "discriminat:tls:198.51.100.7\n"
      "\n"
      "wildcards to consider; each covers names that nobody has asked for, too:\n"
      "  *.example.com on port 443: a.example.com, b.example.com, c.example.com\n"
      "\n"
      "how complete this is:\n"
      "  the last new name, c.example.com, appeared 2026-11-22 10:00\n"
      "  no new name on 0 of 2 days with connections\n"
      "  1 of 2 clients brought no name that another had not brought before\n"
      "  see-thru ends on 2026-11-25, 3 days left\n");
  EXPECT_EQ(
      logs.asked_text("filterPattern"),
      "{ $.see_thru_gid = \"sg-open\" && $.see_thru_exerted IS TRUE && ($.cat = \"client\" || "
      "$.reason = \"*server*\") }");
  EXPECT_EQ(logs.asked_number("startTime"), (wall - 30 * 24h).time_since_epoch().count());
}

TEST_F(AllowlistTest, PrintsJson) {
  put_usual_lines();
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--format", "json"}), kExitGood);
  const auto value = boost::json::parse(out);
  EXPECT_EQ(value.at("rules").at(0).at("description").as_string(),
            "discriminat:tls:a.example.com,b.example.com,c.example.com");
  EXPECT_EQ(value.at("into").as_string(), "sg-open");
  EXPECT_EQ(value.at("names").as_array().size(), 3U);
  EXPECT_EQ(value.at("names").at(0).at("first").as_string(), "2026-11-20T12:00:00.000Z");
  EXPECT_EQ(value.at("apart").at(0).at("reason").as_string(), "tls-no-sni");
  EXPECT_EQ(value.at("wildcards").at(0).at("pattern").as_string(), "*.example.com");
  EXPECT_EQ(value.at("completeness").at("see_thru_days_remaining").as_int64(), 3);
  EXPECT_EQ(value.at("completeness").at("days_without_new").as_int64(), 0);
}

TEST_F(AllowlistTest, PrintsTerraform) {
  put_usual_lines();
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--format", "terraform"}),
            kExitGood);
  EXPECT_TRUE(out.ends_with(R"(
resource "aws_vpc_security_group_egress_rule" "discriminat_tls_443_0_0_0_0_0" {
  security_group_id = "sg-app"
  description       = "discriminat:tls:a.example.com,b.example.com,c.example.com"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}
)")) << out;
  EXPECT_TRUE(out.contains("# no rule for 198.51.100.7 on tls/443 (tls-no-sni): have the client"));
  std::istringstream lines(out.substr(0, out.find("\nresource")));
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("# ")) << line;
}

TEST_F(AllowlistTest, SaysThatThereIsNothing) {
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open"}), kExitGood);
  EXPECT_EQ(out, "the see-thru of sg-open let nothing through in this time\n");
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--format", "terraform"}), kExitGood);
  EXPECT_EQ(out, "# the see-thru of sg-open let nothing through in this time\n");
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--format", "json"}), kExitGood);
  EXPECT_TRUE(boost::json::parse(out).at("rules").as_array().empty());
  EXPECT_EQ(call({"allowlist", "--gid", "%default"}), kExitGood);
  EXPECT_TRUE(logs.asked_text("filterPattern").starts_with("{ $.see_thru_gid = \"%default\" && "));
}

TEST_F(AllowlistTest, RepeatsNoRuleOfTheCloudAndTellsItsProblems) {
  put_usual_lines();
  const auto file =
      put("p.toml", "[gateway]\nsource = \"aws\"\ninside = [\"lan0\"]\noutside = \"wan0\"\n");
  cloud.emplace();
  cloud->add_client("eni-1", "10.0.1.10", {"sg-app"});
  cloud->set_group("sg-app", "discriminat:tls:a.example.com");
  cloud->parameters["DiscrimiNAT"] = R"({"%default": {"wildcard_exposure": "some"}})";
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--config", file}),
            kExitGood);
  EXPECT_NE(out.find("discriminat:tls:b.example.com,c.example.com"), std::string::npos) << out;
  EXPECT_NE(err.find("wildcard_exposure"), std::string::npos) << err;
}

TEST_F(AllowlistTest, RepeatsNoRuleOfAGivenPolicy) {
  put_usual_lines();
  const auto file = put("p.toml", R"([gateway]
inside = ["lan0"]
outside = "wan0"
state_dir = "/srv/logs"
[[group]]
gid = "sg-app"
  [[group.egress]]
  description = "discriminat:tls:a.example.com"
  ports = 443
)");
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--config", file}),
            kExitGood);
  EXPECT_TRUE(out.contains("  discriminat:tls:b.example.com,c.example.com\n")) << out;
  EXPECT_TRUE(out.contains("note: 1 name left out: the policy has rules for them\n")) << out;
  EXPECT_EQ(logs.default_store, "/srv/logs");
  const std::string groups = R"({"SecurityGroups": [{"GroupId": "sg-app", "IpPermissionsEgress": [
    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [
      {"CidrIp": "0.0.0.0/0", "Description": "discriminat:tls:a.example.com"}]}]}]})";
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--config", "-"}, groups),
            kExitGood);
  EXPECT_TRUE(out.contains("443   0.0.0.0/1    discriminat:tls:b.example.com,c.example.com\n"))
      << out;
  EXPECT_EQ(logs.default_store, "/var/lib/discriminat");
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--config", path_of("none")}), kExitCannot);
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--config", put("bad.toml", "[gateway]\n")}),
            kExitCannot);
}

TEST_F(AllowlistTest, StepsAroundTheDestinationsOfItsGroupOnly) {
  put_usual_lines();
  const std::string rules = R"({"SecurityGroupRules": [
    {"GroupId": "sg-app", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
     "CidrIpv4": "0.0.0.0/0", "Description": "discriminat:tls:c.example.com"},
    {"GroupId": "sg-other", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
     "CidrIpv4": "0.0.0.0/1", "Description": "discriminat:tls:a.example.com"}]})";
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--config", "-"}, rules),
            kExitGood);
  EXPECT_TRUE(out.contains("443   0.0.0.0/1    discriminat:tls:a.example.com,b.example.com\n"))
      << out;
}

TEST_F(AllowlistTest, TellsWhatIsOddAboutAGivenPolicy) {
  put_usual_lines();
  const std::string groups = R"({"NextToken": "x", "SecurityGroups": [
    {"GroupId": "sg-app", "IpPermissionsEgress": [
      {"IpProtocol": "tcp", "IpRanges": [{"Description": "discriminat:tls:a.example.com"}]},
      {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [
        {"CidrIp": "0.0.0.0/0", "Description": "discriminat:tls:b.example.com"}]}]}]})";
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--config", "-"}, groups),
            kExitGood);
  EXPECT_TRUE(out.contains("note: 1 name left out: the policy has rules for them\n")) << out;
  EXPECT_TRUE(err.starts_with("stdin: NextToken: warning: this is only one page")) << err;
  EXPECT_TRUE(err.contains("error: the rule has no port range")) << err;
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--config",
                  put("bad.toml", "[gateway]\n[dns]\nttl = 1\n")}),
            kExitCannot);
  EXPECT_TRUE(err.contains("unknown key \"ttl\"")) << err;
  EXPECT_TRUE(err.contains("\"inside\"")) << err;
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--config", "-"}, "{}"), kExitCannot);
  EXPECT_EQ(out, "");
}

TEST_F(AllowlistTest, LeavesANameOutOnceWhateverItsReasons) {
  put_line("a.example.com", 2h);
  put_line("a.example.com", 1h, "", "port-not-allowed");
  const auto file = put("p.toml", R"([gateway]
inside = ["lan0"]
outside = "wan0"
[[group]]
gid = "sg-app"
  [[group.egress]]
  description = "discriminat:tls:a.example.com"
  ports = 443
)");
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--into", "sg-app", "--config", file}),
            kExitGood);
  EXPECT_TRUE(out.contains("note: 1 name left out: the policy has rules for them\n")) << out;
}

TEST_F(AllowlistTest, SaysThatClientsWereUnknown) {
  put_line("a.example.com", 1h, "", "client-unknown");
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open"}), kExitGood);
  EXPECT_TRUE(out.contains(
      "note: 1 connection came from addresses that were no client: give them the group\n"))
      << out;
}

TEST_F(AllowlistTest, JoinsOneNameOfTwoReasons) {
  put_line("a.example.com", 2h, "", "not-allowlisted");
  put_line("a.example.com", 1h, "", "port-not-allowed", "10.0.1.11");
  put_line("a.example.com-x.example", 1h);
  EXPECT_EQ(call({"allowlist", "--gid", "sg-open"}), kExitGood);
  EXPECT_TRUE(
      out.contains("tls       443   2            2        2026-11-22 10:00  "
                   "2026-11-22 11:00  a.example.com\n"))
      << out;
}

TEST_F(AllowlistTest, ShowsHostileNamesSafely) {
  put_line("\\u001b[2J\\n\\\"${evil}\\\" # x", 1h);
  put_line("x\\u202ey", 1h, "", "http-not-allowed");
  for (const char* form : {"rule", "terraform", "json"}) {
    EXPECT_EQ(call({"allowlist", "--gid", "sg-open", "--format", form}), kExitGood);
    for (const char c : out) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c != 0x7f) || c < 0);
    EXPECT_FALSE(out.contains("\xe2\x80\xae"));
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(std::string_view(form) != "terraform" || line.starts_with("#")) << line;
    }
  }
}

}  // namespace
}  // namespace dn::cli
