// What all kinds of patterns share: the choice by the first character, the limit of the length,
// and the search for the next matching line of a block. See filter_pattern.h.
#include "query/filter_pattern.h"

#include <algorithm>
#include <variant>

#include "base/utf8.h"
#include "query/delimited_pattern.h"
#include "query/json_pattern.h"
#include "query/line_scout.h"
#include "query/term_pattern.h"

namespace dn::query {
namespace {

struct Everything {};
using AnyPattern = std::variant<Everything, TermPattern, JsonPattern, DelimitedPattern>;

const LineScout kEveryLine;
constexpr unsigned kStopsBeforeRest = 8;
constexpr unsigned kLinesOfRest = 240;

// What is wrong with the pattern as a whole; nothing when it must be parsed to know.
std::optional<PatternError> problem_of(std::string_view pattern) {
  if (count_utf8(pattern) > kPatternCharactersMax || pattern.size() > kPatternBytesMax) {
    return PatternError{
        "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: "
        "Member must have length less than or equal to 1024",
        pattern.size()};
  }
  const std::size_t last = pattern.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos) return std::nullopt;
  if (pattern.front() == '{' && pattern[last] != '}') {
    return PatternError{"If a filter pattern starts with '{' it must end with '}'", last + 1};
  }
  if (pattern.front() == '[' && pattern[last] != ']') {
    return PatternError{"If a filter pattern starts with '[' it must end with ']'", last + 1};
  }
  return std::nullopt;
}

template <class Pattern>
PatternResult<AnyPattern> parse_as(std::string_view text) {
  PatternCursor cursor(text);
  auto pattern = Pattern::parse(cursor);
  if (!pattern) return tl::unexpected(std::move(pattern.error()));
  return AnyPattern(std::move(*pattern));
}

PatternResult<AnyPattern> parse(std::string_view text) {
  if (std::ranges::all_of(text, is_pattern_blank)) return AnyPattern(Everything{});
  switch (text.front()) {
    case '{': return parse_as<JsonPattern>(text);
    case '[': return parse_as<DelimitedPattern>(text);
    default: return parse_as<TermPattern>(text);
  }
}

}  // namespace

struct FilterPattern::Program {
  AnyPattern pattern;
  records::RequiredValues required;
  bool matches_everything = false;
};

tl::expected<FilterPattern, PatternError> FilterPattern::compile(std::string_view pattern) {
  if (auto problem = problem_of(pattern)) return tl::unexpected(std::move(*problem));
  auto parsed = parse(pattern);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  auto program = std::make_shared<Program>();
  program->pattern = std::move(*parsed);
  if (const auto* json = std::get_if<JsonPattern>(&program->pattern)) {
    program->required = json->required_values();
  } else if (const auto* terms = std::get_if<TermPattern>(&program->pattern)) {
    program->matches_everything = terms->matches_everything();
  } else if (const auto* delimited = std::get_if<DelimitedPattern>(&program->pattern)) {
    program->matches_everything = delimited->matches_everything();
  } else {
    program->matches_everything = true;
  }
  return FilterPattern(std::move(program));
}

bool FilterPattern::matches_everything() const {
  return program_->matches_everything;
}

const records::RequiredValues& FilterPattern::required_values() const {
  return program_->required;
}

struct FilterMatcher::State {
  explicit State(FilterPattern filter) : pattern(std::move(filter)) {
    const AnyPattern& any = pattern.program().pattern;
    if (const auto* json_pattern = std::get_if<JsonPattern>(&any)) {
      json.emplace(*json_pattern);
      scout = LineScout(json->scout_texts());
    } else if (const auto* delimited_pattern = std::get_if<DelimitedPattern>(&any)) {
      delimited.emplace(*delimited_pattern);
    } else if ((terms = std::get_if<TermPattern>(&any)) != nullptr) {
      scout = LineScout(terms->scout_texts());
    }
  }

  bool matches(std::string_view message) {
    if (json) return json->matches(message);
    if (delimited) return delimited->matches(message);
    return terms == nullptr || terms->matches(message);
  }

  // Where the scout stops at every other line, it only costs; so it rests for a while then.
  std::optional<std::string_view> next_candidate(std::string_view lines, std::size_t from) {
    if (resting > 0) {
      --resting;
      return kEveryLine.next(lines, from);
    }
    const auto line = scout.next(lines, from);
    const bool near = line && line->data() <= lines.data() + from + line->size();
    stops_in_a_row = near ? stops_in_a_row + 1 : 0;
    if (stops_in_a_row == kStopsBeforeRest) {
      stops_in_a_row = 0;
      resting = kLinesOfRest;
    }
    return line;
  }

  FilterPattern pattern;  // what the others borrow from
  // One of these, or none when everything matches.
  std::optional<JsonMatcher> json;
  std::optional<DelimitedMatcher> delimited;
  const TermPattern* terms = nullptr;
  LineScout scout;
  unsigned stops_in_a_row = 0, resting = 0;  // change the speed, never an answer
};

FilterMatcher::FilterMatcher(FilterPattern pattern)
    : state_(std::make_unique<State>(std::move(pattern))) {}
FilterMatcher::~FilterMatcher() = default;
FilterMatcher::FilterMatcher(FilterMatcher&&) noexcept = default;

bool FilterMatcher::matches(std::string_view message) {
  return state_->matches(message);
}

std::optional<std::string_view> FilterMatcher::next_match(std::string_view lines,
                                                          std::size_t from) {
  while (const auto line = state_->next_candidate(lines, from)) {
    if (state_->matches(*line)) return line;
    from = static_cast<std::size_t>(line->data() - lines.data()) + line->size() + 1;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> FilterMatcher::extracted_values(
    std::string_view message) {
  if (!state_->delimited) return {};
  return state_->delimited->extracted_values(message);
}

}  // namespace dn::query
