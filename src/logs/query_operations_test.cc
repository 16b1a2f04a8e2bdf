// StartQuery, GetQueryResults, StopQuery, DescribeQueries: request in, answer out.
//
// A gate in front of the loads holds queries where a test wants to look at them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "logs/query_jobs.h"
#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::expect_json;
using testing::kNow;
using testing::ServiceWorld;
using testing::text_of;

// Lets as many pass as it has been told.
class Gate {
 public:
  void open(std::size_t more = 1'000'000) {
    const std::lock_guard lock(mutex_);
    open_ += more;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_ > 0; });
    --waiting_;
    --open_;
  }
  void wait_for_waiting(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ == count && open_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t open_ = 0, waiting_ = 0;
};

class Queries : public ::testing::Test {
 protected:
  explicit Queries(unsigned workers = 1)
      : world({.block_events = 3, .segment_events = 7, .own_streams_taken = false}, workers) {
    for (const char* group : {"g", "h"}) {
      world.get("CreateLogGroup", fmt::format(R"({{"logGroupName":"{}"}})", group));
      world.get("CreateLogStream",
                fmt::format(R"({{"logGroupName":"{}","logStreamName":"s"}})", group));
    }
    for (int i = 0; i < 30; ++i) {
      world.put(i % 3 == 0 ? "h" : "g", "s", kNow + 1000 * i,
                fmt::format(R"({{"n":{},"even":{}}})", i, i % 2 == 0));
    }
  }
  ~Queries() override { gate.open(); }

  void hold() {
    world.catalog.loads = [this](const store::BlockInfo&) {
      gate.pass();
      return true;
    };
  }
  static std::string body(std::string_view query, std::string_view rest = "") {
    return fmt::format(R"({{"logGroupNames":["g","h"],"startTime":{},"endTime":{},
                           "queryString":"{}"{}}})",
                       kNow / 1000, kNow / 1000 + 29, query, rest);
  }
  std::string start(std::string_view query, std::string_view rest = "") {
    return std::string(world.get("StartQuery", body(query, rest)).at("queryId").as_string());
  }
  static std::string by_id(std::string_view id, std::string_view rest = "") {
    return fmt::format(R"({{"queryId":"{}"{}}})", id, rest);
  }
  boost::json::value results(std::string_view id, std::string_view rest = "") {
    return world.get("GetQueryResults", by_id(id, rest));
  }
  // Clients poll too.
  boost::json::value finished(std::string_view id) {
    for (;;) {
      const auto answer = results(id);
      const auto& status = answer.at("status").as_string();
      if (status != "Running" && status != "Scheduled") return answer;
      std::this_thread::yield();
    }
  }
  std::string stop_error(std::string_view id) { return world.error("StopQuery", by_id(id)); }

  // Destroyed before the gate: the service joins its threads.
  Gate gate;
  ServiceWorld world;
};

// field=value … / …
std::string rows(const boost::json::value& answer) {
  std::string found;
  for (const auto& row : answer.at("results").as_array()) {
    for (const auto& cell : row.as_array()) {
      if (cell.at("field") == "@ptr") continue;
      found += fmt::format("{}={} ", std::string_view(cell.at("field").as_string()),
                           std::string_view(cell.at("value").as_string()));
    }
    found += "/ ";
  }
  return found;
}

TEST_F(Queries, GiveRowsStatisticsAndAStatus) {
  const auto answer = finished(start("stats count() as c by even | sort even"));
  EXPECT_EQ(rows(answer), "even=0 c=15 / even=1 c=15 / ");
  EXPECT_EQ(answer.at("status").as_string(), "Complete");
  EXPECT_EQ(answer.at("queryLanguage").as_string(), "CWLI");
  EXPECT_FALSE(answer.as_object().contains("nextToken"));
  EXPECT_FALSE(answer.as_object().contains("failureReason"));
  const auto& statistics = answer.at("statistics");
  EXPECT_EQ(statistics.at("recordsMatched").as_double(), 30);
  EXPECT_EQ(statistics.at("recordsScanned").as_double(), 30);
  EXPECT_EQ(statistics.at("logGroupsScanned").as_double(), 2);
  EXPECT_GT(statistics.at("bytesScanned").as_double(), 0);
}

