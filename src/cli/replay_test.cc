// `replay`: what is listed, in which groups, and the exit codes.
#include "cli/replay.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPolicy = R"([gateway]
inside = ["lan0"]
outside = "wan0"
state_dir = "/srv/candidate"
[[group]]
gid = "sg-web"
  [[group.egress]]
  description = "discriminat:tls:a.example.com,new.example.com"
  ports = 443
[[group]]
gid = "sg-open"
  [[group.egress]]
  description = "discriminat:see-thru:2026-11-30"
[[client]]
address = "10.0.1.10"
groups = ["sg-web"]
[[client]]
address = "10.0.1.11"
groups = ["sg-web"]
[[client]]
address = "10.0.1.12"
groups = ["sg-web", "sg-open"]
)";

class ReplayTest : public CliTest {
 protected:
  ReplayTest() { file_ = put("p.toml", kPolicy); }
  void put_line(std::string_view host, std::string_view src, std::string_view reason,
                std::string_view cat = "client") {
    const bool allowed = reason.starts_with("policy:");
    logs.add(wall.time_since_epoch().count() - 1000,
             R"({"time":"x","dhost":")" + std::string(host) + R"(","cat":")" + std::string(cat) +
                 R"(","outcome":")" + (allowed ? "allowed" : "disallowed") + R"(","src":")" +
                 std::string(src) + R"(","dst":"198.51.100.7","dpt":443,"proto":"tls","reason":")" +
                 std::string(reason) + "\"}");
  }
  std::string file_;
};

TEST_F(ReplayTest, ListsWhatChanges) {
  put_line("a.example.com", "10.0.1.10", "policy:sg-web: a.example.com");
  put_line("gone.example.com", "10.0.1.10", "policy:sg-web: gone.example.com");
  put_line("gone.example.com", "10.0.1.11", "policy:sg-web: gone.example.com");
  put_line("gone.example.com", "10.0.1.12", "policy:sg-web: gone.example.com");
  put_line("new.example.com", "10.0.1.10", "not-allowlisted: x");
  put_line("other.example.com", "10.0.1.10", "not-allowlisted: x");
  put_line("a.example.com", "10.0.1.99", "policy:sg-web: a.example.com");
  put_line("a.example.com", "198.51.100.7", "policy:sg-web: a.example.com", "server");
  put_line("a.example.com", "10.0.1.10", "reason-of-tomorrow: x");
  logs.add(wall.time_since_epoch().count(), "no line");
  EXPECT_EQ(call({"replay", "--policy", file_}), kExitNo);
  EXPECT_EQ(out,
            "would be refused:\n"
            "CONNECTIONS  CLIENTS  GROUPS     PROTOCOL  PORT  DESTINATION       BEFORE             "
            "                       NOW\n"
            "1            1        10.0.1.99  tls       443   a.example.com     allowed: "
            "policy:sg-web: a.example.com     refused: client-unknown\n"
            "2            2        sg-web     tls       443   gone.example.com  allowed: "
            "policy:sg-web: gone.example.com  refused: not-allowlisted\n"
            "\n"
            "would pass by see-thru only, no longer by a rule:\n"
            "CONNECTIONS  CLIENTS  GROUPS          PROTOCOL  PORT  DESTINATION       BEFORE        "
            "                            NOW\n"
            "1            1        sg-web,sg-open  tls       443   gone.example.com  allowed: "
            "policy:sg-web: gone.example.com  see-thru sg-open: not-allowlisted\n"
            "\n"
            "would be allowed:\n"
            "CONNECTIONS  CLIENTS  GROUPS  PROTOCOL  PORT  DESTINATION      BEFORE                 "
            "   NOW\n"
            "1            1        sg-web  tls       443   new.example.com  refused: "
            "not-allowlisted  allowed: policy:sg-web: new.example.com\n"
            "\n"
            "7 connections, see-thru as of 2026-11-22: 3 newly refused, 1 newly allowed, 1 by "
            "see-thru only\n"
            "2 lines are left out: IPv6, unknown reasons, or no flow lines\n");
  EXPECT_EQ(logs.asked_text("filterPattern"), "{ $.cat = \"client\" }");
  EXPECT_EQ(logs.default_store, "/var/lib/discriminat");  // not the candidate's
}

