// `logs`: pages, JSON Lines, the table, --instance, --follow with late and repeated lines.
#include "cli/logs.h"

#include <gtest/gtest.h>

#include <chrono>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

class Logs : public CliTest {
 protected:
  std::int64_t now_ms() const { return wall.time_since_epoch().count(); }
  // A flow line of a gateway, `ago` before now.
  std::string put_line(std::string_view host, std::chrono::milliseconds ago,
                       std::string_view instance = "gw-1") {
    std::string line = R"({"time":"x","dhost":")" + std::string(host) +
                       R"(","cat":"client","outcome":"allowed","src":"10.0.1.10","dpt":443,)" +
                       R"("proto":"tls","reason":"r","instance":")" + std::string(instance) + "\"}";
    logs.add(now_ms() - ago.count(), line);
    return line + "\n";
  }
};

TEST_F(Logs, PrintsEveryPageAsJsonLines) {
  logs.page = 2;
  std::string want;
  for (int i = 5; i > 0; --i) want += put_line("h" + std::to_string(i), i * 1min);
  put_line("old", 61min);
  EXPECT_EQ(call({"logs", "flow"}), kExitGood);
  EXPECT_EQ(out, want);
  EXPECT_EQ(err, "");
  EXPECT_EQ(logs.asked.size(), 3U);
  EXPECT_EQ(logs.asked_text("logGroupName"), "DiscrimiNAT");
  EXPECT_EQ(logs.asked_number("startTime"), now_ms() - 3'600'000);
  EXPECT_EQ(logs.asked_number("endTime"), now_ms());
}

TEST_F(Logs, AsksForWhatTheOptionsSay) {
  EXPECT_EQ(call({"logs", "config", "--since", "2026-11-20", "--until", "2026-11-21", "--filter",
                  "{ $.cat = \"self\" }", "--group", "other", "--store", "somewhere"}),
            kExitGood);
  EXPECT_EQ(logs.asked_text("filterPattern"), "{ $.cat = \"self\" }");
  EXPECT_EQ(logs.asked_text("logGroupName"), "other");
  EXPECT_EQ(logs.asked_number("startTime"), 1'795'132'800'000);
  EXPECT_EQ(logs.asked_number("endTime"), 1'795'132'800'000 + 2 * 86'400'000 - 1);
  EXPECT_EQ(logs.place.store, "somewhere");
  EXPECT_EQ(logs.default_store, "/var/lib/discriminat");
}

TEST_F(Logs, TakesTheDefaultStoreFromAConfiguration) {
  const auto file =
      put("p.toml", "[gateway]\ninside = [\"lan0\"]\noutside = \"wan0\"\nstate_dir = \"/srv/x\"\n");
  EXPECT_EQ(call({"logs", "flow", "--config", file}), kExitGood);
  EXPECT_EQ(logs.default_store, "/srv/x");
  EXPECT_EQ(call({"logs", "flow", "--config", path_of("none.toml")}), kExitCannot);
  EXPECT_EQ(err, "discriminat: none.toml: No such file or directory\n");
}

TEST_F(Logs, WrapsWhatIsNoPrintableObject) {
  for (const char* message : {"plain text", "{\"a\":\"\x1b[2J\"}", "{\"a\":1}\n", "{\"a\":\xff}",
                              "{\"b\":\"\xc3\xa9\"}"}) {
    logs.add(now_ms() - 1000, message);
  }
  EXPECT_EQ(call({"logs", "flow"}), kExitGood);
  const std::string head =
      "{\"@timestamp\":1795348799000,\"@ingestionTime\":1795348799001,\"@message\":\"";
  EXPECT_EQ(out, head + "plain text\"}\n" + head + "{\\\"a\\\":\\\"\\u001b[2J\\\"}\"}\n" + head +
                     "{\\\"a\\\":1}\\n\"}\n" + head + "{\\\"a\\\":\\ufffd}\"}\n" +
                     "{\"b\":\"\xc3\xa9\"}\n");
}

