// `query`: the life of a query against a scripted endpoint.
#include "cli/query.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class Query : public CliTest {
 protected:
  void answer(std::string_view text) { logs.answers.emplace_back(json::parse(text).as_object()); }
  void refuse(LogsError error) { logs.answers.emplace_back(tl::unexpected(std::move(error))); }
  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const auto& [name, input] : logs.asked) names.push_back(name);
    return names;
  }
};

constexpr std::string_view kRows =
    R"({"status":"Complete","results":[[{"field":"dhost","value":"a.example"},{"field":"n","value":"3"}],
        [{"field":"dhost","value":"b.example"},{"field":"n","value":"1"}]],
        "statistics":{"recordsMatched":4.0,"recordsScanned":1234.0,"bytesScanned":567890.0}})";

TEST_F(Query, StartsPollsAndPrintsATable) {
  answer(R"({"queryId":"q-1"})");
  answer(R"({"status":"Scheduled","results":[]})");
  answer(R"({"status":"Running","results":[],"statistics":{"recordsScanned":5.0}})");
  answer(kRows);
  EXPECT_EQ(call({"query", "stats count() as n by dhost", "--since", "2h", "--limit", "7"}),
            kExitGood);
  EXPECT_EQ(out,
            "dhost      n\n"
            "a.example  3\n"
            "b.example  1\n");
  EXPECT_EQ(err, "");
  EXPECT_EQ(operations(), (std::vector<std::string>{"StartQuery", "GetQueryResults",
                                                    "GetQueryResults", "GetQueryResults"}));
  const json::object& start = logs.asked.front().second;
  EXPECT_EQ(start.at("logGroupName"), "DiscrimiNAT");
  EXPECT_EQ(start.at("queryString"), "stats count() as n by dhost");
  EXPECT_EQ(start.at("endTime"), 1'795'348'800);
  EXPECT_EQ(start.at("startTime"), 1'795'348'800 - 7200);
  EXPECT_EQ(start.at("limit"), 7);
  EXPECT_EQ(logs.asked_text("queryId"), "q-1");
  EXPECT_EQ(pauses, 2);
}

TEST_F(Query, PrintsJsonAndCsvAndNothingForNoRows) {
  for (const auto& [option, want] :
       {std::pair("json",
                  "[\n{\"dhost\": \"a.example\", \"n\": \"3\"},\n{\"dhost\": \"b.example\", \"n\": "
                  "\"1\"}\n]\n"),
        std::pair("csv", "dhost,n\r\na.example,3\r\nb.example,1\r\n")}) {
    answer(R"({"queryId":"q-1"})");
    answer(kRows);
    EXPECT_EQ(call({"query", "q", "--output", option}), kExitGood);
    EXPECT_EQ(out, want);
  }
  answer(R"({"queryId":"q-1"})");
  answer(R"({"status":"Complete","results":[]})");
  EXPECT_EQ(call({"query", "q", "--json"}), kExitGood);
  EXPECT_EQ(out, "[]\n");
  answer(R"({"queryId":"q-1"})");
  answer(R"({"status":"Complete","results":[]})");
  EXPECT_EQ(call({"query", "q"}), kExitGood);
  EXPECT_EQ(out, "");
}

TEST_F(Query, FetchesFurtherPagesOfResults) {
  answer(R"({"queryId":"q-1"})");
  answer(R"({"status":"Complete","results":[[{"field":"n","value":"1"}]],"nextToken":"t1"})");
  answer(R"({"status":"Complete","results":[[{"field":"n","value":"2"}]],"nextToken":"t2"})");
  answer(R"({"status":"Complete","results":[[{"field":"n","value":"3"}]]})");
  EXPECT_EQ(call({"query", "q", "--output", "csv"}), kExitGood);
  EXPECT_EQ(out, "n\r\n1\r\n2\r\n3\r\n");
  EXPECT_EQ(logs.asked_text("nextToken"), "t2");
  answer(R"({"queryId":"q-1"})");
  answer(R"({"status":"Complete","results":[],"nextToken":"t1"})");
  answer(R"({"status":"Complete","results":[],"nextToken":"t1"})");
  EXPECT_EQ(call({"query", "q"}), kExitCannot);
  EXPECT_TRUE(err.contains("repeats its nextToken"));
}

TEST_F(Query, ShowsProgressAfterASecondAndTheStatistics) {
  err_is_terminal = true;
  answer(R"({"queryId":"q-1"})");
  for (int i = 0; i < 6; ++i) {
    answer(
        R"({"status":"Running","results":[],"statistics":{"recordsScanned":1234.0,"bytesScanned":5e6}})");
  }
  answer(kRows);
  EXPECT_EQ(call({"query", "q"}), kExitGood);
  EXPECT_EQ(err,
            "\r\x1b[Krunning: 1,234 records scanned, 5.0 MB\r\x1b[K"
            "2 rows, 4 records matched, 1,234 records scanned, 567.9 kB\n");
}

TEST_F(Query, MarksThePlaceOfAMistake) {
  refuse({"MalformedQueryException", "unexpected symbol found srot", QueryLocation{15, 19}});
  EXPECT_EQ(call({"query", "fields dhost | srot n"}), kExitCannot);
  EXPECT_EQ(err,
            "discriminat: MalformedQueryException: unexpected symbol found srot\n"
            "  fields dhost | srot n\n"
            "                 ^^^^\n");
  EXPECT_EQ(out, "");
  refuse({"ResourceNotFoundException", "no such group"});
  EXPECT_EQ(call({"query", "q"}), kExitCannot);
  EXPECT_EQ(err, "discriminat: ResourceNotFoundException: no such group\n");
}

TEST_F(Query, StopsTheQueryAtCtrlC) {
  answer(R"({"queryId":"q-1"})");
  answer(R"({"status":"Running","results":[]})");
  answer(R"({"success":true})");
  on_pause = [&] { interrupted = true; };
  EXPECT_EQ(call({"query", "q"}), kExitInterrupted);
  EXPECT_EQ(operations().back(), "StopQuery");
  EXPECT_EQ(logs.asked_text("queryId"), "q-1");
  EXPECT_EQ(err, "discriminat: stopped\n");
}

TEST_F(Query, SaysThatAQueryFailed) {
  for (const char* status : {"Failed", "Cancelled", "Timeout", "Unknown", "\\u001b[2J"}) {
    answer(R"({"queryId":"q-1"})");
    answer(std::string(R"({"results":[],"status":")") + status + "\"}");
    EXPECT_EQ(call({"query", "q"}), kExitCannot);
    EXPECT_TRUE(err.starts_with("discriminat: the query has not completed: its status is \""))
        << err;
    EXPECT_FALSE(err.contains('\x1b'));
  }
}

TEST_F(Query, RefusesAnswersThatAreNone) {
  for (const char* start : {"{}", R"({"queryId":7})"}) {
    answer(start);
    EXPECT_EQ(call({"query", "q"}), kExitCannot);
    EXPECT_EQ(err, "discriminat: the endpoint gave no queryId\n");
  }
  for (const char* rows : {R"({"status":"Complete"})", R"({"status":"Complete","results":[7]})",
                           R"({"status":"Complete","results":[[7]]})"}) {
    answer(R"({"queryId":"q-1"})");
    answer(rows);
    EXPECT_EQ(call({"query", "q"}), kExitCannot);
    EXPECT_EQ(err, "discriminat: the endpoint's answer to GetQueryResults has no rows\n");
  }
}

}  // namespace
}  // namespace dn::cli
