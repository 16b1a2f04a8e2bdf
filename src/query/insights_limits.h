// The caps of Insights queries. Each says what happens at it; docs/limits.md and docs/insights.md
// repeat what concerns users.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dn::query::insights {

// -- the query; beyond: a QueryError ------------------------------------------------------------
inline constexpr std::size_t kQueryCharactersMax = 10'000;
inline constexpr std::size_t kExpressionDepthMax = 100;  // of parentheses, signs and operators
inline constexpr std::size_t kRowsMax = 100'000;         // the largest `limit`
inline constexpr std::size_t kRegexesMax = 64;
inline constexpr std::size_t kUnnestsMax = 8;
inline constexpr std::int64_t kRegexMemoryBytes = 2 << 20;  // of each, with its cache
// Steps of all compiled expressions of one query: what one byte of text can cost at worst, where a
// hostile text makes RE2 give up its table of states. `.` takes about ten.
inline constexpr std::size_t kRegexStepsMax = 10'000;
inline constexpr std::int64_t kPeriodCountMax = 1'000'000;  // days and more; smaller units: 1000
                                                            // ms, 60 s, 60 m, 24 h are used instead

// -- one event ----------------------------------------------------------------------------------
// Further fields of a message are not discovered.
inline constexpr std::size_t kDiscoveredFieldsMax = 1000;
// A field with a longer name is not discovered.
inline constexpr std::size_t kFieldNameBytesMax = 1024;
// A message nested more deeply has no discovered fields; jsonParse gives nothing.
inline constexpr std::size_t kJsonDepthMax = 100;
// A longer result of a text function is absent.
inline constexpr std::size_t kTextBytesMax = 4UL << 20U;
// Text made for one event, and for the rows behind the first stats, limit or dedup as a part of
// the memory limit; beyond: the query fails.
inline constexpr std::size_t kScratchBytesMax = 64UL << 20U;
// Made by `unnest` of one event; beyond: the query fails.
inline constexpr std::size_t kRowsPerEventMax = 100'000;

// -- one group of stats -------------------------------------------------------------------------
// count_distinct counts exactly so far, and estimates beyond (standard error 0.8 %).
inline constexpr std::size_t kDistinctExactMax = 100'000;
// pct is exact for so many values, and within 0.5 % beyond.
inline constexpr std::size_t kPercentileExactMax = 10'000;

}  // namespace dn::query::insights
