// FilterPattern: the filter patterns of CloudWatch Logs, compiled once and asked for each event.
//
// The first character chooses the kind: `{` json_pattern.h, `[` delimited_pattern.h, anything else
// term_pattern.h; an empty or blank pattern matches everything. docs/filter-patterns.md is the page
// for users. A bad pattern is refused before any event is read. A message costs time linear in its
// length, times at most what kPatternCharactersMax lets a pattern ask; no pattern and no message
// makes anything recurse. Covered by filter_pattern_test.cc and filter_pattern_property_test.cc,
// and by the test of each part.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "records/log_event.h"

namespace dn::query {

// A pattern with more is refused. Characters are what UTF-8 makes of them; the bytes bound those
// that are not UTF-8.
inline constexpr std::size_t kPatternCharactersMax = 1024;
inline constexpr std::size_t kPatternBytesMax = 4 * kPatternCharactersMax;

// Says what CloudWatch Logs says; `offset` is the byte of the pattern at which reading stopped.
struct PatternError {
  std::string message;
  std::size_t offset = 0;
};

// Immutable and shared by threads; copies are cheap.
class FilterPattern {
 public:
  static tl::expected<FilterPattern, PatternError> compile(std::string_view pattern);

  bool matches_everything() const;
  const records::RequiredValues& required_values() const;

  struct Program;
  const Program& program() const { return *program_; }

 private:
  explicit FilterPattern(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

// One thread's way of asking a pattern: owns the JSON reader's memory.
class FilterMatcher {
 public:
  explicit FilterMatcher(FilterPattern pattern);
  ~FilterMatcher();
  FilterMatcher(FilterMatcher&&) noexcept;

  // `message` is followed by kMessagePadding readable bytes.
  bool matches(std::string_view message);

  // The first line at or behind `from` that matches, without its '\n'; nothing when there is none.
  // `lines` are whole messages, each ended by '\n', followed by kMessagePadding readable bytes.
  // The same answer as matches() on each line, without looking at every line where that is not
  // needed.
  std::optional<std::string_view> next_match(std::string_view lines, std::size_t from);

  // Fields of a space-delimited pattern, as TestMetricFilter returns them ("$name" or "$3", text);
  // empty for other patterns.
  std::vector<std::pair<std::string, std::string>> extracted_values(std::string_view message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dn::query