TEST_F(Queries, GiveAPointerThatGetLogRecordReads) {
  const auto answer = finished(start("fields @message, @log, @logStream | filter n = 6"));
  ASSERT_EQ(answer.at("results").as_array().size(), 1U);
  const auto& row = answer.at("results").at(0).as_array();
  EXPECT_EQ(row.back().at("field").as_string(), "@ptr");
  const auto record =
      world.get("GetLogRecord", R"({"logRecordPointer":)" + text_of(row.back().at("value")) + "}");
  EXPECT_EQ(record.at("logRecord").at("@message").as_string(), R"({"n":6,"even":true})");
  EXPECT_EQ(record.at("logRecord").at("n").as_string(), "6");
  EXPECT_EQ(rows(answer), R"(@message={"n":6,"even":true} @log=111122223333:h @logStream=s / )");
}

TEST_F(Queries, TakeSecondsIncludeTheLastOneAndGuessMilliseconds) {
  const auto count = [&](std::int64_t from, std::int64_t to) {
    const auto id =
        world
            .get("StartQuery", fmt::format(R"({{"logGroupNames":["g","h"],"startTime":{},
                                 "endTime":{},"queryString":"stats count() as c"}})",
                                           from, to))
            .at("queryId");
    return rows(finished(id.as_string()));
  };
  const std::int64_t s = kNow / 1000;
  world.put("g", "s", kNow + 999, "late in the first second");
  EXPECT_EQ(count(s, s), "c=2 / ");
  EXPECT_EQ(count(s + 1, s + 3), "c=3 / ");
  EXPECT_EQ(count(kNow + 1000, kNow + 3000), "c=3 / ");
  EXPECT_EQ(count(s - 5, s - 1), "");
}

TEST_F(Queries, RefuseWhatTheApiRefuses) {
  struct Case {
    std::string body, want;
  };
  const std::string times = R"("startTime":1,"endTime":2,)";
  const std::string query = R"("queryString":"limit 1")";
  const std::string groups =
      "InvalidParameterException: Exactly one of logGroupName, logGroupNames and "
      "logGroupIdentifiers must be given.";
  const std::vector<Case> cases = {
      {"{" + times + query + "}", groups},
      {R"({"logGroupName":"g","logGroupNames":["g"],)" + times + query + "}", groups},
      {R"({"logGroupName":"none",)" + times + query + "}",
       "ResourceNotFoundException: Log group 'none' does not exist for account ID '111122223333' "
       "(Service: AWSLogs; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: "
       "00000000-0000-4001-8000-000000000002; Proxy: null)"},
      {R"({"logGroupName":"g","startTime":3,"endTime":2,)" + query + "}",
       "InvalidParameterException: startTime must be less than or equal to endTime."},
      {R"({"logGroupName":"g","queryLanguage":"SQL",)" + times + query + "}",
       "InvalidParameterException: Only the query language CWLI is supported here."},
      {R"({"logGroupName":"g",)" + query + "}",
       "InvalidParameterException: 2 validation errors detected: Value null at 'startTime' failed "
       "to satisfy constraint: Member must not be null; Value null at 'endTime' failed to satisfy "
       "constraint: Member must not be null"},
      {R"({"logGroupName":"g","limit":100001,)" + times + query + "}",
       "InvalidParameterException: 1 validation error detected: Value '100001' at 'limit' failed "
       "to satisfy constraint: Member must have value less than or equal to 100000"},
  };
  for (const Case& c : cases) EXPECT_EQ(world.error("StartQuery", c.body), c.want);
}

