// FilterLogEvents and GetLogEvents: answers, errors, and that pages of any size give the same.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "logs/testing/service_world.h"

namespace dn::logs {
namespace {

using testing::expect_json;
using testing::kNow;
using testing::ServiceWorld;
using testing::text_of;

constexpr std::string_view kBadToken =
    "InvalidParameterException: The specified nextToken is invalid.";
constexpr std::int64_t kHour = 3'600'000;

// "message message …" of an answer.
std::string messages(const boost::json::value& answer) {
  std::string found;
  for (const auto& event : answer.at("events").as_array()) {
    found += event.at("message").as_string();
    found += ' ';
  }
  return found;
}

void make_stream(ServiceWorld& world, const std::string& stream) {
  world.ask("CreateLogGroup", R"({"logGroupName":"g"})");
  world.get("CreateLogStream", R"({"logGroupName":"g","logStreamName":")" + stream + "\"}");
}

class FilterLogEvents : public ::testing::Test {
 protected:
  FilterLogEvents() {
    for (const char* stream : {"a1", "a2", "b"}) make_stream(world, stream);
    world.put("g", "a1", kNow, "one");
    world.put("g", "a2", kNow + 1, "two");
    world.put("g", "b", kNow + 2, "three");
    world.put("g", "a1", kNow + 3, "four");
  }
  static std::string body(std::string_view rest) {
    return fmt::format(R"({{"logGroupName":"g"{}{}}})", rest.empty() ? "" : ",", rest);
  }
  std::string found(std::string_view rest) {
    return messages(world.get("FilterLogEvents", body(rest)));
  }
  std::string error(std::string_view rest) { return world.error("FilterLogEvents", body(rest)); }
  ServiceWorld world;
};

TEST_F(FilterLogEvents, TellsAllOfAnEvent) {
  const auto answer = world.get("FilterLogEvents", body(R"("limit":1)"));
  const std::string id(answer.at("events").at(0).at("eventId").as_string());
  EXPECT_EQ(id.size(), 56U);
  EXPECT_EQ(answer.at("events").as_array().size(), 1U);
  expect_json(text_of(answer.at("events").at(0)),
              fmt::format(R"({{"eventId":"{}","ingestionTime":{},"logStreamName":"a1",
                              "message":"one","timestamp":{}}})",
                          id, kNow, kNow));
  EXPECT_EQ(text_of(answer.at("searchedLogStreams")), "[]");
  EXPECT_TRUE(answer.as_object().contains("nextToken"));
}

