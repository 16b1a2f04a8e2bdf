// InsightsRun: carries out a plan over events; the contract is in insights.h.
//
// Theory of operation
//
// Each event fills one row: the generated fields and, in one pass over the message, the discovered
// fields that the plan reads. The row goes through the steps before the turn; what comes out is
// counted into a group or kept as one of the first rows in order. Nothing else grows with the
// number of events, and for an event of a known group nothing is allocated. Before a message is
// read as JSON it is looked through for the texts that the filters require, which is several times
// as fast; a message with a backslash is always read, since a text may be written in two ways.
//
// rows() puts the kept rows into a table, carries out the steps behind the turn on it, and prints
// the columns. It changes nothing that the run keeps, so a caller may show results while the run
// goes on.
//
// Every group's first row, every aggregate and every kept row is decided by the events alone, never
// by the order in which they came: runs over parts of the events can be merged in any order.
//
// Memory: groups, kept rows and what they will need as a table count against the limit; texts of
// one event against kScratchBytesMax. When either is reached the run drops everything and says so.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "query/insights.h"
#include "query/insights_after.h"
#include "query/insights_groups.h"
#include "query/insights_json.h"
#include "query/insights_kept_rows.h"
#include "query/insights_query_plan.h"
#include "query/insights_row_steps.h"

namespace dn::query {

using namespace insights;

struct InsightsRun::State {
  State(InsightsQuery the_query, std::int64_t now_ms, InsightsLimits the_limits)
      : query(std::move(the_query)),
        plan(query.plan()),
        now(now_ms),
        limits(the_limits) {
    // Not for secrets: addresses differ between processes, and so do hashes.
    seed = hash_of({}, reinterpret_cast<std::uintptr_t>(this) ^ static_cast<std::uint64_t>(now));
    row.resize(plan.width);
    if (const auto* const stats = std::get_if<StatsStep>(&plan.turn)) {
      groups.emplace(*stats, seed);
    } else {
      kept.emplace(plan, seed);
    }
  }

  void fill_generated(const records::LogEvent& event, const EventSource& source);
  void fill_discovered(std::string_view message);
  bool may_match(std::string_view message) const;
  std::size_t bytes() const { return groups ? groups->bytes() : kept ? kept->bytes() : 0; }
  void check_limits();
  void fail(std::string why) {
    failure = std::move(why);
    groups.reset();
    kept.reset();
    row.clear();
  }
  std::string memory_message() const {
    return fmt::format(
        "the query needs more than {} MiB of memory: ask for a shorter time, filter "
        "more, or group by less",
        limits.memory_bytes >> 20U);
  }
  std::vector<ResultRow> print(RowTable& table) const;

  InsightsQuery query;
  const Plan& plan;
  std::int64_t now;
  InsightsLimits limits;
  std::uint64_t seed = 0;
  QueryStatistics statistics;
  std::string failure;

