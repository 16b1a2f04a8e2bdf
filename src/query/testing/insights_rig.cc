#include "query/testing/insights_rig.h"

#include <functional>

#include "base/check.h"

namespace dn::query::testing {
namespace {

// Adds one event; its message is moved to memory of its own first.
void add_event(InsightsRun& run, const TestEvent& event, std::size_t number) {
  std::string padded = event.message;
  constexpr std::string_view kBehind = "}]\"\\,:1{";
  while (padded.size() < event.message.size() + records::kMessagePadding) padded += kBehind;
  records::LogEvent given;
  given.key = {event.timestamp, std::hash<std::string>()(event.stream), 0, number};
  given.ingestion_time = event.timestamp + 7;
  given.message = std::string_view(padded).substr(0, event.message.size());
  run.add(given, {event.stream, event.log});
}

Outcome outcome_of(const InsightsRun& run) {
  Outcome outcome;
  outcome.rows = run.rows();
  outcome.failure = run.failure();
  outcome.statistics = run.statistics();
  return outcome;
}

}  // namespace

std::vector<Cells> Outcome::cells() const {
  std::vector<Cells> all;
  for (const ResultRow& row : rows) all.push_back(row.cells);
  return all;
}

Outcome run_query(std::string_view query, std::span<const TestEvent> events, std::size_t limit,
                  InsightsLimits limits) {
  auto compiled = InsightsQuery::compile(query, limit);
  if (!compiled) return {compiled.error(), {}, {}, {}};
  InsightsRun run(*compiled, kTestNow, limits);
  for (std::size_t i = 0; i < events.size(); ++i) add_event(run, events[i], i);
  return outcome_of(run);
}

Outcome run_in_parts(std::string_view query, std::span<const TestEvent> events,
                     std::span<const std::size_t> part_of, std::size_t parts, std::size_t limit) {
  auto compiled = InsightsQuery::compile(query, limit);
  if (!compiled) return {compiled.error(), {}, {}, {}};
  std::vector<InsightsRun> runs;
  for (std::size_t i = 0; i < parts; ++i) runs.emplace_back(*compiled, kTestNow);
  for (std::size_t i = events.size(); i-- > 0;) add_event(runs[part_of[i]], events[i], i);
  for (std::size_t i = parts - 1; i > 0; --i) runs[i - 1].merge(std::move(runs[i]));
  return outcome_of(runs[0]);
}

Cells only_row(std::string_view query, std::span<const TestEvent> events) {
  const Outcome outcome = run_query(query, events);
  if (outcome.error) return {{"error", outcome.error->message}};
  if (outcome.rows.size() != 1) return {{"rows", std::to_string(outcome.rows.size())}};
  return outcome.rows[0].cells;
}

std::string value_of_x(std::string_view query, std::string_view message) {
  const TestEvent event{1'700'000'000'000, std::string(message)};
  for (const auto& [name, value] : only_row(query, std::span(&event, 1))) {
    if (name == "x") return value;
    if (name == "error" || name == "rows") return name + ": " + value;
  }
  return "-";
}

std::string to_text(const Cells& cells) {
  std::string text;
  for (const auto& [name, value] : cells) {
    if (!text.empty()) text += " | ";
    text += name + "=" + value;
  }
  return text;
}

}  // namespace dn::query::testing