TEST_F(FilterLogEvents, ChoosesStreamsTimesAndPatterns) {
  struct Case {
    std::string rest, want;
  };
  const auto t = [](int offset) { return std::to_string(kNow + offset); };
  const std::vector<Case> cases = {
      {"", "one two three four "},
      {R"("logStreamNames":["b"])", "three "},
      {R"("logStreamNames":["b","a1"])", "one three four "},
      {R"("logStreamNamePrefix":"a")", "one two four "},
      {R"("logStreamNamePrefix":"z")", ""},
      {R"("startTime":)" + t(1), "two three four "},
      {R"("endTime":)" + t(1), "one two "},  // included
      {R"("startTime":)" + t(1) + R"(,"endTime":)" + t(1), "two "},
      {R"("startTime":)" + t(4), ""},
      {R"("startTime":0,"endTime":9223372036854775807)", "one two three four "},
      {R"("filterPattern":"t")", "two three "},
      {R"("filterPattern":"t -w","interleaved":true,"unmask":false)", "three "},
      {R"("filterPattern":"")", "one two three four "},
      {R"("filterPattern":"none")", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(found(c.rest), c.want) << c.rest;
}

TEST_F(FilterLogEvents, TakesTheGroupByItsArn) {
  const auto answer =
      world.get("FilterLogEvents",
                R"({"logGroupIdentifier":"arn:aws:logs:eu-west-1:111122223333:log-group:g"})");
  EXPECT_EQ(messages(answer), "one two three four ");
}

TEST_F(FilterLogEvents, RefusesWhatTheApiRefuses) {
  const std::string no_stream =
      "ResourceNotFoundException: The specified log stream does not exist.";
  const std::string one = "InvalidParameterException: 1 validation error detected: Value ";
  struct Case {
    std::string rest, want;
  };
  const std::vector<Case> cases = {
      {R"("logStreamNames":["x"])", no_stream},
      {R"("logStreamNames":["a1","x"])", no_stream},
      {R"("logStreamNames":[])",
       one + "at 'logStreamNames' failed to satisfy constraint: Member must have length greater "
             "than or equal to 1"},
      {R"("logStreamNames":["a1"],"logStreamNamePrefix":"a")",
       "InvalidParameterException: logStreamNames and logStreamNamePrefix are mutually exclusive "
       "parameters."},
      {R"("startTime":2,"endTime":1)",
       "InvalidParameterException: startTime must be less than or equal to endTime."},
      {R"("startTime":-1)",
       one + "'-1' at 'startTime' failed to satisfy constraint: Member must have value greater "
             "than or equal to 0"},
      {R"("limit":10001)",
       one + "'10001' at 'limit' failed to satisfy constraint: Member must have value less than "
             "or equal to 10000"},
      {R"("filterPattern":")" + std::string(1025, 'x') + "\"",
       one + "at 'filterPattern' failed to satisfy constraint: Member must have length less than "
             "or equal to 1024"},
      {R"("nextToken":"x")", std::string(kBadToken)},
  };
  for (const Case& c : cases) EXPECT_EQ(error(c.rest), c.want) << c.rest.substr(0, 99);
  EXPECT_TRUE(error(R"("filterPattern":"{ $.a = ")").starts_with("InvalidParameterException: "));
  EXPECT_EQ(world.error("FilterLogEvents", R"({"logGroupName":"none"})"),
            "ResourceNotFoundException: The specified log group does not exist.");
}

TEST_F(FilterLogEvents, RefusesTokensThatAreAlteredForeignOrOld) {
  const auto page = world.get("FilterLogEvents", body(R"("limit":1)"));
  std::string token(page.at("nextToken").as_string());
  const auto with = [](std::string_view text) { return fmt::format(R"("nextToken":"{}")", text); };
  EXPECT_EQ(found(with(token)), "two three four ");
  EXPECT_EQ(found(with(token) + R"(,"limit":2)"), "two three ");
  EXPECT_EQ(error(with(token) + R"(,"startTime":0)"), kBadToken);
  EXPECT_EQ(error(with(token) + R"(,"filterPattern":"o")"), kBadToken);
  EXPECT_EQ(error(with(token) + R"(,"logStreamNames":["a1"])"), kBadToken);
  EXPECT_EQ(error(with(token + "0")), kBadToken);
  EXPECT_EQ(error(with(token.substr(1))), kBadToken);
  token.back() = token.back() == '0' ? '1' : '0';
  EXPECT_EQ(error(with(token)), kBadToken);
  token.back() = token.back() == '0' ? '1' : '0';
  world.now += 24 * kHour;
  world.service = nullptr;  // tokens outlive the service
  world.service = LogsService::make(
      world.catalog,
      {.region = "eu-west-1",
       .account = "111122223333",
       .workers = 1,
       .clock = [this] { return WallTime(std::chrono::milliseconds(world.now.load())); },
       .random = {}});
  const std::string good(page.at("nextToken").as_string());
  EXPECT_EQ(found(with(good)), "two three four ");
  world.now += 1;
  EXPECT_EQ(error(with(good)), kBadToken);
}

TEST_F(FilterLogEvents, DoesNotLoadBlocksThatCannotContribute) {
  for (int i = 0; i < 300; ++i) world.put("g", "b", kNow + 100 + i, "late");
  world.service = LogsService::make(world.catalog, {.workers = 1, .clock = {}, .random = {}});
  world.catalog.loaded = 0;
  EXPECT_EQ(found(R"("limit":3)"), "one two three ");
  EXPECT_LE(world.catalog.loaded, 4U);
  world.catalog.loaded = 0;
  EXPECT_EQ(found(fmt::format(R"("endTime":{})", kNow + 3)), "one two three four ");
  EXPECT_LE(world.catalog.loaded, 4U);
}

TEST_F(FilterLogEvents, PassesOverBlocksThatAreGone) {
  world.catalog.loads = [](const store::BlockInfo& block) { return block.first != kNow + 1; };
  EXPECT_EQ(found(""), "one three four ");
}

// Events at every second, the clock moves ten seconds with each block: after five blocks the search
// is late, and a page ends in front of the next block.
TEST(FilterLogEventsThatTakesTooLong, GivesWhatItHasWithATokenAndMissesNothing) {
  ServiceWorld world({.block_events = 3, .segment_events = 7, .own_streams_taken = false}, 1);
  make_stream(world, "s");
  make_stream(world, "t");
  std::string all;
  for (int i = 0; i < 200; ++i) {
    world.put("g", i % 3 == 0 ? "t" : "s", kNow + 1000 * i, fmt::format("m{}", i));
    if (i % 50 == 0) all += fmt::format("m{} ", i);
  }
  world.catalog.loads = [&](const store::BlockInfo&) {
    world.now += 10'000;
    return true;
  };
  const std::string base = R"({"logGroupName":"g","filterPattern":"?m0 ?m50 ?m100 ?m150")";
  const auto is_wanted = [](std::string_view message) {
    return message == "m0" || message == "m50" || message == "m100" || message == "m150";
  };
  std::string found, token;
  int pages = 0;
  do {
    const auto page = world.get("FilterLogEvents", base + token + "}");
    for (const auto& event : page.at("events").as_array()) {
      const std::string_view message(event.at("message").as_string());
      if (is_wanted(message)) found += std::string(message) + " ";
    }
    const auto* next = page.as_object().if_contains("nextToken");
    token = next == nullptr ? "" : R"(,"nextToken":)" + text_of(*next);
    ++pages;
  } while (!token.empty() && pages < 1000);
  EXPECT_EQ(found, all);
  EXPECT_GT(pages, 5);
  EXPECT_LT(pages, 100);
}

TEST(FilterLogEventsPage, EndsSoonWhenTheProgramDoes) {
  ServiceWorld world({.block_events = 1, .segment_events = 5, .own_streams_taken = false}, 1);
  make_stream(world, "s");
  for (int i = 0; i < 50; ++i) world.put("g", "s", kNow + i * 1000, "m");
  world.service->stop_soon();
  const auto page = world.get("FilterLogEvents", R"({"logGroupName":"g"})");
  EXPECT_LT(page.at("events").as_array().size(), 10U);
  EXPECT_TRUE(page.as_object().contains("nextToken"));
}

TEST(FilterLogEventsPage, EndsAtItsBytes) {
  ServiceWorld world({.block_events = 1, .segment_events = 5, .own_streams_taken = false});
  make_stream(world, "s");
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) world.put("g", "s", kNow + i, large);
  const auto first = world.get("FilterLogEvents", R"({"logGroupName":"g"})");
  EXPECT_EQ(first.at("events").as_array().size(), 16U);
  const auto second = world.get("FilterLogEvents", R"({"logGroupName":"g","nextToken":)" +
                                                       text_of(first.at("nextToken")) + "}");
  EXPECT_EQ(second.at("events").as_array().size(), 4U);
  EXPECT_FALSE(second.as_object().contains("nextToken"));
}

// Streams whose times jump and collide, blocks of any size, pages of any size, any number of
// threads: the concatenation is always the same, and what a simple model says.
TEST(FilterLogEventsPages, OfAnySizeGiveTheSame) {
  for (unsigned seed = 0; seed < 6; ++seed) {
    std::mt19937_64 random(seed);
    ServiceWorld world({.block_events = 1 + random() % 5,
                        .segment_events = 1 + random() % 30,
                        .own_streams_taken = false},
                       1 + static_cast<unsigned>(random() % 4));
    std::set<std::pair<std::int64_t, std::string>> model;
    for (const char* stream : {"s", "t", "u"}) make_stream(world, stream);
    for (int i = 0; i < 80; ++i) {
      const std::int64_t time = kNow + static_cast<std::int64_t>(random() % 40);
      const bool json = random() % 2 == 0;
      const std::string message =
          json ? fmt::format(R"({{"n":{},"word":"{}"}})", i, random() % 3 == 0 ? "yes" : "no")
               : fmt::format("line {} {}", i, random() % 3 == 0 ? "yes" : "no");
      world.put("g", std::array{"s", "t", "u"}.at(random() % 3), time, message);
      model.emplace(time, message);
    }
    for (const std::string pattern : {"", "yes", "{ $.word = \\\"yes\\\" }"}) {
      const std::string base = R"({"logGroupName":"g","filterPattern":")" + pattern + "\"";
      const auto whole = world.get("FilterLogEvents", base + "}");
      ASSERT_FALSE(whole.as_object().contains("nextToken"));
      const boost::json::array all = whole.at("events").as_array();
      std::set<std::pair<std::int64_t, std::string>> found;
      std::set<std::string> ids;
      std::int64_t last = 0;
      for (const auto& event : all) {
        EXPECT_GE(event.at("timestamp").as_int64(), last);
        last = event.at("timestamp").as_int64();
        ids.emplace(event.at("eventId").as_string());
        found.emplace(last, std::string(event.at("message").as_string()));
      }
      EXPECT_EQ(ids.size(), all.size());
      auto want = model;
      std::erase_if(want, [&](const auto& event) {
        return (pattern == "yes" && !event.second.contains("yes")) ||
               (pattern.starts_with("{") && !event.second.contains(R"("word":"yes")"));
      });
      EXPECT_EQ(found, want);
      for (const std::size_t limit : {1UL, 7UL, 50UL, all.size(), all.size() + 1}) {
        boost::json::array pages;
        std::string token;
        do {
          const auto page = world.get("FilterLogEvents",
                                      base + R"(,"limit":)" + std::to_string(limit) + token + "}");
          const auto& events = page.at("events").as_array();
          EXPECT_LE(events.size(), limit);
          const auto* next = page.as_object().if_contains("nextToken");
          if (next != nullptr) {
            EXPECT_EQ(events.size(), limit);
          }
          pages.insert(pages.end(), events.begin(), events.end());
          token = next == nullptr ? "" : R"(,"nextToken":)" + text_of(*next);
        } while (!token.empty() && pages.size() <= all.size());
        EXPECT_EQ(pages, all) << "seed " << seed << " limit " << limit << " " << pattern;
      }
    }
  }
}