TEST_F(Logs, PrintsATableOnATerminalUnlessJsonIsAskedFor) {
  const std::string line = put_line("api.example.com", 1min);
  out_is_terminal = true;
  EXPECT_EQ(call({"logs", "flow"}), kExitGood);
  EXPECT_EQ(out,
            "TIME                     OUTCOME  CONNECTION                       PROTOCOL  REASON\n"
            "2026-11-22 11:59:00.000  allowed  10.0.1.10 → api.example.com:443  tls       r\n");
  EXPECT_EQ(call({"logs", "flow", "--json"}), kExitGood);
  EXPECT_EQ(out, line);
}

TEST_F(Logs, PrintsMetricsAsTheyStandOnATerminalToo) {
  const std::string line = R"({"time":"2026-11-22T11:59:00.000Z","instance":"gw-1","Healthy":1})";
  logs.events.push_back({now_ms() - 1000, line, "metrics"});
  put_line("api.example.com", 1min);
  out_is_terminal = true;
  EXPECT_EQ(call({"logs", "metrics"}), kExitGood);
  EXPECT_EQ(out, line + "\n");
}

TEST_F(Logs, PicksInstances) {
  put_line("a", 3min, "gw-1");
  const std::string want = put_line("b", 2min, "gw-2") + put_line("c", 1min, "gw-3");
  logs.add(now_ms() - 1000, "no line at all");
  EXPECT_EQ(call({"logs", "flow", "--instance", "gw-2", "--instance", "gw-3"}), kExitGood);
  EXPECT_EQ(out, want);
  EXPECT_EQ(logs.asked_text("filterPattern"), "{ $.instance = \"gw-2\" || $.instance = \"gw-3\" }");
  // A filter of the user's own cannot be joined with another; what cannot be written is not asked.
  EXPECT_EQ(call({"logs", "flow", "--instance", "gw-2", "--filter", "tls"}), kExitGood);
  EXPECT_EQ(logs.asked_text("filterPattern"), "tls");
  EXPECT_EQ(std::ranges::count(out, '\n'), 1);
  EXPECT_EQ(call({"logs", "flow", "--instance", "gw\"*"}), kExitGood);
  EXPECT_EQ(logs.asked_text("filterPattern"), "");
  EXPECT_EQ(out, "");
}

