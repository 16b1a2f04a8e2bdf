#include "query/insights_aggregate.h"

#include <array>
#include <cmath>
#include <string>
#include <variant>

#include "base/ascii.h"
#include "query/insights_distinct.h"
#include "query/insights_lexer.h"
#include "query/insights_percentile.h"
#include "query/insights_sum.h"

namespace dn::query::insights {
namespace {

constexpr std::array kAggregates = {
    AggregateFunction{"count", AggregateKind::Count},
    AggregateFunction{"count_distinct", AggregateKind::CountDistinct},
    AggregateFunction{"sum", AggregateKind::Sum},
    AggregateFunction{"avg", AggregateKind::Average},
    AggregateFunction{"min", AggregateKind::Minimum},
    AggregateFunction{"max", AggregateKind::Maximum},
    AggregateFunction{"stddev", AggregateKind::Deviation},
    AggregateFunction{"pct", AggregateKind::Percentile},
    AggregateFunction{"earliest", AggregateKind::Earliest},
    AggregateFunction{"latest", AggregateKind::Latest},
    AggregateFunction{"sortsFirst", AggregateKind::SortsFirst},
    AggregateFunction{"sortsLast", AggregateKind::SortsLast},
};

// The value that won so far.
struct Best {
  RowKey key;
  Value value;  // its text is below
  std::string text;

