// What a run keeps, counts and refuses, and that parts of it can be merged. What queries mean is in
// tests/query/insights; insights_property_test.cc generates more.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "query/insights.h"
#include "query/insights_limits.h"
#include "query/testing/insights_rig.h"

namespace dn::query::testing {
namespace {

using Texts = std::vector<std::string>;

std::vector<TestEvent> numbered(std::size_t count) {
  std::vector<TestEvent> events;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back({static_cast<std::int64_t>(1000 + i), fmt::format("{{\"n\":{}}}", i)});
  }
  return events;
}

Texts texts_of(const Outcome& outcome) {
  Texts texts;
  for (const ResultRow& row : outcome.rows) texts.push_back(to_text(row.cells));
  return texts;
}

InsightsLimits memory(std::size_t bytes) {
  return {.memory_bytes = bytes};
}

TEST(InsightsRun, CountsWhatItReadAndWhatMatched) {
  const auto events = numbered(10);
  std::uint64_t bytes = 0;
  for (const TestEvent& event : events) bytes += event.message.size();
  for (const char* const query :
       {"filter n >= 6 | stats count(*) by n % 2", "filter n >= 6 | limit 1",
        "filter n >= 6 | dedup @log", "filter n > 5 | sort n | limit 2 | filter n > 100"}) {
    const Outcome outcome = run_query(query, events);
    EXPECT_EQ(outcome.statistics.records_scanned, 10U) << query;
    EXPECT_EQ(outcome.statistics.records_matched, 4U) << query;
    EXPECT_EQ(outcome.statistics.bytes_scanned, bytes) << query;
  }
}

TEST(InsightsRun, RowsOfEventsCarryTheirKey) {
  const Outcome outcome = run_query("fields n | limit 2", numbered(5));
  ASSERT_EQ(outcome.rows.size(), 2U);
  EXPECT_TRUE(outcome.rows[0].has_key);
  EXPECT_EQ(outcome.rows[0].key.timestamp, 1004);
  EXPECT_EQ(outcome.rows[0].key.offset, 4U);
  EXPECT_EQ(outcome.rows[1].key.offset, 3U);
  EXPECT_FALSE(run_query("stats count(*)", numbered(5)).rows[0].has_key);
}

TEST(InsightsRun, TheCallersLimitCountsWhereTheQueryHasNone) {
  const auto events = numbered(20);
  EXPECT_EQ(run_query("fields n", events, 3).rows.size(), 3U);
  EXPECT_EQ(run_query("fields n | sort n", events, 3).rows.size(), 3U);
  EXPECT_EQ(run_query("stats count(*) by n", events, 3).rows.size(), 3U);
  EXPECT_EQ(run_query("stats count(*) by n | filter n > 1", events, 3).rows.size(), 3U);
  EXPECT_EQ(run_query("dedup n", events, 3).rows.size(), 3U);
  EXPECT_EQ(run_query("fields n | limit 7", events, 3).rows.size(), 7U);
  EXPECT_EQ(run_query("dedup n | limit 7", events, 3).rows.size(), 7U);
  EXPECT_EQ(run_query("stats count(*) by n | limit 7", events, 3).rows.size(), 7U);
  EXPECT_EQ(run_query("fields n", numbered(10'010)).rows.size(), 10'000U);
  EXPECT_EQ(run_query("fields n | limit 100000", numbered(10'010)).rows.size(), 10'010U);
}

TEST(InsightsRun, LimitAnyIsSatisfiedByTheFirstMatches) {
  const auto query = InsightsQuery::compile("filter n != 0 | fields n | limit any 2");
  InsightsRun run(*query, 0);
  const auto events = numbered(6);
  std::vector<bool> satisfied;
  for (const TestEvent& event : events) {
    std::string padded = event.message + std::string(records::kMessagePadding, ' ');
    records::LogEvent given;
    given.key = {event.timestamp, 1, 0, 0};
    given.message = std::string_view(padded).substr(0, event.message.size());
    run.add(given, {});
    satisfied.push_back(run.satisfied());
  }
  EXPECT_EQ(satisfied, (std::vector<bool>{false, false, true, true, true, true}));
  ASSERT_EQ(run.rows().size(), 2U);
  EXPECT_EQ(to_text(run.rows()[0].cells), "n=2");
  EXPECT_EQ(to_text(run.rows()[1].cells), "n=1");
  const auto endless = InsightsQuery::compile("fields n | limit 2");
  EXPECT_FALSE(InsightsRun(*endless, 0).satisfied());
}

TEST(InsightsRun, MergedLimitAnyHasSoManyRows) {
  const auto events = numbered(9);
  const std::vector<std::size_t> part_of = {0, 1, 2, 0, 1, 2, 0, 1, 2};
  EXPECT_EQ(run_in_parts("limit any 4", events, part_of, 3).rows.size(), 4U);
  EXPECT_EQ(run_in_parts("limit any 20", events, part_of, 3).rows.size(), 9U);
}

TEST(InsightsRun, GoesOnAfterItsRowsWereAskedFor) {
  for (const char* const text :
       {"stats count(*) as c, sum(n) as s", "fields n | sort n desc | limit 2", "dedup n | limit 2",
        "stats count(*) by n | stats count(*) as k"}) {
    const auto query = InsightsQuery::compile(text);
    InsightsRun run(*query, 0);
    std::vector<TestEvent> so_far;
    for (const TestEvent& event : numbered(300)) {
      std::string padded = event.message + std::string(records::kMessagePadding, ' ');
      records::LogEvent given;
      given.key = {event.timestamp, std::hash<std::string>()(event.stream), 0, so_far.size()};
      given.ingestion_time = event.timestamp + 7;
      given.message = std::string_view(padded).substr(0, event.message.size());
      run.add(given, {event.stream, event.log});
      so_far.push_back(event);
      if (so_far.size() % 50 != 0) continue;
      Outcome partial;
      partial.rows = run.rows();
      EXPECT_EQ(texts_of(partial), texts_of(run_query(text, so_far))) << text;
    }
  }
}

TEST(InsightsRun, ManyRowsAreKeptInOrder) {
  auto events = numbered(5000);
  std::ranges::reverse(events);
  const Outcome top = run_query("fields n | sort n % 7 desc, n asc | limit 3", events);
  EXPECT_EQ(texts_of(top), (Texts{"n=6", "n=13", "n=20"}));
  const Outcome newest = run_query("fields n | limit 2", events);
  EXPECT_EQ(texts_of(newest), (Texts{"n=4999", "n=4998"}));
  const Outcome dedup = run_query("fields n | sort n asc | dedup n % 1000 | limit 2", events);
  EXPECT_EQ(texts_of(dedup), (Texts{"n=0", "n=1"}));
}

// Rows are dropped and keys are improved many times over; the first ones stay the first ones.
TEST(InsightsRun, FewRowsOfManyAreTheFirstOnes) {
  std::mt19937_64 random(6);
  for (const std::size_t limit : {1U, 3U, 40U}) {
    std::vector<TestEvent> events;
    std::map<std::uint64_t, std::uint64_t> least;  // by key
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      const std::uint64_t value = (20'000 - i) * 1000 + random() % 4'000'000;
      const std::uint64_t key = random() % (limit * 200);
      events.push_back(
          {static_cast<std::int64_t>(i), fmt::format("{{\"k\":{},\"v\":{}}}", key, value)});
      all.push_back(value);
      const auto [known, added] = least.try_emplace(key, value);
      if (!added) known->second = std::min(known->second, value);
    }
    Texts sorted, unique;
    std::vector<std::uint64_t> firsts;
    for (const auto& [key, value] : least) firsts.push_back(value);
    std::ranges::sort(firsts);
    std::ranges::sort(all);
    for (std::size_t i = 0; i < limit; ++i) {
      sorted.push_back(fmt::format("v={}", all[i]));
      unique.push_back(fmt::format("v={}", firsts[i]));
    }
    EXPECT_EQ(texts_of(run_query(fmt::format("fields v | sort v | limit {}", limit), events)),
              sorted);
    const std::string dedup = fmt::format("fields v | sort v | dedup k | limit {}", limit);
    EXPECT_EQ(texts_of(run_query(dedup, events)), unique);
    std::vector<std::size_t> part_of;
    for (std::size_t i = 0; i < events.size(); ++i) part_of.push_back(random() % 3);
    EXPECT_EQ(texts_of(run_in_parts(dedup, events, part_of, 3)), unique);
  }
}

// The last wanted row is the bar for others only until its key gets a better one.
TEST(InsightsRun, AnImprovedKeyDoesNotRefuseOthers) {
  std::vector<TestEvent> events;
  const auto add = [&events](int key, int value) {
    events.push_back({1, fmt::format("{{\"k\":{},\"v\":{}}}", key, value)});
  };
  for (int i = 0; i < 1000; ++i) add(i, 1000 + i);
  add(1, 1);
  add(5000, 500);
  EXPECT_EQ(texts_of(run_query("fields v | sort v | dedup k | limit 2", events)),
            (Texts{"v=1", "v=500"}));
}

TEST(InsightsRun, ReachingTheMemoryLimitFailsWithAMessage) {
  std::vector<TestEvent> events;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    events.push_back({i, fmt::format(R"({{"k":"key number {0}","n":{0}.5,"one":1}})", i)});
  }
  for (const char* const query :
       {"stats count(*) by k", "fields @message | limit 20000", "stats count_distinct(k)",
        "stats count_distinct(k) by n % 2", "stats pct(n, 50), pct(n, 90), pct(n, 99) by n % 1000",
        "sort k | dedup k | limit 20000", "stats count(*) by one, k | stats count(*) by k"}) {
    const Outcome outcome = run_query(query, events, 10'000, memory(1UL << 20U));
    EXPECT_TRUE(outcome.rows.empty()) << query;
    EXPECT_EQ(outcome.failure,
              "the query needs more than 1 MiB of memory: ask for a shorter time, filter more, or "
              "group by less")
        << query;
    EXPECT_EQ(run_query(query, events).failure, "") << query;
  }
  for (const char* const query : {"stats count(*) by one", "fields k | limit 10",
                                  "sort n desc | limit 100", "dedup one", "stats sum(n), max(k)"}) {
    EXPECT_EQ(run_query(query, events, 10'000, memory(1UL << 20U)).failure, "") << query;
  }
}

TEST(InsightsRun, FewRowsOfLargeMessagesFit) {
  std::vector<TestEvent> events;
  for (std::int64_t i = 0; i < 400; ++i) {
    events.push_back({i, std::string(100'000, static_cast<char>('a' + i % 26))});
  }
  const Outcome outcome =
      run_query("fields @message | limit 5", events, 10'000, memory(2UL << 20U));
  EXPECT_EQ(outcome.failure, "");
  EXPECT_EQ(outcome.rows.size(), 5U);
}

TEST(InsightsRun, TheLimitHoldsForAllThatWasMerged) {
  const auto query = InsightsQuery::compile("stats count(*) by n");
  std::vector<InsightsRun> runs;
  for (std::size_t part = 0; part < 8; ++part) {
    InsightsRun& run = runs.emplace_back(*query, 0, memory(1UL << 20U));
    for (std::size_t i = 0; i < 1500; ++i) {
      const std::string message = fmt::format("{{\"n\":{}}}", part * 10'000 + i) +
                                  std::string(records::kMessagePadding, ' ');
      records::LogEvent event;
      event.key = {static_cast<std::int64_t>(i), part, 0, i};
      event.message =
          std::string_view(message).substr(0, message.size() - records::kMessagePadding);
      run.add(event, {});
    }
    EXPECT_EQ(run.failure(), "");
  }
  InsightsRun& all = runs[0];
  for (std::size_t part = 1; part < runs.size(); ++part) all.merge(std::move(runs[part]));
  EXPECT_TRUE(all.failure().starts_with("the query needs more than 1 MiB")) << all.failure();
  EXPECT_EQ(all.statistics().records_scanned, 8U * 1500U);
  InsightsRun fresh(*query, 0, memory(1UL << 20U));
  fresh.merge(std::move(all));
  EXPECT_TRUE(fresh.failure().starts_with("the query needs more than 1 MiB"));
  EXPECT_TRUE(fresh.rows().empty());
}

TEST(InsightsRun, RowsOfOneEventAreBounded) {
  std::string list = "[0";
  for (int i = 1; i < 1000; ++i) list += fmt::format(",{}", i);
  const std::vector<TestEvent> events = {{1, "{\"l\":" + list + "]}"}};
  const std::string unnest = "fields jsonParse(@message) as m | unnest m.l into a";
  EXPECT_EQ(run_query(unnest + " | stats count(*)", events).rows.size(), 1U);
  EXPECT_EQ(run_query(unnest + " | unnest m.l into b | stats count(*)", events).failure,
            "unnest makes 100000 rows or more of one event");
}

TEST(InsightsRun, TextOfOneEventIsBounded) {
  const std::vector<TestEvent> events = {{1, std::string(1'000'000, 'a')}};
  // One result is absent when it is too long.
  EXPECT_EQ(only_row("fields replace(@message, \"a\", \"12345\") as x, 1 as y", events),
            (Cells{{"y", "1"}}));
  EXPECT_EQ(only_row("fields strlen(replace(@message, \"a\", \"1234\")) as x", events),
            (Cells{{"x", "4000000"}}));
  // All together make the query fail.
  std::string query = "fields 1";
  for (int i = 0; i < 70; ++i) query += fmt::format(", toupper(@message) as x{}", i);
  EXPECT_EQ(run_query(query, events).failure,
            "the query makes more than 64 MiB of text of one event");
}

TEST(InsightsRun, TextBehindTheTurnIsBounded) {
  std::vector<TestEvent> events;
  for (std::int64_t i = 0; i < 100; ++i) events.push_back({i, fmt::format("{:01000}", i)});
  std::string query = "stats count(*) by @message as m | fields m";
  for (int i = 0; i < 30; ++i) query += fmt::format(", concat(m, m) as x{}", i);
  EXPECT_EQ(run_query(query, events, 10'000, memory(2UL << 20U)).failure,
            "the query needs more than 2 MiB of memory: ask for a shorter time, filter more, or "
            "group by less");
  EXPECT_EQ(run_query(query, events).failure, "");
  const std::vector<TestEvent> list = {{1, "{\"l\":[1,2,3,4,5,6,7,8,9,10]}"}};
  std::string unnest = "fields jsonParse(@message) as m | limit 5";
  for (int i = 0; i < 6; ++i) unnest += fmt::format(" | unnest m.l into x{}", i);
  EXPECT_NE(run_query(unnest, list, 10'000, memory(4UL << 20U)).failure, "");
}

// What takes the product of two lengths would not end here.
TEST(InsightsRun, HostileTextTakesLinearTime) {
  const std::string half(500'000, 'a');
  std::string many;  // 300,000 different characters
  for (std::uint32_t code = 0x10000; code < 0x10000 + 300'000 && code <= 0x10ffff; ++code) {
    many += {
        static_cast<char>(0xf0U | code >> 18U), static_cast<char>(0x80U | (code >> 12U & 0x3fU)),
        static_cast<char>(0x80U | (code >> 6U & 0x3fU)), static_cast<char>(0x80U | (code & 0x3fU))};
  }
  const std::vector<TestEvent> events = {
      {1, half + half}, {2, many}, {3, "{\"a\":\"" + many + "\"}"}};
  const std::string part(4000, 'a');
  for (const std::string& query : {
           "fields replace(@message, \"" + part + "b\", \"\") as x",
           "fields strcontains(@message, \"" + part + "b\") as x",
           "filter @message like \"" + part + "b\" or @message like /(a*)*b/",
           "fields split(@message, \"" + part + "b\") as x",
           "parse @message \"" + part + "b*\" as x",
           std::string("fields trim(@message, @message) as x, rtrim(a, @message) as y"),
           std::string("fields @message as x | sort x | dedup x"),
       }) {
    EXPECT_FALSE(run_query(query, events).error) << query.substr(0, 60);
  }
}

// A text is looked for before the message is read: as a whole, and as JSON may write it.
TEST(InsightsRun, EqualTextsAreFoundHoweverTheyAreWritten) {
  const struct {
    const char* filter;
    const char* message;
    std::size_t want;
  } cases[] = {
      {R"(a = "xy")", R"({"a":"xy"})", 1},
      {R"(a = "xy")", R"({"a" : "xy" , "b":1})", 1},
      {R"(a = "xy")", R"({"a":"\u0078y"})", 1},
      {R"(a = "xy")", R"({"a":"xyz","b":"wxy"})", 0},
      {R"(a = "xy")", R"({"a":"z","xy":"z"})", 0},
      {R"(a = "xy" or b in ["xy", "z"])", R"({"b":"z"})", 1},
      {R"(a = "x\"y")", R"({"a":"x\"y"})", 1},
      {R"(a = "x\\y")", R"({"a":"x\\y"})", 1},
      {"a = \"x\ty\"", R"({"a":"x\ty"})", 1},
      {R"(a = "é")", R"({"a":"é"})", 1},
  };
  for (const auto& [filter, message, want] : cases) {
    const std::vector<TestEvent> events = {{1, message}};
    EXPECT_EQ(run_query(fmt::format("filter {}", filter), events).rows.size(), want)
        << filter << " " << message;
  }
}

TEST(InsightsRun, SourcesAreFieldsOfTheirEvents) {
  const std::vector<TestEvent> events = {
      {1, "a", "one", "1:x"}, {2, "b", "two", "1:y"}, {3, "c", "one", "1:x"}};
  EXPECT_EQ(texts_of(run_query("stats count(*) as n by @logStream, @log", events)),
            (Texts{"@logStream=one | @log=1:x | n=2", "@logStream=two | @log=1:y | n=1"}));
  EXPECT_EQ(texts_of(run_query("filter @logStream = \"two\" | fields @message", events)),
            (Texts{"@message=b"}));
}

TEST(InsightsRun, EventsOfOneTimeAreOrderedByStreamAndPlace) {
  std::vector<TestEvent> events;
  for (const char* const stream : {"s1", "s2", "s3", "s1", "s2"}) {
    events.push_back({5, fmt::format("{} {}", stream, events.size()), stream});
  }
  const Texts want = texts_of(run_query("fields @message", events));
  std::vector<std::size_t> part_of = {1, 0, 2, 0, 1};
  EXPECT_EQ(texts_of(run_in_parts("fields @message", events, part_of, 3)), want);
}

TEST(InsightsRun, DiscoveredFieldsAreThoseOfAQuery) {
  const std::string message = R"({"a":{"b":[true,null,1.50]},"@x":"y","a":1,"s":"\u00e9"})";
  const std::string padded = message + std::string(records::kMessagePadding, '}');
  records::LogEvent event;
  event.key = {1'700'000'000'000, 0, 0, 0};
  event.ingestion_time = 1'700'000'001'000;
  event.message = std::string_view(padded).substr(0, message.size());
  const Cells want = {{"@timestamp", "2023-11-14 22:13:20.000"},
                      {"@message", message},
                      {"@logStream", "stream"},
                      {"@log", "0:group"},
                      {"@ingestionTime", "2023-11-14 22:13:21.000"},
                      {"a.b.0", "1"},
                      {"a.b.2", "1.50"},
                      {"@@x", "y"},
                      {"a", "1"},
                      {"s", "\xC3\xA9"}};
  EXPECT_EQ(discovered_fields(event, {"stream", "0:group"}), want);
  event.message.remove_suffix(1);
  EXPECT_EQ(discovered_fields(event, {"stream", "0:group"}).size(), 5U);
}

TEST(InsightsRun, BytesThatAreNoTextDoNoHarm) {
  std::string message = "{\"a\":\"\xff\xfe\",\"b\":1}";
  const std::vector<TestEvent> events = {{1, message}, {2, std::string("\0\x01\xc3", 3)}, {3, ""}};
  EXPECT_EQ(run_query("filter ispresent(b)", events).rows.size(), 0U);
  EXPECT_EQ(run_query("filter @message like /./ | stats count(*)", events).rows.size(), 1U);
  EXPECT_EQ(run_query("fields strlen(@message), toupper(@message), substr(@message, 1, 1), "
                      "jsonParse(@message), trim(@message, \"\xff\"), isValidIp(@message), "
                      "split(@message, \"\") as l | sort l | dedup l",
                      events)
                .rows.size(),
            3U);
}

}  // namespace
}  // namespace dn::query::testing