TEST_F(Logs, FollowsAndShowsEachLineOnce) {
  std::string want = put_line("first", 30s);
  std::vector<std::function<void()>> steps = {
      [&] { want += put_line("second", 0ms); },
      [] {},  // nothing new
      [&] {
        // Late: older than what was shown last. And two of the same millisecond.
        want += put_line("late", 9s);
        want += put_line("twin", 0ms);
        want += put_line("twin", 0ms);
      },
      [] {},
      [&] { want += put_line("third", 0ms); },
      [&] { interrupted = true; },
  };
  on_pause = [&] { steps.at(static_cast<std::size_t>(pauses - 1))(); };
  EXPECT_EQ(call({"logs", "flow", "--follow", "--since", "1m"}), kExitGood);
  EXPECT_EQ(out, want);
  EXPECT_EQ(pauses, 6);
  // It looks back no further than it must.
  EXPECT_GE(logs.asked_number("startTime"), now_ms() - 20'000);
  EXPECT_EQ(logs.asked_number("endTime"), -1);
}

TEST_F(Logs, FollowsTenMinutesByDefault) {
  on_pause = [&] { interrupted = true; };
  EXPECT_EQ(call({"logs", "flow", "--follow"}), kExitGood);
  EXPECT_EQ(logs.asked_number("startTime"), now_ms() - 1000 - 600'000);
}

TEST_F(Logs, FollowsThroughAnEndpointsAbsence) {
  const std::string line = put_line("a", 1s);
  on_pause = [&] {
    if (pauses == 1) {
      logs.failures = {{"", "connection refused", {}, true},
                       {"TooManyRequestsException", "Rate exceeded", {}, true},
                       {"ServiceUnavailableException", "later", {}, true}};
    }
    if (pauses == 5) interrupted = true;
  };
  EXPECT_EQ(call({"logs", "flow", "--follow"}), kExitGood);
  EXPECT_EQ(out, line);
  EXPECT_EQ(err,
            "discriminat: connection refused\n"
            "discriminat: asking again every second\n");
  // An error that will not pass ends it, and so does any at the beginning.
  interrupted = false;
  for (const char* type : {"", "ResourceNotFoundException"}) {
    pauses = 0;
    on_pause = [&] {
      logs.failures = {{type, "gone"}};
      interrupted = pauses > 1;
    };
    EXPECT_EQ(call({"logs", "flow", "--follow"}), kExitCannot);
    EXPECT_TRUE(err.ends_with("gone\n")) << err;
  }
  logs.failures = {{"", "connection refused", {}, true}};
  EXPECT_EQ(call({"logs", "flow", "--follow"}), kExitCannot);
}

TEST_F(Logs, SaysWhatWentWrong) {
  logs.failures = {{"ResourceNotFoundException", "The specified log group does not exist.\x1b[2J"}};
  EXPECT_EQ(call({"logs", "flow"}), kExitCannot);
  EXPECT_EQ(err,
            "discriminat: ResourceNotFoundException: The specified log group does not "
            "exist.\\x1b[2J\n");
  EXPECT_EQ(call({"logs", "flow", "--since", "2027-01-01"}), kExitCannot);
  EXPECT_TRUE(err.contains("--since (2027-01-01T00:00:00.000Z) is later than now")) << err;
}

TEST_F(Logs, MarksThePlaceOfAMistakeInAPattern) {
  logs.failures = {{"InvalidParameterException", "Invalid filter pattern"}};
  EXPECT_EQ(call({"logs", "flow", "--filter", "{ $.dhost == \"a\" }"}), kExitCannot);
  EXPECT_TRUE(
      err.starts_with("discriminat: InvalidParameterException: Invalid filter pattern\n"
                      "  { $.dhost == \"a\" }\n"))
      << err;
  EXPECT_TRUE(err.ends_with("^\n")) << err;
  // The endpoint means something else.
  logs.failures = {{"InvalidParameterException", "The specified nextToken is invalid."}};
  EXPECT_EQ(call({"logs", "flow", "--filter", "tls"}), kExitCannot);
  EXPECT_EQ(err, "discriminat: InvalidParameterException: The specified nextToken is invalid.\n");
}

TEST_F(Logs, StopsAtCtrlCBetweenPages) {
  logs.page = 1;
  put_line("a", 3s);
  put_line("b", 2s);
  logs.before_each = [&] { interrupted = true; };
  EXPECT_EQ(call({"logs", "flow"}), kExitInterrupted);
  EXPECT_EQ(std::ranges::count(out, '\n'), 1);
}

TEST_F(Logs, DoesNotGoRoundInCircles) {
  logs.page = 1;
  for (int i = 0; i < 5; ++i) put_line("a", 3s);
  logs.tweak_token = [](const std::string&) { return "1"; };
  EXPECT_EQ(call({"logs", "flow"}), kExitCannot);
  EXPECT_TRUE(err.contains("repeats its nextToken")) << err;
}

TEST_F(Logs, ShowsProgressWhileNothingComes) {
  err_is_terminal = true;
  logs.page = 1;
  for (int i = 0; i < 3; ++i) put_line("a", 3s);
  logs.before_each = [&] { wall += 900ms; };
  EXPECT_EQ(call({"logs", "flow"}), kExitGood);
  EXPECT_EQ(err, "\r\x1b[K2 lines, up to 2026-11-22T11:59:57.000Z\r\x1b[K");
}

}  // namespace
}  // namespace dn::cli
