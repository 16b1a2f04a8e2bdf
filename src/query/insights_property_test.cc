// Generated queries over generated events: what a run gives is what a plain evaluation gives, in
// one piece and in parts that are merged; what a query requires of a message is there when it
// matches.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "query/insights.h"
#include "query/testing/insights_rig.h"
#include "query/testing/naive_insights.h"
#include "query/testing/plain_json.h"

namespace dn::query::testing {
namespace {

std::string text_of(const std::vector<TestEvent>& events) {
  std::string text;
  for (const TestEvent& event : events) {
    text += std::to_string(event.timestamp) + " " + event.message + "\n";
  }
  return text;
}

TEST(InsightsProperty, RunsGiveWhatAPlainEvaluationGives) {
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 6000; ++round) {
    const auto events = make_events(random, random() % 25);
    const NaiveQuery query = make_query(random);
    std::vector<NaiveRow> rows;
    for (std::size_t i = 0; i < events.size(); ++i) rows.push_back(naive_row(events[i], i));
    const auto want = query.run(rows);
    const Outcome whole = run_query(query.text, events);
    ASSERT_FALSE(whole.error) << query.text << "\n" << whole.error->message;
    ASSERT_EQ(whole.cells(), want) << query.text << "\n" << text_of(events);
    const std::size_t parts = 1 + random() % 4;
    std::vector<std::size_t> part_of;
    for (std::size_t i = 0; i < events.size(); ++i) part_of.push_back(random() % parts);
    const Outcome merged = run_in_parts(query.text, events, part_of, parts);
    ASSERT_EQ(merged.cells(), want) << query.text << "\n" << text_of(events);
    EXPECT_EQ(merged.statistics.records_matched, whole.statistics.records_matched);
    const auto matched = static_cast<std::uint64_t>(
        std::ranges::count_if(rows, [&](const NaiveRow& row) { return query.filter.holds(row); }));
    EXPECT_EQ(whole.statistics.records_matched, matched);
  }
}

// The store skips what lacks a required value: a query that asks for too much would lose events.
TEST(InsightsProperty, RequiredValuesAreInEveryMatchingMessage) {
  std::mt19937_64 random(77);
  std::size_t required = 0, matched = 0;
  for (int round = 0; round < 6000; ++round) {
    const NaiveQuery query = make_query(random);
    const auto compiled = InsightsQuery::compile(query.text);
    ASSERT_TRUE(compiled) << query.text;
    if (compiled->required_values().empty()) continue;
    ++required;
    for (const TestEvent& event : make_events(random, 150)) {
      if (!query.filter.holds(naive_row(event, 0))) continue;
      ++matched;
      const std::set<std::string> texts = read_plain_strings(event.message);
      for (const auto& clause : compiled->required_values()) {
        const bool found = std::ranges::any_of(
            clause, [&](const std::string& text) { return texts.contains(text); });
        ASSERT_TRUE(found) << query.text << "\n" << event.message << "\n" << clause[0];
      }
    }
  }
  EXPECT_GT(required, 300U);
  EXPECT_GT(matched, 800U);
}

}  // namespace
}  // namespace dn::query::testing
