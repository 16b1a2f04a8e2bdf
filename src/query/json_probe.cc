#include "query/json_probe.h"

#include <algorithm>

namespace dn::query {
namespace {

// Clauses that are looked at, and probes of one: beyond, reading the message is as quick.
constexpr std::size_t kClausesLookedAt = 4;
constexpr std::size_t kProbesOfClauseMax = 8;
// A value is worth more than any name.
constexpr std::size_t kValueWeight = 10000;

// Stands in JSON as it is, when nothing is escaped.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; });
}

std::string quoted(std::string_view text) {
  std::string bytes = "\"";
  bytes += text;
  return bytes += '"';
}

std::size_t skip_blanks(std::string_view message, std::size_t at) {
  while (at < message.size() && is_json_blank(message[at])) ++at;
  return at;
}

bool is_number_byte(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// Whether the condition may hold for the value that begins at `at`.
bool may_hold_at(std::string_view message, std::size_t at, const JsonCondition& condition) {
  if (at >= message.size()) return false;
  switch (message[at]) {
    case '"': {
      const std::size_t end = message.find('"', at + 1);
      if (end == std::string_view::npos) return false;
      return condition.holds_for_text(message.substr(at + 1, end - at - 1));
    }
    case 'n': return condition.holds_for_word(JsonWord::Null);
    case 't': return condition.holds_for_word(JsonWord::True);
    case 'f': return condition.holds_for_word(JsonWord::False);
    case '{':
    case '[': return condition.holds_for_container();
    default: break;
  }
  std::size_t end = at;
  while (end < message.size() && is_number_byte(message[end])) ++end;
  return condition.holds_for_number(message.substr(at, end - at));
}

}  // namespace

std::optional<JsonProbe> JsonProbe::make(const JsonCondition& condition) {
  if (condition.kind == JsonCondition::Kind::NotExists) return std::nullopt;
  const auto& steps = condition.selector.steps;
  const auto last_name = std::ranges::find_if(steps.rbegin(), steps.rend(), [](const auto& step) {
    return step.kind == SelectorStep::Kind::Name && is_plain(step.name);
  });
  const std::string* value = condition.value ? condition.value->required_text() : nullptr;
  if (value != nullptr && !is_plain(*value)) value = nullptr;
  const bool named = last_name != steps.rend();
  if (!named && value == nullptr) return std::nullopt;
  JsonProbe probe(quoted(named ? last_name->name : *value));
  probe.checks_value_ = named && last_name == steps.rbegin();
  probe.text_ = value != nullptr ? quoted(*value) : probe.finder_.needle();
  probe.weight_ = probe.text_.size() + (value != nullptr ? kValueWeight : 0);
  return probe;
}

bool JsonProbe::may_hold(std::string_view message, const JsonCondition& condition) const {
  if (!checks_value_) return finder_.occurs_in(message);
  for (std::size_t at = finder_.find(message); at != ByteFinder::npos;
       at = finder_.find(message, at)) {
    at = skip_blanks(message, at + finder_.needle().size());
    if (at >= message.size() || message[at] != ':') continue;  // a text, not a name
    if (may_hold_at(message, skip_blanks(message, at + 1), condition)) return true;
  }
  return false;
}

JsonQuickLook::JsonQuickLook(const PatternExpression& expression,
                             std::span<const JsonCondition> conditions) {
  const auto usable = [&](std::uint16_t i) { return JsonProbe::make(conditions[i]).has_value(); };
  for (const PatternExpression::Clause& numbers : expression.clauses(usable)) {
    if (numbers.size() > kProbesOfClauseMax) continue;
    Clause& clause = clauses_.emplace_back();
    for (const std::uint16_t number : numbers) {
      clause.push_back({*JsonProbe::make(conditions[number]), &conditions[number]});
    }
  }
  const auto weight = [](const Clause& clause) {
    return std::ranges::min(clause, {}, [](const Part& part) { return part.probe.weight(); })
        .probe.weight();
  };
  std::ranges::sort(clauses_, std::ranges::greater{}, weight);
  if (clauses_.size() > kClausesLookedAt) clauses_.resize(kClausesLookedAt);
}

bool JsonQuickLook::may_match(std::string_view message) const {
  if (clauses_.empty() || message.contains('\\')) return true;
  return std::ranges::all_of(clauses_, [&](const Clause& clause) {
    return std::ranges::any_of(
        clause, [&](const Part& part) { return part.probe.may_hold(message, *part.condition); });
  });
}

std::vector<std::string> JsonQuickLook::scout_texts() const {
  std::vector<std::string> texts;
  if (clauses_.empty()) return texts;
  for (const Part& part : clauses_.front()) texts.push_back(part.probe.text());
  texts.emplace_back("\\");
  return texts;
}

}  // namespace dn::query
