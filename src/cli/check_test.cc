// `check` on all kinds of files: what is printed, and the exit code.
#include "cli/check.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

using Check = CliTest;

constexpr std::string_view kGateway = "[gateway]\ninside = [\"lan0\"]\noutside = \"wan0\"\n";

std::string policy_with(std::string_view rules) {
  return std::string(kGateway) + "[[group]]\ngid = \"sg-web\"\n" + std::string(rules) +
         "[[client]]\naddress = \"10.0.1.10\"\ngroups = [\"sg-web\"]\n";
}

std::string rule(std::string_view description, std::string_view more = "") {
  return "[[group.egress]]\ndescription = \"" + std::string(description) + "\"\n" +
         std::string(more);
}

TEST_F(Check, ListsEveryMemberOfAGoodFile) {
  const auto text = policy_with(rule("discriminat:tls:*.github.com,github.com", "ports = 443\n") +
                                rule("discriminat:ssh:192.0.2.7", "ports = 22\n") +
                                rule("discriminat:see-thru:2026-12-24") + rule("a remark"));
  EXPECT_EQ(call({"check", "-"}, text), kExitGood);
  EXPECT_EQ(err, "");
  EXPECT_EQ(out,
            R"(WHERE       GROUP   PROTOCOL  PORTS  MEMBER        EFFECT
stdin:6:1   sg-web  tls       443    *.github.com  allowed
stdin:6:1   sg-web  tls       443    github.com    allowed
stdin:9:1   sg-web  ssh       22     192.0.2.7     allowed
stdin:12:1  sg-web  see-thru  all    2026-12-24    lets everything through, to the end of that day

stdin (configuration file): 4 allowed, 0 rejected, 0 warnings, 0 errors of the file
)");
}

TEST_F(Check, NamesEveryMistakeAndItsPlace) {
  const auto text =
      policy_with(rule("discriminat:tls:*.com,good.example") + rule("discriminat:tls:*.com") +
                  rule("discriminat:smtp:a.example")) +
      "[dns]\nttl = 1\n";
  EXPECT_EQ(call({"check", "-"}, text), kExitNo);
  EXPECT_TRUE(out.starts_with("stdin:16:1: error: unknown key \"ttl\" in [dns]")) << out;
  EXPECT_TRUE(out.contains("stdin:6:1   sg-web  tls       all    good.example")) << out;
  // The same mistake twice is two mistakes, each with its own place.
  EXPECT_TRUE(out.contains("stdin:6:1   sg-web  tls       all    *.com")) << out;
  EXPECT_TRUE(out.contains("stdin:8:1   sg-web  tls       all    *.com")) << out;
  EXPECT_TRUE(out.contains("rejected: publicsuffix[.]org list matched with `com`")) << out;
  EXPECT_TRUE(out.contains("discriminat:smtp:a.example")) << out;
  EXPECT_TRUE(out.ends_with("1 allowed, 3 rejected, 0 warnings, 1 error of the file\n")) << out;
}

TEST_F(Check, CountsWarningsOnlyWhenStrict) {
  const auto file = put("p.toml", policy_with(rule("discriminat:tls:a.example") +
                                              rule("discriminat:see-thru:2020-01-01")));
  EXPECT_EQ(call({"check", file}), kExitGood);
  EXPECT_TRUE(out.contains("warning: the date is past")) << out;
  EXPECT_EQ(call({"check", "--strict", file}), kExitNo);
}

TEST_F(Check, WarnsOfDescriptionsThatMissTheForm) {
  const auto file = put("p.toml", policy_with(rule("allow discriminat:tls:a.example") +
                                              rule("discriminate:tls:a.example")));
  EXPECT_EQ(call({"check", file}), kExitGood);
  EXPECT_TRUE(out.contains("0 allowed, 0 rejected, 2 warnings")) << out;
  EXPECT_TRUE(out.contains("begin the description with \"discriminat:tls:\"")) << out;
}

TEST_F(Check, DoesNotBlameListsThatOnlyTheGatewayReads) {
  const auto file = put(
      "p.toml",
      policy_with(rule("discriminat:tls:arn:aws:ssm:eu-west-1:111122223333:parameter/allowed")));
  EXPECT_EQ(call({"check", "--strict", file}), kExitGood);
  EXPECT_TRUE(out.contains("an external list; its members are judged when the gateway reads it"))
      << out;
}

TEST_F(Check, SaysThatThePolicyIsReadFromTheCloud) {
  const auto text = std::string(kGateway) + "source = \"aws\"\n[aws]\nregion = \"eu-west-1\"\n";
  EXPECT_EQ(call({"check", "--strict", "-"}, text), kExitGood);
  EXPECT_EQ(out,
            R"(source = "aws": the policy is read from the cloud; `discriminat policy show` shows it
stdin (configuration file): 0 allowed, 0 rejected, 0 warnings, 0 errors of the file
)");
  EXPECT_EQ(call({"check", "--strict", "--json", "-"}, text), kExitGood);
  EXPECT_TRUE(out.contains("\"source\": \"aws\",\n\"problems\": [],\n\"members\": [],")) << out;
}

