// Requests that no client sends: each field in each JSON type, cut and altered bodies, text that is
// no UTF-8, messages of a megabyte. Every answer is 200 or a documented error, never a 5xx.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::kNow;
using testing::ServiceWorld;

struct Request {
  std::string operation, body;
};

// A good request for each operation; they work in this order.
std::vector<Request> good_requests(const std::string& query_id) {
  const std::string events = fmt::format(
      R"([{{"timestamp":{},"message":"m"}},{{"timestamp":{},"message":"n"}}])", kNow, kNow + 1);
  return {
      {"CreateLogGroup",
       R"({"logGroupName":"new","tags":{"a":"b"},"logGroupClass":"STANDARD",
           "deletionProtectionEnabled":false})"},
      {"CreateLogStream", R"({"logGroupName":"new","logStreamName":"s"})"},
      {"PutRetentionPolicy", R"({"logGroupName":"new","retentionInDays":7})"},
      {"DescribeLogGroups",
       R"({"logGroupNamePrefix":"n","limit":5,"logGroupClass":"STANDARD",
           "logGroupIdentifiers":["new"]})"},
      {"DescribeLogGroups", R"({"logGroupNamePattern":"n"})"},
      {"DescribeLogStreams", R"({"logGroupName":"g","orderBy":"LogStreamName","descending":true,
           "limit":5,"logStreamNamePrefix":"s"})"},
      {"DescribeLogStreams", R"({"logGroupIdentifier":"g"})"},
      {"PutLogEvents",
       R"({"logGroupName":"g","logStreamName":"s","sequenceToken":"x","logEvents":)" + events +
           "}"},
      {"FilterLogEvents", R"({"logGroupName":"g","logStreamNames":["s"],"startTime":0,
           "endTime":9000000000000,"filterPattern":"m","limit":10,"interleaved":true,
           "unmask":true})"},
      {"FilterLogEvents", R"({"logGroupIdentifier":"g","logStreamNamePrefix":"s"})"},
      {"GetLogEvents", R"({"logGroupName":"g","logStreamName":"s","startTime":0,
           "endTime":9000000000000,"limit":10,"startFromHead":true,"unmask":false})"},
      {"TestMetricFilter", R"({"filterPattern":"m","logEventMessages":["m","n"]})"},
      {"StartQuery", fmt::format(R"({{"logGroupNames":["g"],"startTime":0,"endTime":{},
           "queryString":"fields @message","limit":5,"queryLanguage":"CWLI"}})",
                                 kNow / 1000)},
      {"StartQuery",
       R"({"logGroupIdentifiers":["g"],"startTime":0,"endTime":5,"queryString":"limit 1"})"},
      {"StartQuery", R"({"logGroupName":"g","startTime":0,"endTime":5,"queryString":"limit 1"})"},
      {"GetQueryResults", R"({"queryId":")" + query_id + R"(","maxItems":5})"},
      {"DescribeQueries",
       R"({"logGroupName":"g","status":"Complete","maxResults":5,"queryLanguage":"CWLI"})"},
      {"GetLogGroupFields", fmt::format(R"({{"logGroupName":"g","time":{}}})", kNow / 1000)},
      {"DeleteRetentionPolicy", R"({"logGroupName":"new"})"},
      {"DeleteLogStream", R"({"logGroupName":"new","logStreamName":"s"})"},
      {"DeleteLogGroup", R"({"logGroupName":"new"})"},
  };
}

const std::set<std::string> kClientErrors = {
    "AccessDeniedException",     "InvalidOperationException", "InvalidParameterException",
    "LimitExceededException",    "MalformedQueryException",   "ResourceAlreadyExistsException",
    "ResourceNotFoundException", "SerializationException",    "UnknownOperationException",
    "ValidationException"};