  Value view() const {
    Value result = value;
    result.text = text;
    return result;
  }
};

struct Spread {
  ExactSum sum, squares;
  bool too_large = false;  // a square is no double any more
  void add(double number) {
    sum.add(number);
    squares.add_product(number, number);
    too_large |= !std::isfinite(number * number);
  }
  void add(const Spread& other) {
    sum.add(other.sum);
    squares.add(other.squares);
    too_large |= other.too_large;
  }
};

int text_order(const Value& a, const Value& b) {
  ShortText room_a, room_b;
  return shown(a, room_a).compare(shown(b, room_b));
}

// Numbers in front of other values, whichever end is asked for.
bool is_better(AggregateKind kind, const Value& value, const RowKey& key, const Best& best) {
  const Value known = best.view();
  switch (kind) {
    case AggregateKind::Earliest: return key < best.key;
    case AggregateKind::Latest: return best.key < key;
    case AggregateKind::SortsFirst:
    case AggregateKind::SortsLast: {
      int order = natural_order(value, known);
      if (order == 0) order = text_order(value, known);
      return kind == AggregateKind::SortsFirst ? order < 0 : order > 0;
    }
    default: break;
  }
  const auto left = number_of(value), right = number_of(known);
  if (left.has_value() != right.has_value()) return left.has_value();
  const bool minimum = kind == AggregateKind::Minimum;
  if (left && *left != *right) return minimum ? *left < *right : *left > *right;
  const int order = text_order(value, known);
  return minimum ? order < 0 : order > 0;
}

// Of the population, by the exact sums: n * sum of squares - square of the sum, in n^2.
Value deviation(std::uint64_t count, const Spread& spread) {
  if (count == 0 || spread.too_large) return {};
  const auto n = static_cast<double>(count);
  const double sum = spread.sum.value(), sum_rest = spread.sum.remainder();
  const double squares = spread.squares.value(), squares_rest = spread.squares.remainder();
  ExactSum difference;
  difference.add_product(n, squares);
  difference.add_product(n, squares_rest);
  difference.add_product(-sum, sum);
  difference.add_product(-2 * sum, sum_rest);
  const double variance = difference.value() / n / n;
  return Value::of_number(std::sqrt(std::fmax(variance, 0)));
}

}  // namespace

struct Accumulator::State {
  std::variant<ExactSum, Spread, std::optional<Best>, Percentile, DistinctCount> is;
};

Accumulator::Accumulator() = default;
Accumulator::~Accumulator() = default;
Accumulator::Accumulator(Accumulator&&) noexcept = default;
Accumulator& Accumulator::operator=(Accumulator&&) noexcept = default;

std::span<const AggregateFunction> all_aggregates() {
  return kAggregates;
}

std::optional<AggregateKind> find_aggregate(std::string_view name) {
  for (const AggregateFunction& aggregate : kAggregates) {
    if (equal_ignoring_case(aggregate.name, name)) return aggregate.kind;
  }
  return std::nullopt;
}

Accumulator::State& Accumulator::state(AggregateKind kind, std::uint64_t seed) {
  if (state_) return *state_;
  switch (kind) {
    case AggregateKind::Sum:
    case AggregateKind::Average: state_ = std::make_unique<State>(State{ExactSum()}); break;
    case AggregateKind::Deviation: state_ = std::make_unique<State>(State{Spread()}); break;
    case AggregateKind::Percentile: state_ = std::make_unique<State>(State{Percentile()}); break;
    case AggregateKind::CountDistinct:
      state_ = std::make_unique<State>(State{DistinctCount(seed)});
      break;
    default: state_ = std::make_unique<State>(State{std::optional<Best>()}); break;
  }
  return *state_;
}

std::size_t Accumulator::add(AggregateKind kind, const Value& given, const RowKey& key,
                             std::uint64_t seed) {
  if (given.is_absent()) return 0;
  if (kind == AggregateKind::Count) {
    ++count_;
    return 0;
  }
  const std::size_t before = heap_bytes();
  take(kind, given, key, seed);
  return heap_bytes() - before;
}

void Accumulator::take(AggregateKind kind, const Value& given, const RowKey& key,
                       std::uint64_t seed) {
  const bool time = given.kind == Kind::Time && kind != AggregateKind::CountDistinct;
  const Value value = time ? Value::of_number(given.number) : given;
  switch (kind) {
    case AggregateKind::CountDistinct: {
      ShortText room;
      std::get<DistinctCount>(state(kind, seed).is).add(shown(value, room));
      return;
    }
    case AggregateKind::Sum:
    case AggregateKind::Average:
    case AggregateKind::Deviation:
    case AggregateKind::Percentile: break;
    default: offer(kind, value, key); return;
  }
  const auto number = number_of(value);
  if (!number) return;
  ++count_;
  auto& is = state(kind, seed).is;
  if (auto* const sum = std::get_if<ExactSum>(&is)) {
    sum->add(*number);
  } else if (auto* const percentile = std::get_if<Percentile>(&is)) {
    percentile->add(*number);
  } else {
    std::get<Spread>(is).add(*number);
  }
}

void Accumulator::offer(AggregateKind kind, const Value& value, const RowKey& key) {
  auto& best = std::get<std::optional<Best>>(state(kind, 0).is);
  if (best && !is_better(kind, value, key, *best)) return;
  if (!best) best.emplace();
  best->key = key;
  best->value = value;
  best->text = value.text;
}

std::size_t Accumulator::merge(AggregateKind kind, const Accumulator& other, std::uint64_t seed) {
  count_ += other.count_;
  if (!other.state_) return 0;
  const std::size_t before = heap_bytes();
  auto& is = state(kind, seed).is;
  const auto& theirs = other.state_->is;
  if (const auto* const sum = std::get_if<ExactSum>(&theirs)) {
    std::get<ExactSum>(is).add(*sum);
  } else if (const auto* const spread = std::get_if<Spread>(&theirs)) {
    std::get<Spread>(is).add(*spread);
  } else if (const auto* const percentile = std::get_if<Percentile>(&theirs)) {
    std::get<Percentile>(is).merge(*percentile);
  } else if (const auto* const distinct = std::get_if<DistinctCount>(&theirs)) {
    std::get<DistinctCount>(is).merge(*distinct);
  } else if (const auto& best = std::get<std::optional<Best>>(theirs)) {
    offer(kind, best->view(), best->key);
  }
  return heap_bytes() - before;
}

Value Accumulator::result(const Aggregate& aggregate, TextArena& arena) const {
  if (aggregate.kind == AggregateKind::CountRows || aggregate.kind == AggregateKind::Count) {
    return Value::of_number(static_cast<double>(count_));
  }
  if (!state_) {
    return aggregate.kind == AggregateKind::CountDistinct ? Value::of_number(0) : Value{};
  }
  if (const auto* const sum = std::get_if<ExactSum>(&state_->is)) {
    const bool average = aggregate.kind == AggregateKind::Average;
    return Value::of_number(sum->value() / (average ? static_cast<double>(count_) : 1));
  }
  if (const auto* const spread = std::get_if<Spread>(&state_->is))
    return deviation(count_, *spread);
  if (const auto* const percentile = std::get_if<Percentile>(&state_->is)) {
    const auto number = percentile->at(aggregate.percent);
    return number ? Value::of_number(*number) : Value{};
  }
  if (const auto* const distinct = std::get_if<DistinctCount>(&state_->is)) {
    return Value::of_number(distinct->count());
  }
  const auto& best = std::get<std::optional<Best>>(state_->is);
  Value value = best->view();
  value.text = arena.copy(value.text);
  return value;
}

std::size_t Accumulator::heap_bytes() const {
  if (!state_) return 0;
  constexpr std::size_t kAllocation = 16;
  const std::size_t own = sizeof(State) + kAllocation;
  if (const auto* const sum = std::get_if<ExactSum>(&state_->is)) return own + sum->heap_bytes();
  if (const auto* const spread = std::get_if<Spread>(&state_->is)) {
    return own + spread->sum.heap_bytes() + spread->squares.heap_bytes();
  }
  if (const auto* const percentile = std::get_if<Percentile>(&state_->is)) {
    return own + percentile->bytes();
  }
  if (const auto* const distinct = std::get_if<DistinctCount>(&state_->is)) {
    return own + distinct->bytes();
  }
  const auto& best = std::get<std::optional<Best>>(state_->is);
  return own + (best ? best->text.capacity() : 0);
}

}  // namespace dn::query::insights
