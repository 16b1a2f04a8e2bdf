// `policy show`: both forms, one client, and the two sources.
#include "cli/policy_show.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view kPolicy = R"([gateway]
inside = ["lan0"]
outside = "wan0"
[[group]]
gid = "sg-web"
  [[group.egress]]
  description = "discriminat:tls:api.github.com,*.com"
  ports = 443
  [[group.egress]]
  description = "a remark"
[[group]]
gid = "sg-open"
  [[group.egress]]
  description = "discriminat:see-thru:2026-11-24"
[[group]]
gid = "sg-past"
  [[group.egress]]
  description = "discriminat:see-thru:2026-11-21"
[[group]]
gid = "sg-none"
[[client]]
address = "10.0.1.11"
groups = ["sg-web"]
[[client]]
address = "10.0.1.10"
groups = ["sg-web"]
[[client]]
address = "10.0.1.12"
groups = ["sg-open", "sg-web"]
[[subnet]]
prefix = "10.0.1.0/24"
groups = ["sg-past"]
)";

class PolicyShow : public CliTest {
 protected:
  json::object call_json(std::vector<std::string> arguments, int code = kExitGood) {
    arguments.insert(arguments.begin(), {"policy", "show"});
    EXPECT_EQ(call(arguments), code) << err;
    boost::system::error_code wrong;
    const auto value = json::parse(out, wrong);
    EXPECT_FALSE(wrong) << out;
    return wrong ? json::object() : value.as_object();
  }
};

TEST_F(PolicyShow, TellsPeopleEachClientsRulesAndWhatIsWrongWithThem) {
  out_is_terminal = true;
  EXPECT_EQ(call({"policy", "show", "--config", "-"}, kPolicy), kExitGood) << err;
  EXPECT_EQ(out,
            R"(-:19:1: warning: no client has the group "sg-none"; name it in the groups of a )"
            R"([[client]] or [[subnet]], or drop it
policy of standard input
wildcard_exposure prohibit_public_suffix, flow_log_verbosity full, see_thru none, x509_crls ignore

client 10.0.1.0/24 (-:30:1)
  see-thru of sg-past ended on 2026-11-21
WHERE   GROUP    PROTOCOL  PORTS  MEMBER      EFFECT
-:17:3  sg-past  see-thru  all    2026-11-21  warning: the date is past, so nothing is let )"
            R"(through; write a later one, or remove the rule

clients 10.0.1.10 (-:24:1), 10.0.1.11 (-:21:1)
WHERE  GROUP   PROTOCOL  PORTS  MEMBER          EFFECT
-:6:3  sg-web  tls       443    *.com           rejected: publicsuffix[.]org list matched with `com`
-:6:3  sg-web  tls       443    api.github.com  allowed

client 10.0.1.12 (-:27:1)
  see-thru of sg-open to the end of 2026-11-24, 2 days remaining
WHERE   GROUP    PROTOCOL  PORTS  MEMBER          EFFECT
-:13:3  sg-open  see-thru  all    2026-11-24      lets everything through, to the end of that day
-:6:3   sg-web   tls       443    *.com           rejected: )"
            R"(publicsuffix[.]org list matched with `com`
-:6:3   sg-web   tls       443    api.github.com  allowed

addresses that are no client: refused
groups that no client has: sg-none
)");
}

TEST_F(PolicyShow, PrintsJsonToPrograms) {
  const auto shown = call_json({"--config", put("p.toml", kPolicy)});
  EXPECT_EQ(shown.at("source"), "file");
  EXPECT_EQ(shown.at("day"), "2026-11-22");
  EXPECT_EQ(json::serialize(shown.at("preferences")),
            R"({"wildcard_exposure":"prohibit_public_suffix","flow_log_verbosity":"full",)"
            R"("see_thru":null,"x509_crls":"ignore"})");
  const auto& clients = shown.at("clients").as_array();
  ASSERT_EQ(clients.size(), 4U);
  EXPECT_EQ(clients[0].at("subnet"), "10.0.1.0/24");
  EXPECT_EQ(json::serialize(clients[0].at("see_thru")),
            R"({"until":"2026-11-21","gid":"sg-past","days_remaining":0,"in_force":false})");
  EXPECT_EQ(clients[1].at("client"), "10.0.1.10");
  EXPECT_EQ(clients[1].at("see_thru"), nullptr);
  EXPECT_EQ(json::serialize(clients[3].at("groups")), R"(["sg-open","sg-web"])");
  EXPECT_EQ(json::serialize(shown.at("groups").at(2)),
            R"({"gid":"sg-web","where":"p.toml:4:1","rules":[{"where":"p.toml:6:3",)"
            R"("annotation":"discriminat:tls:api.github.com,*.com","ports":"443","members":[)"
            R"({"proto":"tls","member":"*.com","outcome":"rejected",)"
            R"("reason":"publicsuffix[.]org list matched with `com`"},)"
            R"({"proto":"tls","member":"api.github.com","outcome":"accepted","reason":""}]}]})");
  EXPECT_EQ(json::serialize(shown.at("unused_groups")), R"(["sg-none"])");
  EXPECT_EQ(shown.at("problems").as_array().size(), 1U) << "the warning of the file";
}