class GetLogEvents : public ::testing::Test {
 protected:
  GetLogEvents() {
    make_stream(world, "s");
    for (int i = 0; i < 10; ++i) world.put("g", "s", kNow + i / 2, fmt::format("{}", i));
  }
  boost::json::value get(std::string_view rest) {
    return world.get("GetLogEvents",
                     fmt::format(R"({{"logGroupName":"g","logStreamName":"s"{}{}}})",
                                 rest.empty() ? "" : ",", rest));
  }
  static std::string with(const boost::json::value& answer, std::string_view token,
                          std::string_view rest = R"("limit":3)") {
    return fmt::format(R"({},"nextToken":{})", rest, text_of(answer.at(token)));
  }
  ServiceWorld world;
};

constexpr std::string_view kForward = "nextForwardToken", kBackward = "nextBackwardToken";

TEST_F(GetLogEvents, BeginsAtTheEndOrAtTheHead) {
  EXPECT_EQ(messages(get("")), "0 1 2 3 4 5 6 7 8 9 ");
  EXPECT_EQ(messages(get(R"("limit":3)")), "7 8 9 ");
  EXPECT_EQ(messages(get(R"("limit":3,"startFromHead":true)")), "0 1 2 ");
  expect_json(
      text_of(get(R"("limit":1)").at("events")),
      fmt::format(R"([{{"ingestionTime":{},"message":"9","timestamp":{}}}])", kNow, kNow + 4));
}

