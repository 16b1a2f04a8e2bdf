// The service on the catalogue of a directory: raw and compressed segments, plain lines and
// envelopes, and the recipes over a flow log. A second way to each answer: every line asked by
// itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "logs/testing/service_world.h"
#include "query/filter_pattern.h"
#include "records/testing/flow_lines.h"
#include "store/testing/temporary_catalog.h"

namespace dn::logs {
namespace {

using store::testing::small_segments;
using store::testing::TemporaryCatalog;
using testing::text_of;

class OnDisk : public ::testing::Test {
 protected:
  explicit OnDisk(store::SegmentLimits limits = small_segments()) : catalog(limits) { restart(); }

  void restart() {
    service = nullptr;
    service = LogsService::make(
        *catalog,
        {.workers = 2, .clock = [this] { return catalog.clock.now().wall; }, .random = {}});
  }
  boost::json::value get(std::string_view operation, const boost::json::value& body) {
    const auto answer = service->handle(operation, boost::json::serialize(body));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body.empty() ? boost::json::value() : testing::parse_json(answer.body);
  }
  // All pages; `limit` 0: the default. Times and messages, a line each.
  std::string filter(boost::json::object request, int limit = 0) {
    if (limit > 0) request["limit"] = limit;
    std::string found;
    for (;;) {
      const auto page = get("FilterLogEvents", request);
      for (const auto& event : page.at("events").as_array()) {
        found += fmt::format("{} {}\n", event.at("timestamp").as_int64(),
                             std::string_view(event.at("message").as_string()));
      }
      const auto* next = page.as_object().if_contains("nextToken");
      if (next == nullptr) return found;
      request["nextToken"] = *next;
    }
  }
  TemporaryCatalog catalog;
  std::unique_ptr<LogsService> service;
};

TEST_F(OnDisk, PagesAndTokensStayWhatTheyAreWhenSegmentsAreCompressed) {
  get("CreateLogGroup", {{"logGroupName", "a/b"}});
  for (const char* stream : {"s", "ü/../x", "t"}) {
    get("CreateLogStream", {{"logGroupName", "a/b"}, {"logStreamName", stream}});
  }
  std::mt19937_64 random(5);
  const std::int64_t now = catalog.clock.now().wall.time_since_epoch().count();
  for (int batch = 0; batch < 60; ++batch) {
    std::vector<std::int64_t> times;
    for (int i = 0; i < 5; ++i) times.push_back(now - static_cast<std::int64_t>(random() % 3000));
    std::ranges::sort(times);
    boost::json::array events;
    for (const std::int64_t time : times) {
      events.push_back({{"timestamp", time},
                        {"message", fmt::format(R"({{"n":{},"w":"{}"}})", random() % 50,
                                                random() % 5 == 0 ? "rare" : "often")}});
    }
    get("PutLogEvents", {{"logGroupName", "a/b"},
                         {"logStreamName", std::array{"s", "ü/../x", "t"}.at(random() % 3)},
                         {"logEvents", events}});
  }
  for (const std::string pattern : {"", "{ $.w = \"rare\" }", "{ $.n = 7 }", "often -rare"}) {
    const boost::json::object request = {{"logGroupName", "a/b"}, {"filterPattern", pattern}};
    catalog.reopen(small_segments());
    restart();
    const std::string raw = filter(request);
    EXPECT_GT(std::ranges::count(raw, '\n'), 2) << pattern;
    auto first = request;
    first["limit"] = 2;
    auto rest = request;
    rest["nextToken"] = get("FilterLogEvents", first).at("nextToken");
    const std::string rest_raw = filter(rest);
    catalog->tidy();
    EXPECT_EQ(filter(request), raw);
    EXPECT_EQ(filter(request, 7), raw);
    EXPECT_EQ(filter(rest), rest_raw);
  }
}

// A copy of a flow log, in blocks that are plain and of which many are left out by their filters.
class FlowLogOnDisk : public OnDisk {
 protected:
  static store::SegmentLimits limits() {
    store::SegmentLimits limits;
    limits.segment_bytes = 200'000;
    limits.compress_after = std::chrono::seconds(0);
    return limits;
  }
  FlowLogOnDisk() : OnDisk(limits()) {
    lines =
        records::testing::make_flow_lines({.seed = 9, .lines = 4000, .see_thru_per_mille = 200});
    store::SegmentedLog log(catalog.path() / "flow", limits(), catalog.disk);
    EXPECT_TRUE(log.open());
    EXPECT_EQ(log.append(lines, catalog.clock.now()), lines.size());
  }
  // Every line that matches, asked one by one.
  std::string matching(const std::string& pattern) {
    query::FilterMatcher matcher(*query::FilterPattern::compile(pattern));
    std::string found, padded = lines + std::string(records::kMessagePadding, '\0');
    std::size_t at = 0;
    while (at < lines.size()) {
      const std::size_t end = lines.find('\n', at);
      const std::string_view line = std::string_view(padded).substr(at, end - at);
      if (matcher.matches(line)) found += std::string(line) + "\n";
      at = end + 1;
    }
    return found;
  }
  std::string filtered(const std::string& pattern, int limit = 0) {
    std::string found;
    const std::string with_times = filter(
        {{"logGroupName", "DiscrimiNAT"}, {"logStreamNames", {"flow"}}, {"filterPattern", pattern}},
        limit);
    std::size_t at = 0;
    while (at < with_times.size()) {
      const std::size_t end = with_times.find('\n', at);
      found += with_times.substr(with_times.find(' ', at) + 1, end - with_times.find(' ', at));
      at = end + 1;
    }
    return found;
  }
  std::string lines;
};

TEST_F(FlowLogOnDisk, RecipesFindWhatEachLineByItselfSays) {
  const std::vector<std::string> patterns = {
      R"({ $.outcome = "disallowed" })",
      R"({ $.outcome = "allowed" && $.proto != "tls" })",
      R"({$.dhost != "" && $.see_thru_exerted is true})",
      R"({ $.see_thru_days_remaining <= 2 })",
      R"({ $.cat = "client" && $.dhost != "api.github.com" && $.dpt = 443 })",
      R"({ $.see_thru_exerted is true && $.dhost != "ec2-instance-connect.*" })",
      "disallowed",
      "",
  };
  for (const bool compressed : {false, true}) {
    if (compressed) catalog->tidy();
    for (const std::string& pattern : patterns) {
      const std::string want = matching(pattern);
      EXPECT_EQ(filtered(pattern), want) << pattern;
      EXPECT_EQ(filtered(pattern, 97), want) << pattern;
    }
  }
}

TEST_F(FlowLogOnDisk, OnePageHoldsTenThousandLines) {
  for (int i = 0; i < 2; ++i) {
    store::SegmentedLog log(catalog.path() / "flow", limits(), catalog.disk);
    ASSERT_TRUE(log.open());
    ASSERT_EQ(log.append(lines, catalog.clock.now()), lines.size());
  }
  const auto page = get("FilterLogEvents", {{"logGroupName", "DiscrimiNAT"}});
  EXPECT_EQ(page.at("events").as_array().size(), 10'000U);
  EXPECT_TRUE(page.as_object().contains("nextToken"));
}

}  // namespace
}  // namespace dn::logs
