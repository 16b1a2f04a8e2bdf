#include "query/insights_required.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "query/decimal_text.h"

namespace dn::query::insights {
namespace {

using Clauses = records::RequiredValues;
using Clause = std::vector<std::string>;

// Clauses that `or` would multiply beyond this are dropped, as is every clause with more texts:
// looking for so many things costs more than it saves.
constexpr std::size_t kClausesMax = 8;
constexpr std::size_t kTextsMax = 64;

class Requirements {
 public:
  explicit Requirements(const std::set<std::uint32_t>& discovered) : discovered_(discovered) {}

  Clauses of(const Node& node) const {
    switch (node.op) {
      case Operator::And: return of_all(node);
      case Operator::Or: return of_any(node);
      case Operator::Equal: return of_equality(node);
      case Operator::In: return of_list(node);
      default: return {};
    }
  }

 private:
  Clauses of_all(const Node& node) const {
    Clauses all;
    for (const Node& operand : node.operands) {
      Clauses some = of(operand);
      all.insert(all.end(), std::make_move_iterator(some.begin()),
                 std::make_move_iterator(some.end()));
    }
    if (all.size() > kClausesMax) all.resize(kClausesMax);
    return all;
  }

  // (a and b) or (c and d) needs one text of a or c, one of a or d, and so on.
  Clauses of_any(const Node& node) const {
    Clauses any = of(node.operands[0]);
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
      Clauses crossed;
      for (const Clause& right : of(node.operands[i])) {
        for (const Clause& left : any) {
          if (crossed.size() == kClausesMax || left.size() + right.size() > kTextsMax) continue;
          Clause both = left;
          both.insert(both.end(), right.begin(), right.end());
          std::ranges::sort(both);
          both.erase(std::unique(both.begin(), both.end()), both.end());
          crossed.push_back(std::move(both));
        }
      }
      any = std::move(crossed);
    }
    return any;
  }

  bool is_discovered(const Node& node) const {
    return node.op == Operator::Field && node.path.empty() && discovered_.contains(node.slot);
  }
  static std::optional<std::string> only_text(const Node& node) {
    if (node.op != Operator::Text || node.constant.text.empty() ||
        has_number_shape(node.constant.text)) {
      return std::nullopt;
    }
    return std::string(node.constant.text);
  }

  Clauses of_equality(const Node& node) const {
    for (const std::size_t side : {0U, 1U}) {
      const auto text = only_text(node.operands[1 - side]);
      if (is_discovered(node.operands[side]) && text) return {{*text}};
    }
    return {};
  }

  Clauses of_list(const Node& node) const {
    if (!is_discovered(node.operands[0]) || node.operands.size() > kTextsMax) return {};
    Clause texts;
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
      auto text = only_text(node.operands[i]);
      if (!text) return {};
      texts.push_back(std::move(*text));
    }
    return {std::move(texts)};
  }

  const std::set<std::uint32_t>& discovered_;
};

}  // namespace

records::RequiredValues required_values(const std::vector<RowStep>& before,
                                        const std::set<std::uint32_t>& discovered) {
  const Requirements requirements(discovered);
  Clauses all;
  for (const RowStep& step : before) {
    const auto* const filter = std::get_if<FilterStep>(&step);
    if (filter == nullptr) continue;
    for (Clause& clause : requirements.of(filter->condition)) {
      if (all.size() < kClausesMax) all.push_back(std::move(clause));
    }
  }
  return all;
}

}  // namespace dn::query::insights