TEST_F(GetLogEvents, IncludesTheStartAndNotTheEnd) {
  EXPECT_EQ(messages(get(fmt::format(R"("startTime":{})", kNow + 3))), "6 7 8 9 ");
  EXPECT_EQ(messages(get(fmt::format(R"("endTime":{})", kNow + 1))), "0 1 ");
  EXPECT_EQ(messages(get(fmt::format(R"("startTime":{0},"endTime":{0})", kNow + 1))), "");
  EXPECT_EQ(messages(get(R"("endTime":0)")), "");
}

TEST_F(GetLogEvents, PagesForwardToTheEndAndGoesOnWhenThereIsMore) {
  auto page = get(R"("limit":3,"startFromHead":true)");
  std::string found = messages(page);
  for (int i = 0; i < 3; ++i) {
    page = get(with(page, kForward));
    found += messages(page);
  }
  EXPECT_EQ(found, "0 1 2 3 4 5 6 7 8 9 ");
  const auto end = get(with(page, kForward));
  EXPECT_EQ(messages(end), "");
  EXPECT_EQ(end.at(kForward), page.at(kForward));  // the end
  EXPECT_EQ(messages(get(with(end, kBackward))), "7 8 9 ");
  world.put("g", "s", kNow + 9, "new");
  EXPECT_EQ(messages(get(with(end, kForward))), "new ");
}