  std::vector<Value> row;
  JsonIndex message_json, structure_json;
  NamePath path;
  TextArena arena{kScratchBytesMax};
  std::optional<Groups> groups;
  std::optional<KeptRows> kept;
};

void InsightsRun::State::fill_generated(const records::LogEvent& event, const EventSource& source) {
  const GeneratedSlots& slots = plan.generated;
  const auto set = [this](std::uint32_t slot, const Value& value) {
    if (slot != kNoSlot) row[slot] = value;
  };
  set(slots.timestamp, Value::of_time(static_cast<double>(event.key.timestamp)));
  set(slots.ingestion_time, Value::of_time(static_cast<double>(event.ingestion_time)));
  set(slots.message, Value::of_text(event.message));
  set(slots.log_stream, Value::of_text(source.log_stream));
  set(slots.log, Value::of_text(source.log));
}

void InsightsRun::State::fill_discovered(std::string_view message) {
  if (plan.fields.empty()) return;
  for (const auto& [name, slot] : plan.fields.names()) row[slot] = {};
  read_fields(plan.fields, message_json, path, message, row);
}

bool InsightsRun::State::may_match(std::string_view message) const {
  const bool all = std::ranges::all_of(plan.quick_look, [&](const auto& clause) {
    return std::ranges::any_of(clause,
                               [&](const ByteFinder& text) { return text.occurs_in(message); });
  });
  return all || std::memchr(message.data(), '\\', message.size()) != nullptr;
}

void InsightsRun::State::check_limits() {
  if (bytes() <= limits.memory_bytes) return;
  if (kept) kept->prune();
  if (bytes() > limits.memory_bytes) fail(memory_message());
}

InsightsRun::InsightsRun(InsightsQuery query, std::int64_t now_ms, InsightsLimits limits)
    : state_(std::make_unique<State>(std::move(query), now_ms, limits)) {}
InsightsRun::~InsightsRun() = default;
InsightsRun::InsightsRun(InsightsRun&&) noexcept = default;

void InsightsRun::add(const records::LogEvent& event, const EventSource& source) {
  State& state = *state_;
  if (!state.failure.empty()) return;
  ++state.statistics.records_scanned;
  state.statistics.bytes_scanned += event.message.size();
  if (satisfied() || !state.may_match(event.message)) return;
  state.arena.clear();
  state.fill_generated(event, source);
  Evaluation given{state.row, state.arena, state.structure_json, state.now};
  const std::span steps(state.plan.before);
  for (const RowStep& step : steps.first(state.plan.before_fields)) {
    if (!run_row_step(step, state.row, given)) return;
  }
  state.fill_discovered(event.message);
  RowKey key{event.key, 0};
  const auto emit = [&] {
    if (state.groups) {
      state.groups->add(given, key);
    } else {
      state.kept->add(state.row, key);
    }
    return ++key.place < kRowsPerEventMax && !state.arena.exhausted();
  };
  run_row_steps(steps.subspan(state.plan.before_fields), state.row, given, emit);
  if (key.place > 0) ++state.statistics.records_matched;
  if (key.place == kRowsPerEventMax) {
    state.fail(fmt::format("unnest makes {} rows or more of one event", kRowsPerEventMax));
  } else if (state.arena.exhausted()) {
    state.fail(fmt::format("the query makes more than {} MiB of text of one event",
                           kScratchBytesMax >> 20U));
  } else {
    state.check_limits();
  }
}

void InsightsRun::merge(InsightsRun&& other) {
  State& mine = *state_;
  State& theirs = *other.state_;
  mine.statistics.records_matched += theirs.statistics.records_matched;
  mine.statistics.records_scanned += theirs.statistics.records_scanned;
  mine.statistics.bytes_scanned += theirs.statistics.bytes_scanned;
  if (!mine.failure.empty()) return;
  if (!theirs.failure.empty()) {
    mine.fail(theirs.failure);
    return;
  }
  if (mine.groups) {
    mine.groups->merge(*theirs.groups);
  } else {
    mine.kept->merge(std::move(*theirs.kept));
  }
  mine.check_limits();
}

bool InsightsRun::satisfied() const {
  return state_->kept && state_->kept->is_satisfied();
}

const std::string& InsightsRun::failure() const {
  return state_->failure;
}

const QueryStatistics& InsightsRun::statistics() const {
  return state_->statistics;
}

std::vector<ResultRow> InsightsRun::State::print(RowTable& table) const {
  std::vector<ResultRow> result;
  result.reserve(std::min(table.order().size(), plan.limit));
  for (const std::uint32_t number : table.order()) {
    if (result.size() == plan.limit) break;
    ResultRow& out = result.emplace_back();
    out.has_key = plan.rows_are_events;
    if (out.has_key) out.key = table.key(number).event;
    const std::span<const Value> cells = table.row(number);
    for (const Column& column : plan.columns) {
      if (column.slot == kNoSlot || cells[column.slot].is_absent()) continue;
      ShortText room;
      out.cells.emplace_back(column.name, shown(cells[column.slot], room));
    }
  }
  return result;
}

std::vector<ResultRow> InsightsRun::rows() const {
  State& state = *state_;
  if (!state.failure.empty()) return {};
  TextArena texts(state.limits.memory_bytes);
  RowTable table(state.plan.width);
  if (state.groups) {
    table = RowTable(std::get<StatsStep>(state.plan.turn).width);
    const std::size_t most = state.plan.after.empty() ? state.plan.limit : SIZE_MAX;
    state.groups->append_rows(table, texts, most);
  } else {
    state.kept->append_rows(table);
  }
  const AfterSettings settings{texts, state.structure_json, state.now, state.seed,
                               state.limits.memory_bytes};
  if (!run_after_steps(state.plan, table, settings) || texts.exhausted()) {
    state.fail(state.memory_message());
    return {};
  }
  return state.print(table);
}

std::vector<std::pair<std::string, std::string>> discovered_fields(const records::LogEvent& event,
                                                                   const EventSource& source) {
  ShortText room;
  std::vector<std::pair<std::string, std::string>> fields;
  const auto time = [&room](std::int64_t milliseconds) {
    return std::string(shown(Value::of_time(static_cast<double>(milliseconds)), room));
  };
  fields.emplace_back("@timestamp", time(event.key.timestamp));
  fields.emplace_back("@message", event.message);
  fields.emplace_back("@logStream", source.log_stream);
  fields.emplace_back("@log", source.log);
  fields.emplace_back("@ingestionTime", time(event.ingestion_time));
  JsonIndex json;
  for (auto& field : all_fields(json, event.message)) fields.push_back(std::move(field));
  return fields;
}

}  // namespace dn::query