TEST_F(PolicyShow, ShowsTheClientThatAnAddressIs) {
  const auto file = put("p.toml", kPolicy);
  const auto own = call_json({"--config", file, "--client", "10.0.1.12"});
  ASSERT_EQ(own.at("clients").as_array().size(), 1U);
  EXPECT_EQ(own.at("clients").at(0).at("client"), "10.0.1.12");
  EXPECT_EQ(own.at("groups").as_array().size(), 2U);
  const auto block = call_json({"--config", file, "--client", "10.0.1.77"});
  EXPECT_EQ(block.at("clients").at(0).at("subnet"), "10.0.1.0/24");
  const auto none = call_json({"--config", file, "--client", "10.9.9.9"}, kExitNo);
  EXPECT_TRUE(none.at("clients").as_array().empty());
  out_is_terminal = true;
  EXPECT_EQ(call({"policy", "show", "--config", file, "--client", "10.9.9.9"}), kExitNo);
  EXPECT_TRUE(out.contains("10.9.9.9 is no client\naddresses that are no client: refused\n"))
      << out;
}

TEST_F(PolicyShow, KnowsTheDefaultSeeThru) {
  const auto file = put("p.toml", std::string(kPolicy) + "[preferences]\nsee_thru = 2026-11-24\n");
  const auto shown = call_json({"--config", file});
  EXPECT_EQ(shown.at("strangers").at("see_thru").at("gid"), "%default");
  EXPECT_EQ(shown.at("clients").at(1).at("see_thru").at("gid"), "%default");
  EXPECT_EQ(shown.at("clients").at(3).at("see_thru").at("gid"), "sg-open")
      << "a group's rule beats the default at the same date";
}

TEST_F(PolicyShow, ReadsTheCloudWhenTheFileSaysSo) {
  const std::string list = "arn:aws:ssm:eu-west-1:111122223333:parameter/allowed";
  cloud.emplace();
  cloud->add_client("eni-1", "10.0.0.1", {"sg-1"});
  cloud->set_group("sg-1", "discriminat:tls:*.a.example.com," + list);
  cloud->lists[list] = "b.example.com";
  cloud->parameters["DiscrimiNAT"] = R"({"%default": {"wildcard_exposure": "none"}})";
  const auto file = put("p.toml",
                        "[gateway]\ninside = [\"lan0\"]\noutside = \"wan0\"\nsource = \"aws\"\n"
                        "[aws]\nregion = \"eu-west-1\"\n");
  const auto shown = call_json({"--config", file});
  EXPECT_EQ(cloud_settings.aws_region, "eu-west-1");
  EXPECT_EQ(shown.at("source"), "aws");
  EXPECT_EQ(shown.at("preferences").at("wildcard_exposure"), "none");
  EXPECT_EQ(shown.at("clients").at(0).at("where"), "eni-1");
  const auto& members = shown.at("groups").at(0).at("rules").at(0).at("members").as_array();
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].at("outcome"), "rejected");
  EXPECT_EQ(members[1].at("member"), "b.example.com") << "by the list";
  EXPECT_EQ(call({"policy", "show", "--config", file, "--source", "file"}), kExitCannot);
  EXPECT_TRUE(err.contains("it says source = \"aws\"")) << err;
}

TEST_F(PolicyShow, SaysWhyTheCloudCannotBeRead) {
  const auto file = put("p.toml", kPolicy);
  EXPECT_EQ(call({"policy", "show", "--source", "aws", "--config", file}), kExitCannot);
  EXPECT_EQ(err,
            "discriminat: the policy cannot be read from the cloud:\n  this test has no cloud\n");
  cloud.emplace();
  cloud->fault(403, "UnauthorizedOperation");
  cloud->fault(403, "UnauthorizedOperation");
  EXPECT_EQ(call({"policy", "show", "--source", "aws", "--config", file}), kExitCannot);
  EXPECT_TRUE(err.contains("UnauthorizedOperation: no")) << err;
  EXPECT_EQ(out, "");
  interrupted = true;
  EXPECT_EQ(call({"policy", "show", "--source", "aws", "--config", file}), kExitInterrupted);
}

TEST_F(PolicyShow, NeedsAGoodFile) {
  EXPECT_EQ(call({"policy", "show", "--config", put("p.toml", "[gateway]\n")}), kExitCannot);
  EXPECT_TRUE(err.contains("p.toml:1:1: error: [gateway] lacks \"inside\"")) << err;
  EXPECT_EQ(call({"policy", "show", "--config", path_of("none.toml")}), kExitCannot);
}

}  // namespace
}  // namespace dn::cli
