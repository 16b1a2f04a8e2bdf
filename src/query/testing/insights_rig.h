// Runs Insights queries over a few events, in one piece and in parts that are merged.
//
// The bytes behind each message are not zero but begin like more JSON, so that a reader that goes
// too far is noticed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/insights.h"

namespace dn::query::testing {

struct TestEvent {
  std::int64_t timestamp = 0;
  std::string message;
  std::string stream = "stream";
  std::string log = "000000000000:group";
};

using Cells = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
  std::optional<QueryError> error;
  std::string failure;
  std::vector<ResultRow> rows;
  QueryStatistics statistics;
  std::vector<Cells> cells() const;
};

inline constexpr std::int64_t kTestNow = 1'800'000'000'999;

// Event number i is at offset i of its stream.
Outcome run_query(std::string_view query, std::span<const TestEvent> events,
                  std::size_t limit = 10'000, InsightsLimits limits = {});

// The same by so many runs, each with the events for which `part_of` (one number per event) says
// its number, merged last to first.
Outcome run_in_parts(std::string_view query, std::span<const TestEvent> events,
                     std::span<const std::size_t> part_of, std::size_t parts,
                     std::size_t limit = 10'000);

// The cells of the only row.
Cells only_row(std::string_view query, std::span<const TestEvent> events);
// The value of the field `x` in the only row of `query`; "-" when it is absent.
std::string value_of_x(std::string_view query, std::string_view message = "{}");

// "name=value | name=value"
std::string to_text(const Cells& cells);

}  // namespace dn::query::testing