TEST_F(GetLogEvents, PagesBackwardToTheHead) {
  auto page = get(R"("limit":4)");
  EXPECT_EQ(messages(page), "6 7 8 9 ");
  page = get(with(page, kBackward, R"("limit":4)"));
  EXPECT_EQ(messages(page), "2 3 4 5 ");
  EXPECT_EQ(messages(get(with(page, kForward))), "6 7 8 ");
  page = get(with(page, kBackward, R"("limit":4)"));
  EXPECT_EQ(messages(page), "0 1 ");
  const auto head = get(with(page, kBackward));
  EXPECT_EQ(messages(head), "");
  EXPECT_EQ(head.at(kBackward), page.at(kBackward));
  EXPECT_EQ(messages(get(with(head, kForward))), "0 1 2 ");
}

TEST_F(GetLogEvents, GivesTokensForAnEmptyStreamToo) {
  make_stream(world, "empty");
  const std::string base = R"({"logGroupName":"g","logStreamName":"empty")";
  const auto page = world.get("GetLogEvents", base + "}");
  EXPECT_EQ(messages(page), "");
  for (const std::string_view token : {kForward, kBackward}) {
    const auto next =
        world.get("GetLogEvents", base + R"(,"nextToken":)" + text_of(page.at(token)) + "}");
    EXPECT_EQ(next.at(token), page.at(token));
  }
  world.put("g", "empty", kNow, "new");
  EXPECT_EQ(messages(world.get("GetLogEvents",
                               base + R"(,"nextToken":)" + text_of(page.at(kForward)) + "}")),
            "new ");
}

TEST_F(GetLogEvents, RefusesWhatTheApiRefuses) {
  make_stream(world, "other");
  const std::string base = R"({"logGroupName":"g","logStreamName":"s")";
  const auto other = world.get("GetLogEvents", R"({"logGroupName":"g","logStreamName":"other"})");
  const std::string good(get("").at(kForward).as_string());
  for (const std::string& token :
       {std::string("x"), std::string("f/"), std::string("f//s"), std::string("/s"), "x" + good,
        good + "s", std::string(other.at(kForward).as_string()), "g" + good.substr(1),
        "f/" + std::string(56, '9') + "/s"}) {
    EXPECT_EQ(world.error("GetLogEvents", base + R"(,"nextToken":")" + token + "\"}"), kBadToken)
        << token;
  }
  EXPECT_EQ(world.error("GetLogEvents", R"({"logGroupName":"g","logStreamName":"x"})"),
            "ResourceNotFoundException: The specified log stream does not exist.");
  EXPECT_EQ(world.error("GetLogEvents", R"({"logGroupName":"x","logStreamName":"x"})"),
            "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(world.error("GetLogEvents", R"({"logGroupName":"g"})"),
            "InvalidParameterException: 1 validation error detected: Value null at "
            "'logStreamName' failed to satisfy constraint: Member must not be null");
}

TEST(GetLogEventsPage, EndsAtOneMebibyte) {
  ServiceWorld world;
  make_stream(world, "s");
  const std::string large(400'000, 'x');
  for (int i = 0; i < 5; ++i) world.put("g", "s", kNow + i, large);
  const auto page = world.get("GetLogEvents", R"({"logGroupName":"g","logStreamName":"s"})");
  EXPECT_EQ(page.at("events").as_array().size(), 2U);
}

TEST(GetLogEventsPages, OfAnySizeAndDirectionGiveTheSame) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    std::mt19937_64 random(seed);
    ServiceWorld world({.block_events = 1 + random() % 5,
                        .segment_events = 1 + random() % 20,
                        .own_streams_taken = false},
                       1 + static_cast<unsigned>(random() % 3));
    make_stream(world, "s");
    for (int i = 0; i < 60; ++i) {
      world.put("g", "s", kNow + static_cast<std::int64_t>(random() % 20), fmt::format("m{}", i));
    }
    const std::string base = R"({"logGroupName":"g","logStreamName":"s")";
    const std::string all = messages(world.get("GetLogEvents", base + "}"));
    for (const int limit : {1, 7, 59, 60, 61}) {
      for (const bool forward : {true, false}) {
        const std::string_view key = forward ? kForward : kBackward;
        std::string found, token;
        for (;;) {
          const auto page = world.get(
              "GetLogEvents",
              fmt::format(R"({},"limit":{},"startFromHead":{}{}}})", base, limit, forward, token));
          const std::string next = R"(,"nextToken":)" + text_of(page.at(key));
          found = forward ? found + messages(page) : messages(page) + found;
          if (next == token) break;
          token = next;
        }
        EXPECT_EQ(found, all) << seed << " " << limit << " " << forward;
      }
    }
  }
}

}  // namespace
}  // namespace dn::logs