TEST_F(Check, ReportsADefaultSeeThru) {
  const auto file = put("p.toml", std::string(kGateway) + "[preferences]\nsee_thru = 2026-12-24\n");
  EXPECT_EQ(call({"check", file}), kExitGood);
  EXPECT_TRUE(out.contains("[preferences]  %default  see-thru  all    2026-12-24")) << out;
}

constexpr std::string_view kGroups = R"({"SecurityGroups": [{"GroupId": "sg-1",
  "IpPermissionsEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [
    {"CidrIp": "0.0.0.0/0", "Description": "discriminat:tls:*.com"}]}]}]})";

TEST_F(Check, ReadsCloudDocumentsFromStandardInput) {
  EXPECT_EQ(call({"check", "-"}, kGroups), kExitNo);
  EXPECT_TRUE(out.contains("sg-1 IpPermissionsEgress[0].IpRanges[0]")) << out;
  EXPECT_TRUE(
      out.ends_with("stdin (aws ec2 describe-security-groups): 0 allowed, 1 rejected, 0 "
                    "warnings, 0 errors of the file\n"))
      << out;
  EXPECT_EQ(call({"check", "-", "--wildcard-exposure", "nuclear"}, kGroups), kExitGood);
}

TEST_F(Check, PrintsJson) {
  const auto file =
      put("p.toml", policy_with(rule("discriminat:tls:a.example,b c\\\"d")) + "[dns]\nttl = 1\n");
  EXPECT_EQ(call({"check", "--json", file}), kExitNo);
  EXPECT_EQ(out, R"({"file": "p.toml", "kind": "configuration file", "source": "file",
"problems": [
  {"where": "p.toml:12:1", "severity": "error", "what": "unknown key \"ttl\" in [dns]", )"
                 R"("fix": "the keys here are upstream, allow_private_answers, retention"}],
"members": [
  {"where": "p.toml:6:1", "gid": "sg-web", "proto": "tls", "ports": "all", "member": "b", )"
                 R"("outcome": "rejected", "reason": "\"b\": not a fully qualified name; write )"
                 R"(all of it, such as \"b.example.com\""},
  {"where": "p.toml:6:1", "gid": "sg-web", "proto": "tls", "ports": "all", )"
                 R"("member": "a.example", "outcome": "accepted", "reason": ""}],
"summary": {"accepted": 1, "rejected": 1, "warnings": 0, "errors": 1}}
)");
}

TEST_F(Check, SaysWhenItCannotRead) {
  EXPECT_EQ(call({"check", path_of("none.toml")}), kExitCannot);
  EXPECT_EQ(err, "discriminat: none.toml: No such file or directory\n");
  EXPECT_EQ(call({"check", path_of("")}), kExitCannot);
  EXPECT_TRUE(err.contains("this is a directory; name a file")) << err;
  EXPECT_EQ(call({"check", "-"}, "{}"), kExitCannot);
  EXPECT_TRUE(err.starts_with("discriminat: stdin: the document is none that can be checked; "));
  EXPECT_EQ(call({"check", "-"}, "PK\x03\x04"), kExitCannot);
  EXPECT_EQ(out, "");
}

TEST_F(Check, FallsBackToTheBuiltInSuffixes) {
  const auto file = put(
      "p.toml", std::string(kGateway) + "public_suffix_list = \"" + path_of("none.dat") + "\"\n");
  EXPECT_EQ(call({"check", file}), kExitGood);
  EXPECT_EQ(err,
            "discriminat: none.dat: No such file or directory; the built-in public suffix list is "
            "used\n");
}

TEST_F(Check, NeverPrintsEscapesOfTheFile) {
  const auto file = put("p.toml", policy_with(rule("discriminat:tls:\\u001b[2J.example")));
  colour = false;
  EXPECT_EQ(call({"check", file}), kExitNo);
  EXPECT_FALSE(out.contains('\x1b'));
  EXPECT_EQ(call({"check", "--json", file}), kExitNo);
  EXPECT_FALSE(out.contains('\x1b'));
}

TEST_F(Check, PaintsOnTerminals) {
  const auto file = put("p.toml", policy_with(rule("discriminat:tls:a.example")));
  colour = true;
  EXPECT_EQ(call({"check", file}), kExitGood);
  EXPECT_TRUE(out.contains("\x1b[32mallowed\x1b[0m")) << out;
}

TEST_F(Check, FindsNothingWrongWithTheDocumentedExamples) {
  for (const auto& entry : std::filesystem::directory_iterator(DN_SOURCE_DIR "/docs/examples")) {
    if (entry.path().extension() != ".toml") continue;
    EXPECT_EQ(call({"check", "--strict", entry.path().string()}), kExitGood) << entry.path() << "\n"
                                                                             << out;
  }
}

}  // namespace
}  // namespace dn::cli