TEST_F(ReplayTest, IsGoodWhenNothingWouldBeRefused) {
  put_line("a.example.com", "10.0.1.10", "policy:sg-web: a.example.com");
  put_line("new.example.com", "10.0.1.10", "not-allowlisted: x");
  EXPECT_EQ(call({"replay", "--policy", file_}), kExitGood);
  EXPECT_EQ(call({"replay", "--policy", put("empty", kPolicy), "--since", "1h"}), kExitGood);
  EXPECT_EQ(logs.asked_number("startTime"), wall.time_since_epoch().count() - 3'600'000);
}

TEST_F(ReplayTest, JudgesSeeThruByTheDayThatIsGiven) {
  put_line("gone.example.com", "10.0.1.12", "policy:sg-web: gone.example.com");
  EXPECT_EQ(call({"replay", "--policy", file_}), kExitGood);
  EXPECT_EQ(call({"replay", "--policy", file_, "--at", "2026-11-30"}), kExitGood);
  EXPECT_EQ(call({"replay", "--policy", file_, "--at", "2026-12-01"}), kExitNo);
  EXPECT_TRUE(out.contains("see-thru as of 2026-12-01: 1 newly refused")) << out;
}

TEST_F(ReplayTest, PrintsJson) {
  put_line("gone.example.com", "10.0.1.10", "policy:sg-web: gone.example.com");
  EXPECT_EQ(call({"replay", "--policy", file_, "--json"}), kExitNo);
  const auto value = boost::json::parse(out);
  const auto& change = value.at("changes").at(0);
  EXPECT_EQ(change.at("change").as_string(), "newly-refused");
  EXPECT_EQ(change.at("groups").as_string(), "sg-web");
  EXPECT_EQ(change.at("dhost").as_string(), "gone.example.com");
  EXPECT_EQ(change.at("port").as_int64(), 443);
  EXPECT_EQ(change.at("before").as_string(), "allowed: policy:sg-web: gone.example.com");
  EXPECT_EQ(change.at("now").as_string(), "refused: not-allowlisted");
  EXPECT_EQ(change.at("connections").as_int64(), 1);
  EXPECT_FALSE(change.at("uncertain").as_bool());
  EXPECT_EQ(value.at("newly_refused").as_int64(), 1);
  EXPECT_EQ(value.at("see_thru_as_of").as_string(), "2026-11-22");
}

TEST_F(ReplayTest, CannotAnswerFromABadPolicyOrWithoutLogs) {
  EXPECT_EQ(call({"replay", "--policy", path_of("none")}), kExitCannot);
  EXPECT_EQ(call({"replay", "--policy", put("bad", "[gateway]\n")}), kExitCannot);
  logs.failures = {{"", "no such directory"}};
  EXPECT_EQ(call({"replay", "--policy", file_}), kExitCannot);
  EXPECT_EQ(err, "discriminat: no such directory\n");
}

TEST_F(ReplayTest, PrintsNothingAfterCtrlC) {
  put_line("gone.example.com", "10.0.1.10", "policy:sg-web: gone.example.com");
  interrupted = true;
  EXPECT_EQ(call({"replay", "--policy", file_}), kExitInterrupted);
  EXPECT_EQ(out, "");
}

TEST_F(ReplayTest, ShowsHostileTextSafely) {
  put_line("\\u001b[2J\\nx", "10.0.1.10", "policy:\\u001b[31m: \\u202e");
  for (const bool json : {false, true}) {
    std::vector<std::string> arguments = {"replay", "--policy", file_};
    if (json) arguments.emplace_back("--json");
    EXPECT_EQ(call(arguments), kExitNo);
    for (const char c : out) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c != 0x7f) || c < 0);
    EXPECT_FALSE(out.contains("\xe2\x80\xae"));
  }
}

}  // namespace
}  // namespace dn::cli