class HostileRequests : public ::testing::Test {
 protected:
  HostileRequests() {
    world.get("CreateLogGroup", R"({"logGroupName":"g"})");
    world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
    world.put("g", "s", kNow, "m");
    query_id = world
                   .get("StartQuery", R"({"logGroupName":"g","startTime":0,"endTime":1,
                                          "queryString":"limit 1"})")
                   .at("queryId")
                   .as_string();
  }
  // The error's type, or "" for 200; fails for anything that is not documented.
  std::string outcome(const std::string& operation, std::string_view body) {
    const ServiceAnswer answer =
        operation == "StartLiveTail" ? tail(body) : world.ask(operation, body);
    EXPECT_TRUE(answer.status == 200 || answer.status == 400) << operation << "\n"
                                                              << body.substr(0, 500) << "\n"
                                                              << answer.body;
    if (!answer.body.empty()) testing::parse_json(answer.body);
    if (answer.status != 200) {
      EXPECT_TRUE(kClientErrors.contains(answer.error_type)) << answer.body;
    }
    return answer.error_type;
  }
  ServiceAnswer tail(std::string_view body) {
    const auto started = world.service->start_live_tail(body);
    return started.session ? ServiceAnswer{} : started.error;
  }
  ServiceWorld world;
  std::string query_id;
};

// Calls `use` with the document in which one value after the other was replaced.
void replace_each(boost::json::value& at, const boost::json::value& by,
                  const std::function<void(boost::json::kind was)>& use) {
  const auto one = [&](boost::json::value& value) {
    boost::json::value old = value;
    value = by;
    use(old.kind());
    value = old;
    replace_each(value, by, use);
  };
  if (auto* object = at.if_object()) {
    for (auto& entry : *object) one(entry.value());
  } else if (auto* array = at.if_array()) {
    for (auto& value : *array) one(value);
  }
}

bool is_number(boost::json::kind kind) {
  return kind == boost::json::kind::int64 || kind == boost::json::kind::double_ ||
         kind == boost::json::kind::uint64;
}

