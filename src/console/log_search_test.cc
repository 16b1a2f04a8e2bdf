#include "console/log_search.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <utility>

namespace dn::console {
namespace {

using namespace std::chrono_literals;

// Gives its answers one after the other, and remembers what it was asked.
class ScriptedLogs : public logs::LogsService {
 public:
  logs::ServiceAnswer handle(std::string_view operation, std::string_view body) override {
    asked.emplace_back(std::string(operation) + " " + std::string(body));
    logs::ServiceAnswer answer;
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    if (after_each) after_each();
    return answer;
  }
  TailStart start_live_tail(std::string_view) override { return {}; }

  std::deque<logs::ServiceAnswer> answers;
  std::vector<std::string> asked;
  std::function<void()> after_each;
};

class LogSearchTest : public testing::Test {
 protected:
  LogSearch search() {
    return {.logs = logs_,
            .group = "G",
            .from = 1500,
            .to = 2500,
            .clock = [this] { return Now{.monotonic = now_, .wall = {}}; },
            .deadline = MonotonicTime{60s}};
  }
  void answer(std::string body, int status = 200) { logs_.answers.push_back({status, body, ""}); }
  std::vector<std::string> read() {
    std::vector<std::string> messages;
    const auto done =
        read_flow_events(search(), "{ $.a = 1 }", [&](std::int64_t time, std::string_view text) {
          messages.push_back(std::to_string(time) + std::string(text));
        });
    if (!done) messages.push_back("error: " + done.error().message);
    return messages;
  }

  ScriptedLogs logs_;
  MonotonicTime now_{};
};

TEST_F(LogSearchTest, ReadsAllPagesInOrder) {
  answer(
      R"({"events":[{"timestamp":1,"message":"a"},{"timestamp":2,"message":"b"}],"nextToken":"t"})");
  answer(R"({"events":[],"nextToken":"u"})");
  answer(R"({"events":[{"timestamp":3,"message":"c"}]})");
  EXPECT_EQ(read(), (std::vector<std::string>{"1a", "2b", "3c"}));
  ASSERT_EQ(logs_.asked.size(), 3U);
  EXPECT_EQ(logs_.asked[0].find("nextToken"), std::string::npos);
  EXPECT_NE(logs_.asked[0].find(R"("logStreamNames":["flow"])"), std::string::npos);
  EXPECT_NE(logs_.asked[2].find(R"("nextToken":"u")"), std::string::npos);
}

TEST_F(LogSearchTest, EndsAtItsDeadline) {
  for (int i = 0; i < 5; ++i) answer(R"({"events":[],"nextToken":"t"})");
  logs_.after_each = [this] { now_ += 25s; };
  EXPECT_EQ(read().back(), "error: The search takes too long; choose a shorter period.");
  EXPECT_EQ(logs_.asked.size(), 3U);
}

TEST_F(LogSearchTest, EndsWhenTheProgramDoes) {
  for (int i = 0; i < 5; ++i) answer(R"({"events":[],"nextToken":"t"})");
  LogSearch stopped = search();
  stopped.stopping = [this] { return logs_.asked.size() == 2; };
  EXPECT_FALSE(read_flow_events(stopped, "", [](std::int64_t, std::string_view) {}).has_value());
  EXPECT_EQ(logs_.asked.size(), 2U);
}

TEST_F(LogSearchTest, PassesOnWhatTheLogSays) {
  answer(R"({"__type":"InvalidParameterException","message":"Invalid filter pattern"})", 400);
  EXPECT_EQ(read(), (std::vector<std::string>{"error: Invalid filter pattern"}));
  answer("no JSON");
  EXPECT_EQ(read(), (std::vector<std::string>{"error: The log gave no answer."}));
}

TEST_F(LogSearchTest, AQueryIsAskedForUntilItIsComplete) {
  answer(R"({"queryId":"q"})");
  answer(R"({"status":"Scheduled","results":[]})");
  answer(R"({"status":"Running","results":[[{"field":"n","value":"1"}]]})");
  answer(R"({"status":"Complete","results":[[{"field":"n","value":"2"}]]})");
  answer(
      R"({"status":"Complete","results":[[{"field":"n","value":"2"},{"field":"a","value":"x"}]]})");
  const auto rows = run_query(search(), "stats count(*) as n by a");
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().at("n"), "2");
  EXPECT_EQ(rows->front().at("a"), "x");
  EXPECT_NE(logs_.asked[0].find(R"("startTime":1,"endTime":3)"), std::string::npos)
      << "whole seconds around the period";
}

TEST_F(LogSearchTest, AQueryThatTakesTooLongIsStopped) {
  answer(R"({"queryId":"q"})");
  answer(R"({"status":"Running"})");
  answer("{}");
  now_ = MonotonicTime{61s};
  EXPECT_FALSE(run_query(search(), "fields a").has_value());
  EXPECT_TRUE(logs_.asked.back().starts_with("StopQuery"));
}

TEST_F(LogSearchTest, AQueryThatFailsSaysWhy) {
  answer(R"({"queryId":"q"})");
  answer(R"({"status":"Failed","failureReason":"too much memory"})");
  const auto rows = run_query(search(), "fields a");
  ASSERT_FALSE(rows.has_value());
  EXPECT_EQ(rows.error().message, "too much memory");
}

}  // namespace
}  // namespace dn::console