TEST_F(Queries, SayWhereAQueryStopsMakingSense) {
  const auto answer = world.ask("StartQuery", body("fields `ü` | nonsense here"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.error_type, "MalformedQueryException");
  const auto value = testing::parse_json(answer.body);
  const auto& error = value.at("queryCompileError");
  EXPECT_EQ(error.at("message"), value.at("message"));
  // In characters: behind "fields `ü` | ".
  EXPECT_EQ(error.at("location").at("startCharOffset"), 13);
  EXPECT_EQ(error.at("location").at("endCharOffset"), 21);
}

TEST_F(Queries, AreUnknownByOtherIds) {
  for (const std::string_view operation : {"GetQueryResults", "StopQuery"}) {
    EXPECT_EQ(world.error(operation, by_id("x")),
              "ResourceNotFoundException: The specified query does not exist.");
  }
}

TEST_F(Queries, PageTheirResults) {
  const std::string id = start("fields n | sort n");
  const std::string all = rows(finished(id));
  for (const int items : {1, 7, 29, 30, 31, 0}) {
    std::string found, token;
    do {
      const auto page = results(id, fmt::format(R"(,"maxItems":{}{})", items, token));
      found += rows(page);
      const auto* next = page.as_object().if_contains("nextToken");
      token = next == nullptr ? "" : R"(,"nextToken":)" + text_of(*next);
    } while (!token.empty());
    EXPECT_EQ(found, all) << items;
  }
  const std::string other = start("fields n | sort n");
  finished(other);
  const auto page = results(id, R"(,"maxItems":1)");
  const std::string token = R"(,"nextToken":)" + text_of(page.at("nextToken"));
  EXPECT_EQ(world.error("GetQueryResults", by_id(other, token)),
            "InvalidParameterException: The specified nextToken is invalid.");
  EXPECT_EQ(world.error("GetQueryResults", by_id(id, R"(,"nextToken":"1")")),
            "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(Queries, GivePartialResultsWhileTheyRun) {
  hold();
  const std::string id = start("fields n | sort n");
  gate.wait_for_waiting(1);
  EXPECT_EQ(rows(results(id)), "");  // asks for more with the next block
  EXPECT_EQ(results(id).at("status").as_string(), "Running");
  gate.open(2);
  gate.wait_for_waiting(1);
  const auto answer = results(id);
  EXPECT_EQ(answer.at("status").as_string(), "Running");
  EXPECT_EQ(answer.at("results").as_array().size(),
            3U);  // the first block was merged when it ended
  gate.open();
  EXPECT_EQ(finished(id).at("results").as_array().size(), 30U);
}

TEST_F(Queries, StopWhenTheyAreTold) {
  hold();
  const std::string id = start("fields n");
  gate.wait_for_waiting(1);
  expect_json(world.ask("StopQuery", by_id(id)).body, R"({"success":true})");
  EXPECT_EQ(results(id).at("status").as_string(), "Cancelled");
  EXPECT_EQ(stop_error(id), fmt::format("InvalidParameterException: Query {} is not running.", id));
  gate.open();
  // The thread is free again: another query runs to its end.
  EXPECT_EQ(finished(start("fields n")).at("status").as_string(), "Complete");
  EXPECT_EQ(results(id).at("status").as_string(), "Cancelled");
  EXPECT_LT(world.catalog.loaded, 14U);
}

TEST_F(Queries, WaitForEachOtherAndAreLimited) {
  hold();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < QueryLimits{}.unfinished; ++i)
    ids.push_back(start("stats count() as c"));
  gate.wait_for_waiting(QueryLimits{}.running);
  EXPECT_EQ(results(ids[0]).at("status").as_string(), "Running");
  EXPECT_EQ(results(ids[50]).at("status").as_string(), "Scheduled");
  EXPECT_EQ(rows(results(ids[50])), "");
  EXPECT_EQ(world.error("StartQuery", body("limit 1")),
            "LimitExceededException: Account maximum query concurrency limit of [100] reached.");
  world.get("StopQuery", by_id(ids[50]));
  ids.push_back(start("stats count() as c"));
  gate.open();
  for (const std::string& id : ids) {
    const auto answer = finished(id);
    if (id == ids[50]) continue;
    EXPECT_EQ(rows(answer), "c=30 / ");
  }
}

TEST_F(Queries, EndAfterAnHour) {
  hold();
  const std::string id = start("fields n");
  gate.wait_for_waiting(1);
  world.now += 3'600'001;
  gate.open();
  EXPECT_EQ(finished(id).at("status").as_string(), "Timeout");
}

TEST_F(Queries, AreForgottenAnHourAfterTheyEnded) {
  const std::string old = start("limit 1");
  finished(old);
  const std::string last = start("limit 1");
  finished(last);
  world.now += 3'600'001;
  const std::string next = start("limit 1");
  EXPECT_EQ(world.error("GetQueryResults", by_id(old)),
            "ResourceNotFoundException: The specified query does not exist.");
  finished(next);
}

TEST_F(Queries, AreForgottenWhenTheyAreTooMany) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < QueryLimits{}.ended + 5; ++i) {
    ++world.now;
    ids.push_back(start("limit 1"));
    finished(ids.back());
  }
  const auto listed = world.get("DescribeQueries", "{}").at("queries").as_array();
  EXPECT_LE(listed.size(), QueryLimits{}.ended + 1);
  EXPECT_EQ(listed.front().at("queryId").as_string(), ids.back());
  EXPECT_TRUE(world.error("GetQueryResults", by_id(ids.front()))
                  .starts_with("ResourceNotFoundException: "));
}