TEST_F(HostileRequests, WithEachFieldInEachTypeGetADocumentedError) {
  using boost::json::value;
  const value replacements = testing::parse_json(
      R"([null, true, 0, -1, 1.5, 1e300, 18446744073709551615, 9223372036854775807,
          -9223372036854775808, "", "x", "\ud83d\ude00:*\n", [], [null], [[]], {}, {"a":1}, ")" +
      std::string(20'000, 'x') + "\"]");
  std::vector<Request> requests = good_requests(query_id);
  requests.push_back({"StartLiveTail", R"({"logGroupIdentifiers":["g"],"logStreamNames":["s"],
                                           "logEventFilterPattern":"m"})"});
  for (const Request& request : requests) {
    for (const value& replacement : replacements.as_array()) {
      value document = testing::parse_json(request.body);
      replace_each(document, replacement, [&](boost::json::kind was) {
        const std::string body = boost::json::serialize(document);
        const std::string error = outcome(request.operation, body);
        const auto is = replacement.kind();
        const bool same = is == was || (is_number(is) && is_number(was));
        if (!same && is != boost::json::kind::null) {
          EXPECT_EQ(error, "SerializationException")
              << request.operation << " " << body.substr(0, 500);
        }
      });
    }
  }
}

TEST_F(HostileRequests, ThatAreCutAreNoJson) {
  for (const Request& request : good_requests(query_id)) {
    EXPECT_EQ(outcome(request.operation, request.body), "") << request.operation;
    for (std::size_t size = 1; size < request.body.size(); ++size) {
      EXPECT_EQ(outcome(request.operation, request.body.substr(0, size)), "SerializationException");
    }
  }
}

TEST_F(HostileRequests, ThatAreAlteredGetAnAnswer) {
  std::mt19937_64 random(3);
  const auto requests = good_requests(query_id);
  for (int round = 0; round < 20'000; ++round) {
    const Request& request = requests[random() % requests.size()];
    std::string body = request.body;
    for (auto left = 1 + random() % 4; left > 0; --left) {
      constexpr std::string_view kBytes = "{}[],:\"\\0e-tnu\xff\x80 ";
      body[random() % body.size()] = kBytes[random() % kBytes.size()];
    }
    outcome(request.operation, body);
  }
}

TEST_F(HostileRequests, WithTooMuchInThemAreRefusedAtOnce) {
  const std::string deep = "{\"logGroupName\":" + std::string(1'000'000, '[') + "}";
  const std::string wide = "{\"logEvents\":[" + std::string(5'000'000, ',') + "]}";
  std::string keys = "{";
  for (int i = 0; i < 300'000; ++i) keys += fmt::format("\"k{}\":0,", i);
  for (const std::string& body : {deep, wide, keys + "\"z\":0}", std::string(16'000'000, '{'),
                                  std::string(16'000'000, '"'), std::string(1'000'000, '\0'),
                                  "{\"logGroupName\":\"" + std::string(8'000'001, '\\') + "\"}"}) {
    EXPECT_EQ(outcome("PutLogEvents", body), "SerializationException");
  }
}

TEST_F(HostileRequests, WithTextThatIsNoUtf8AreNoJson) {
  for (const std::string_view bad :
       {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\\ud800", "\\udc00\\ud800"}) {
    EXPECT_EQ(outcome("CreateLogStream",
                      fmt::format(R"({{"logGroupName":"g","logStreamName":"{}"}})", bad)),
              "SerializationException");
  }
}

TEST_F(HostileRequests, UnknownOperationsAreNamedSo) {
  for (const std::string_view operation :
       {"", "x", "filterLogEvents", "FilterLogEvents ", "PutMetricFilter"}) {
    EXPECT_EQ(world.error(operation, "{}"),
              "UnknownOperationException: This operation is not supported.");
  }
  EXPECT_EQ(world.error("StartLiveTail", "{}"),
            "InvalidOperationException: StartLiveTail answers with an event stream.");
}

// Stored text is anybody's: what comes out is JSON that a strict reader reads, and the message.
TEST_F(HostileRequests, MessagesOfAMegabyteComeBackAsTheyWere) {
  world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":"big"})");
  const std::size_t size = 1'048'576 - 26;
  const std::vector<std::string> texts = {std::string(size, '\0'), std::string(size, '"'),
                                          std::string(size, '\\'), std::string(size, '{'),
                                          std::string(size - 1, 'x') + "\n"};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const boost::json::value event = {{"timestamp", kNow + static_cast<std::int64_t>(i)},
                                      {"message", texts[i]}};
    const boost::json::value body = {
        {"logGroupName", "g"}, {"logStreamName", "big"}, {"logEvents", boost::json::array{event}}};
    world.get("PutLogEvents", boost::json::serialize(body));
  }
  for (const std::string_view pattern : {"", "-none", "{ $.a = 1 || $.b NOT EXISTS }", "%x%"}) {
    world.get("FilterLogEvents",
              fmt::format(R"({{"logGroupName":"g","filterPattern":"{}"}})", pattern));
  }
  const auto events =
      world.get("FilterLogEvents", R"({"logGroupName":"g","logStreamNames":["big"]})")
          .at("events")
          .as_array();
  ASSERT_EQ(events.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(events[i].at("message").as_string(), texts[i]);
  }
}

TEST_F(HostileRequests, BytesThatNoClientCanReadAreReplaced) {
  world.catalog.append_own("flow",
                           "{\"time\":\"2026-11-22T03:15:00.000Z\",\"dhost\":\"a\xff\xc0\xafz\"}");
  const auto answer = world.get("FilterLogEvents", R"({"logGroupName":"DiscrimiNAT"})");
  EXPECT_EQ(answer.at("events").at(0).at("message").as_string(),
            "{\"time\":\"2026-11-22T03:15:00.000Z\",\"dhost\":\"a\xEF\xBF\xBD\xEF\xBF\xBD"
            "\xEF\xBF\xBDz\"}");
}

}  // namespace
}  // namespace dn::logs
