// Plan: a compiled query, as a run carries it out.
//
// A row is an array of values; every field, every name that a command makes and every key of a sort
// has a slot in it. The commands fall into three parts:
//
//   before    what is done with each row on its own, in the order written: filters, assignments,
//             parse, unnest. Sort only evaluates its keys here; order matters at the turn.
//   turn      the first stats, limit or dedup, or the end: where rows meet. What a run keeps of
//             many events is kept here: groups, or the first rows in order.
//   after     the other commands, on the rows of the turn.
//
// A stats gives rows of their own numbering: its keys, its aggregates, then what follows.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "query/byte_finder.h"
#include "query/insights_aggregate.h"
#include "query/insights_arena.h"
#include "query/insights_expression.h"
#include "query/insights_fields.h"
#include "records/log_event.h"

namespace dn::query::insights {

struct AssignStep {
  Node value;
  std::uint32_t slot = kNoSlot;
};
struct FilterStep {
  Node condition;
};
struct GlobStep {
  Node source;
  std::vector<std::string> literals;  // around the stars, one more than those
  std::vector<std::uint32_t> slots;
};
struct RegexStep {
  Node source;
  std::shared_ptr<const RE2> regex;
  std::vector<std::pair<int, std::uint32_t>> groups;  // number and slot
};
struct UnnestStep {
  Node list;
  std::uint32_t slot = kNoSlot;
};
using RowStep = std::variant<AssignStep, FilterStep, GlobStep, RegexStep, UnnestStep>;

struct SortKey {
  std::uint32_t slot = kNoSlot;
  bool descending = false;
};
struct SortStep {
  std::vector<SortKey> keys;
};
struct LimitStep {
  std::size_t rows = 0;
  bool any = false;
};
struct DedupStep {
  std::vector<std::uint32_t> slots;
};
struct StatsStep {
  std::vector<Node> keys;             // to slots 0, 1, …
  std::vector<Aggregate> aggregates;  // to the slots behind
  std::uint32_t width = 0;            // of the rows behind it
};
struct EndStep {};

using Turn = std::variant<EndStep, LimitStep, DedupStep, StatsStep>;
using AfterStep = std::variant<RowStep, SortStep, LimitStep, DedupStep, StatsStep>;

struct Column {
  std::string name;
  std::uint32_t slot = kNoSlot;
};

// The generated fields, where a query uses them.
struct GeneratedSlots {
  std::uint32_t timestamp = kNoSlot, message = kNoSlot, log_stream = kNoSlot, log = kNoSlot,
                ingestion_time = kNoSlot;
};

struct Plan {
  FieldTable fields;
  GeneratedSlots generated;
  std::uint32_t width = 0;  // of a row before the turn, and behind it unless that is a stats

  std::vector<RowStep> before;
  std::size_t before_fields = 0;  // so many of them read no discovered field
  std::vector<SortKey> order;     // at the turn; then newest first
  Turn turn;
  std::size_t rows_at_turn = 0;     // EndStep, LimitStep, DedupStep: more are not needed
  std::vector<std::uint32_t> kept;  // of these: slots that are read behind the turn
  std::vector<AfterStep> after;

  std::vector<Column> columns;
  std::size_t limit = 0;        // of rows at the very end
  bool rows_are_events = true;  // no stats
  records::RequiredValues required;
  // Texts of these, between quotes: a message without a backslash that lacks all of one clause
  // cannot pass.
  std::vector<std::vector<ByteFinder>> quick_look;
  TextArena texts{SIZE_MAX};  // of constants
};

}  // namespace dn::query::insights