TEST_F(Queries, AreDescribedNewestFirst) {
  const std::string first = start("fields n");
  finished(first);
  world.now += 1;
  const std::string second =
      std::string(world
                      .get("StartQuery", R"({"logGroupName":"g","startTime":1,"endTime":2,
                                  "queryString":"limit 1"})")
                      .at("queryId")
                      .as_string());
  finished(second);
  expect_json(world.ask("DescribeQueries", "{}").body,
              fmt::format(R"({{"queries":[
      {{"createTime":{},"logGroupName":"g","queryId":"{}","queryLanguage":"CWLI","status":"Complete",
        "queryString":"SOURCE \"g\" START=1000 END=2999 | limit 1"}},
      {{"createTime":{},"logGroupName":"g","queryId":"{}","queryLanguage":"CWLI","status":"Complete",
        "queryString":"SOURCE \"g\", \"h\" START={}000 END={}999 | fields n"}}]}})",
                          kNow + 1, second, kNow, first, kNow / 1000, kNow / 1000 + 29));
  const auto count = [&](std::string_view rest) {
    return world.get("DescribeQueries", rest).at("queries").as_array().size();
  };
  EXPECT_EQ(count(R"({"logGroupName":"h"})"), 1U);
  EXPECT_EQ(count(R"({"logGroupName":"none"})"), 0U);
  EXPECT_EQ(count(R"({"status":"Running"})"), 0U);
  EXPECT_EQ(count(R"({"status":"Complete","queryLanguage":"CWLI"})"), 2U);
  EXPECT_EQ(count(R"({"queryLanguage":"PPL"})"), 0U);
  const auto page = world.get("DescribeQueries", R"({"maxResults":1})");
  EXPECT_EQ(page.at("queries").at(0).at("queryId").as_string(), second);
  const auto rest = world.get(
      "DescribeQueries", R"({"maxResults":1,"nextToken":)" + text_of(page.at("nextToken")) + "}");
  EXPECT_EQ(rest.at("queries").at(0).at("queryId").as_string(), first);
  EXPECT_FALSE(rest.as_object().contains("nextToken"));
  EXPECT_EQ(world.error("DescribeQueries", R"({"nextToken":"x"})"),
            "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(Queries, GoOnWhenTheirGroupIsDeleted) {
  hold();
  const std::string id = start("stats count() as c");
  gate.wait_for_waiting(1);
  world.get("DeleteLogGroup", R"({"logGroupName":"g"})");
  gate.open();
  EXPECT_EQ(rows(finished(id)), "c=10 / ");
}

// As many threads as you like: the same rows.
TEST(QueriesOfManyThreads, GiveTheSameRows) {
  std::string want;
  for (const unsigned workers : {1U, 2U, 4U, 7U}) {
    ServiceWorld world({.block_events = 2, .segment_events = 50, .own_streams_taken = false},
                       workers);
    world.get("CreateLogGroup", R"({"logGroupName":"g"})");
    world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
    for (int i = 0; i < 300; ++i) {
      world.put("g", "s", kNow + i % 37, fmt::format(R"({{"k":"{}","n":{}}})", i % 11, i));
    }
    const auto id = world
                        .get("StartQuery", fmt::format(
                                               R"({{"logGroupName":"g","startTime":0,"endTime":{},
             "queryString":"stats count() as c, sum(n) as s, max(n) by k | sort k"}})",
                                               kNow + 100))
                        .at("queryId");
    boost::json::value answer;
    do {
      answer = world.get("GetQueryResults", R"({"queryId":)" + text_of(id) + "}");
    } while (answer.at("status") != "Complete");
    if (want.empty()) want = rows(answer);
    EXPECT_EQ(rows(answer), want);
    EXPECT_EQ(answer.at("results").as_array().size(), 11U);
  }
}

}  // namespace
}  // namespace dn::logs
