// A second Insights, for tests: generated queries over generated events, carried out one command
// after the other on lists of maps.
//
// Knows a part of the language: filter, fields, stats, sort, limit, dedup, display with fields,
// comparisons and a few functions. Values are texts or absent. Uses nothing of the code under test
// but the shape of its results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "query/testing/insights_rig.h"

namespace dn::query::testing {

using NaiveValue = std::optional<std::string>;

struct NaiveRow {
  std::map<std::string, std::string> fields;
  std::int64_t timestamp = 0;
  std::size_t number = 0;  // of the event
};

// A condition, and how it is written.
struct NaiveCondition {
  std::string text;
  std::function<bool(const NaiveRow&)> holds;
};

struct NaiveQuery {
  std::string text;
  NaiveCondition filter;  // all that stands in front of the first other command
  std::vector<std::function<void(std::vector<NaiveRow>&)>> steps;
  std::vector<std::string> columns;

  std::vector<Cells> run(std::vector<NaiveRow> rows) const;
};

// Events of a few fields with values that are easily mistaken for each other; some are no JSON.
std::vector<TestEvent> make_events(std::mt19937_64& random, std::size_t count);
NaiveRow naive_row(const TestEvent& event, std::size_t number);
NaiveQuery make_query(std::mt19937_64& random);

}  // namespace dn::query::testing
