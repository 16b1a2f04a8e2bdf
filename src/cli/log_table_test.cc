// Rows of both logs, their widths, and lines that want to take over the terminal.
#include "cli/log_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/utf8.h"

namespace dn::cli {
namespace {

constexpr std::int64_t kTime = 1'795'317'300'123;  // 2026-11-22T03:15:00.123Z

std::string shown(LogKind kind, const std::vector<std::string>& messages, std::size_t columns = 0,
                  bool colour = false) {
  LogTable table(kind, columns, colour);
  for (const auto& message : messages) table.add(kTime, message);
  std::ostringstream out;
  table.flush(out);
  table.flush(out);
  return out.str();
}

constexpr std::string_view kClientLine =
    R"({"time":"2026-11-22T03:15:00.123Z","dhost":"api.example.com","cat":"client","outcome":"allowed","src":"10.0.1.10","spt":40000,"dst":"198.51.100.7","dpt":443,"proto":"tls","proto_v":"1.3","reason":"policy:sg-web: api.example.com","instance":"gw-1"})";
constexpr std::string_view kServerLine =
    R"({"time":"2026-11-22T03:15:00.123Z","dhost":"api.example.com","cat":"server","outcome":"disallowed","src":"198.51.100.7","spt":443,"dst":"10.0.1.10","dpt":40000,"proto":"tls","proto_v":"1.1","reason":"tls-version-server-too-old: x","instance":"gw-1"})";
constexpr std::string_view kSeeThruLine =
    R"({"time":"2026-11-22T03:15:00.123Z","dhost":"b.example","cat":"client","outcome":"allowed","src":"10.0.1.11","spt":1,"dst":"198.51.100.8","dpt":8443,"proto":"tls","reason":"not-allowlisted: x","instance":"gw-1","see_thru_days_remaining":3,"see_thru_gid":"sg-open","see_thru_exerted":true})";

TEST(LogTable, ShowsTheClientOnTheLeft) {
  EXPECT_EQ(
      shown(LogKind::Flow,
            {std::string(kClientLine), std::string(kServerLine), std::string(kSeeThruLine)}),
      "TIME                     OUTCOME     CONNECTION                       PROTOCOL  REASON\n"
      "2026-11-22 03:15:00.123  allowed     10.0.1.10 → api.example.com:443  tls 1.3   "
      "policy:sg-web: api.example.com\n"
      "2026-11-22 03:15:00.123  disallowed  10.0.1.10 ← api.example.com:443  tls 1.1   "
      "tls-version-server-too-old: x\n"
      "2026-11-22 03:15:00.123  allowed     10.0.1.11 → b.example:8443       tls       "
      "see-thru, 3 days left: not-allowlisted: x (sg-open)\n");
}

TEST(LogTable, ShowsTheConfigLog) {
  EXPECT_EQ(
      shown(
          LogKind::Config,
          {R"({"time":"t","instance":"gw","cat":"addr","outcome":"rejected","gid":"sg-1","addr":"*.com","proto":"tls","reason":"too wide"})",
           R"({"time":"t","instance":"gw","cat":"self","outcome":"accepted","reason":"started"})"}),
      "TIME                     OUTCOME   WHAT            GROUP  REASON\n"
      "2026-11-22 03:15:00.123  rejected  addr tls *.com  sg-1   too wide\n"
      "2026-11-22 03:15:00.123  accepted  self                   started\n");
}

TEST(LogTable, ShowsOtherMessagesWhole) {
  EXPECT_EQ(shown(LogKind::Flow, {"hello", R"({"a":1})"}),
            "TIME                     OUTCOME  CONNECTION  PROTOCOL  REASON\n"
            "2026-11-22 03:15:00.123                                 hello\n"
            "2026-11-22 03:15:00.123                                 {\"a\":1}\n");
}

TEST(LogTable, PaintsTheOutcomeOnly) {
  const std::string text = shown(
      LogKind::Flow,
      {std::string(kClientLine), std::string(kServerLine), std::string(kSeeThruLine)}, 0, true);
  EXPECT_TRUE(text.contains("  \x1b[32mallowed\x1b[0m     10.0.1.10"));
  EXPECT_TRUE(text.contains("  \x1b[31mdisallowed\x1b[0m  10.0.1.10"));
  EXPECT_TRUE(text.contains("  \x1b[33mallowed\x1b[0m     10.0.1.11"));
}

TEST(LogTable, FitsTheTerminal) {
  std::string far(kClientLine);
  far.replace(far.find("api.example.com"), 15, std::string(120, 'x') + ".example.com");
  for (const std::size_t columns : {1U, 20U, 60U, 80U, 100U, 120U, 200U, 400U}) {
    std::istringstream lines(
        shown(LogKind::Flow, {std::string(kClientLine), far, "hello"}, columns));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      // Below the least widths nothing can be done.
      if (columns >= 100) {
        EXPECT_LE(count_utf8(line), columns) << line;
      }
    }
    EXPECT_EQ(count, 4U);
  }
}

TEST(LogTable, GrowsWithLaterPagesAndPrintsItsHeaderOnce) {
  LogTable table(LogKind::Flow, 0, false);
  std::ostringstream out;
  table.flush(out);
  EXPECT_EQ(out.str(), "");
  table.add(kTime, kSeeThruLine);
  table.flush(out);
  const std::string first = out.str();
  table.add(kTime, kClientLine);
  table.flush(out);
  EXPECT_TRUE(out.str().starts_with(first));
  EXPECT_EQ(out.str().find("TIME", 1), std::string::npos);
}

// Every byte, and sequences that terminals obey, in every place of a line and outside JSON.
TEST(LogTable, NeverEmitsControlCharactersOfALine) {
  std::vector<std::string> hostile;
  for (int c = 0; c < 256; ++c) hostile.push_back("a" + std::string(1, static_cast<char>(c)) + "b");
  for (const char* text : {"\x1b[2J", "\x1b]0;title\x07",
                           "\xc2\x9b"
                           "31m",
                           "\xe2\x80\xaegnp.exe", "\xe2\x80\x8b", "\r\n2026-01-01 forged",
                           "\\u001b[2J", "\\u009b", "\\n"}) {
    hostile.emplace_back(text);
  }
  std::vector<std::string> messages;
  for (const auto& text : hostile) {
    messages.push_back(text);
    messages.push_back(R"({"outcome":")" + text + R"(","dhost":")" + text + R"(","src":")" + text +
                       R"(","proto":")" + text + R"(","reason":")" + text + R"(","cat":"client"})");
    messages.push_back(R"({"outcome":")" + text + R"(","cat":")" + text + R"(","gid":")" + text +
                       R"(","reason":")" + text + "\"}");
  }
  for (const LogKind kind : {LogKind::Flow, LogKind::Config}) {
    for (const std::size_t columns : {0U, 80U}) {
      const std::string text = shown(kind, messages, columns);
      EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(messages.size()) + 1);
      for (const char c : text) {
        EXPECT_TRUE(c == '\n' || (c >= 0x20 && c != 0x7f) || c < 0) << int{c};
      }
      for (const char* sequence : {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\x8b"}) {
        EXPECT_FALSE(text.contains(sequence));
      }
    }
  }
}

}  // namespace
}  // namespace dn::cli
