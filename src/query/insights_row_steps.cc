#include "query/insights_row_steps.h"

#include <array>

#include "query/find_text.h"

namespace dn::query::insights {
namespace {

// The first literal may begin anywhere; each star takes as little as it can, the last one in front
// of nothing takes the rest.
void run(const GlobStep& step, std::span<Value> row, Evaluation& given) {
  for (const std::uint32_t slot : step.slots) row[slot] = {};
  const Value source = evaluate(step.source, given);
  if (source.is_absent()) return;
  ShortText room;
  const std::string_view text = shown(source, room);
  std::size_t at = find_text(text, step.literals.front());
  if (at == std::string_view::npos) return;
  at += step.literals.front().size();
  // Nothing is set before everything has matched.
  std::vector<std::string_view> found;
  found.reserve(step.slots.size());
  for (std::size_t i = 0; i < step.slots.size(); ++i) {
    const std::string& literal = step.literals[i + 1];
    const bool rest = literal.empty() && i + 1 == step.slots.size();
    const std::size_t end = rest ? text.size() : find_text(text, literal, at);
    if (end == std::string_view::npos) return;
    found.push_back(text.substr(at, end - at));
    at = end + literal.size();
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    row[step.slots[i]] = part_of(source, found[i], given);
  }
}

void run(const RegexStep& step, std::span<Value> row, Evaluation& given) {
  for (const auto& [group, slot] : step.groups) row[slot] = {};
  const Value source = evaluate(step.source, given);
  if (source.is_absent()) return;
  ShortText room;
  const std::string_view text = shown(source, room);
  std::vector<re2::StringPiece> parts(
      static_cast<std::size_t>(step.regex->NumberOfCapturingGroups()) + 1);
  if (!step.regex->Match(text, 0, text.size(), RE2::UNANCHORED, parts.data(),
                         static_cast<int>(parts.size()))) {
    return;
  }
  for (const auto& [group, slot] : step.groups) {
    const re2::StringPiece& part = parts[static_cast<std::size_t>(group)];
    if (part.data() == nullptr) continue;  // of an alternative that was not taken
    row[slot] = part_of(source, {part.data(), part.size()}, given);
  }
}

}  // namespace

bool run_row_step(const RowStep& step, std::span<Value> row, Evaluation& given) {
  if (const auto* const filter = std::get_if<FilterStep>(&step)) {
    return holds(filter->condition, given);
  }
  if (const auto* const assign = std::get_if<AssignStep>(&step)) {
    row[assign->slot] = evaluate(assign->value, given);
  } else if (const auto* const glob = std::get_if<GlobStep>(&step)) {
    run(*glob, row, given);
  } else {
    run(std::get<RegexStep>(step), row, given);
  }
  return true;
}

}  // namespace dn::query::insights
