#include "query/testing/naive_insights.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

#include "query/testing/plain_json.h"

namespace dn::query::testing {
namespace {

using Random = std::mt19937_64;

const std::vector<std::string> kFields = {"a", "b", "c", "n", "o.x", "l.0", "absent", "@@at"};
const std::vector<std::string> kLiterals = {"1",   "2",    "10",  "1.0", "0",        "-1",
                                            "1e1", "x",    "y",   "X",   "",         "x10",
                                            "x9",  "true", "10x", "0.5", "\xC3\xA9", "a b"};

template <class T>
const T& pick(Random& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}

std::optional<double> as_number(const std::string& text) {
  // A digit or a minus first and a digit last leaves only what the language takes for numbers.
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  const bool digits = !text.empty() && text.back() >= '0' && text.back() <= '9';
  if (error != std::errc() || at != end || !digits || text.front() == '.') return std::nullopt;
  return number;
}

std::string show(double number) {
  std::string text = fmt::format("{:.4f}", number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

NaiveValue value_of(const NaiveRow& row, const std::string& field) {
  const auto found = row.fields.find(field);
  if (found == row.fields.end()) return std::nullopt;
  return found->second;
}

bool equal(const std::string& a, const std::string& b) {
  const auto left = as_number(a), right = as_number(b);
  return left && right ? *left == *right : a == b;
}
bool less(const std::string& a, const std::string& b) {
  const auto left = as_number(a), right = as_number(b);
  return left && right ? *left < *right : a < b;
}

bool truth(const NaiveValue& value) {
  if (!value || value->empty() || *value == "false") return false;
  const auto number = as_number(*value);
  return !number || *number != 0;
}

// Absent, then texts by their chunks, then numbers.
using Chunk = std::tuple<int, std::size_t, std::string>;
std::tuple<int, double, std::vector<Chunk>> sort_key(const NaiveValue& value) {
  if (!value) return {0, 0, {}};
  if (const auto number = as_number(*value)) return {2, *number, {}};
  std::vector<Chunk> chunks;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t at = 0; at < value->size();) {
    std::size_t end = at;
    while (end < value->size() && digit((*value)[end]) == digit((*value)[at])) ++end;
    const std::string text = value->substr(at, end - at);
    // In front of the digits, digits, behind them.
    const int place = digit(text[0]) ? 1 : text[0] >= 0 && text[0] < '0' ? 0 : 2;
    chunks.emplace_back(place, digit(text[0]) ? text.size() : 0, text);
    at = end;
  }
  return {1, 0, chunks};
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

// Numbers are written bare or as text.
std::string written(Random& random, const std::string& literal) {
  return as_number(literal) && random() % 2 == 0 ? literal : quoted(literal);
}

NaiveCondition make_comparison(Random& random) {
  const std::string field = pick(random, kFields), literal = pick(random, kLiterals);
  const std::string right = written(random, literal);
  const auto with = [&](const std::string& op, auto compare, bool when_absent) {
    return NaiveCondition{field + " " + op + " " + right, [=](const NaiveRow& row) {
                            const auto value = value_of(row, field);
                            return value ? compare(*value, literal) : when_absent;
                          }};
  };
  switch (random() % 8) {
    case 0:
    case 1: return with("=", equal, false);
    case 2: return with("!=", [](auto& a, auto& b) { return !equal(a, b); }, true);
    case 3: return with("<", less, false);
    case 4: return with(">", [](auto& a, auto& b) { return less(b, a); }, false);
    case 5: return with("<=", [](auto& a, auto& b) { return less(a, b) || equal(a, b); }, false);
    case 6: return with(">=", [](auto& a, auto& b) { return less(b, a) || equal(a, b); }, false);
    default: {
      const bool no = random() % 2 == 0;
      return NaiveCondition{field + (no ? " not like " : " like ") + quoted(literal),
                            [=](const NaiveRow& row) {
                              const auto value = value_of(row, field);
                              return (value && value->find(literal) != std::string::npos) != no;
                            }};
    }
  }
}

NaiveCondition make_list(Random& random) {
  const std::string field = pick(random, kFields);
  const bool no = random() % 3 == 0;
  std::vector<std::string> literals;
  std::string text = field + (no ? " not in [" : " in [");
  for (std::size_t i = 0, count = 1 + random() % 3; i < count; ++i) {
    literals.push_back(pick(random, kLiterals));
    text += (i > 0 ? ", " : "") + written(random, literals.back());
  }
  return {text + "]", [=](const NaiveRow& row) {
            const auto value = value_of(row, field);
            const bool found = value && std::ranges::any_of(literals, [&](const auto& literal) {
                                 return equal(*value, literal);
                               });
            return found != no;
          }};
}

NaiveCondition make_condition(Random& random, int depth) {
  const std::size_t kind = random() % (depth > 0 ? 12 : 7);
  if (kind < 4) return make_comparison(random);
  if (kind == 4) return make_list(random);
  const std::string field = pick(random, kFields);
  if (kind == 5) return {field, [=](const NaiveRow& row) { return truth(value_of(row, field)); }};
  if (kind == 6) {
    return {"ispresent(" + field + ")",
            [=](const NaiveRow& row) { return value_of(row, field).has_value(); }};
  }
  const NaiveCondition left = make_condition(random, depth - 1);
  if (kind == 7) {
    return {"not (" + left.text + ")", [=](const NaiveRow& row) { return !left.holds(row); }};
  }
  const NaiveCondition right = make_condition(random, depth - 1);
  const bool both = kind < 10;
  return {"(" + left.text + (both ? " and " : " or ") + right.text + ")", [=](const NaiveRow& row) {
            return both ? left.holds(row) && right.holds(row) : left.holds(row) || right.holds(row);
          }};
}

struct NaiveAggregate {
  std::string text;
  std::function<NaiveValue(const std::vector<const NaiveRow*>&)> of;  // rows oldest first
};

std::vector<double> numbers_of(const std::vector<const NaiveRow*>& rows, const std::string& field) {
  std::vector<double> numbers;
  for (const NaiveRow* const row : rows) {
    const auto value = value_of(*row, field);
    if (const auto number = value ? as_number(*value) : std::nullopt) numbers.push_back(*number);
  }
  return numbers;
}
std::vector<std::string> texts_of(const std::vector<const NaiveRow*>& rows,
                                  const std::string& field) {
  std::vector<std::string> texts;
  for (const NaiveRow* const row : rows) {
    if (const auto value = value_of(*row, field)) texts.push_back(*value);
  }
  return texts;
}

// The best text: numbers in front of others, equal numbers by their text.
NaiveValue extreme(std::vector<std::string> texts, bool least) {
  if (std::ranges::any_of(texts, [](const auto& text) { return as_number(text).has_value(); })) {
    std::erase_if(texts, [](const auto& text) { return !as_number(text); });
  }
  if (texts.empty()) return std::nullopt;
  const auto before = [](const std::string& a, const std::string& b) {
    return less(a, b) || (equal(a, b) && a < b);
  };
  return least ? *std::ranges::min_element(texts, before)
               : *std::ranges::max_element(texts, before);
}

NaiveAggregate make_aggregate(Random& random) {
  const std::string field = pick(random, kFields);
  using Rows = std::vector<const NaiveRow*>;
  switch (random() % 10) {
    case 0:
      return {"count(*)", [](const Rows& rows) { return show(static_cast<double>(rows.size())); }};
    case 1:
      return {"count(" + field + ")", [=](const Rows& rows) {
                return show(static_cast<double>(texts_of(rows, field).size()));
              }};
    case 2:
      return {"count_distinct(" + field + ")", [=](const Rows& rows) {
                const auto texts = texts_of(rows, field);
                return show(static_cast<double>(std::set(texts.begin(), texts.end()).size()));
              }};
    case 3:
    case 4: {
      const bool average = random() % 2 == 0;
      return {(average ? "avg(" : "sum(") + field + ")", [=](const Rows& rows) -> NaiveValue {
                const auto numbers = numbers_of(rows, field);
                double sum = 0;  // of halves, so exact
                for (const double number : numbers) sum += number;
                if (numbers.empty()) return std::nullopt;
                return show(average ? sum / static_cast<double>(numbers.size()) : sum);
              }};
    }
    case 5:
      return {"min(" + field + ")",
              [=](const Rows& r) { return extreme(texts_of(r, field), true); }};
    case 6:
      return {"max(" + field + ")",
              [=](const Rows& r) { return extreme(texts_of(r, field), false); }};
    case 7: {
      const std::size_t percent = random() % 101;
      return {fmt::format("pct({}, {})", field, percent), [=](const Rows& rows) -> NaiveValue {
                auto numbers = numbers_of(rows, field);
                if (numbers.empty()) return std::nullopt;
                std::ranges::sort(numbers);
                const std::size_t rank = (percent * numbers.size() + 99) / 100;
                return show(numbers[std::max<std::size_t>(rank, 1) - 1]);
              }};
    }
    default: {
      const bool earliest = random() % 2 == 0;
      return {(earliest ? "earliest(" : "latest(") + field + ")",
              [=](const Rows& rows) -> NaiveValue {
                const auto texts = texts_of(rows, field);
                if (texts.empty()) return std::nullopt;
                return earliest ? texts.front() : texts.back();
              }};
    }
  }
}

std::vector<std::string> some_fields(Random& random, std::size_t most) {
  std::vector<std::string> fields;
  for (std::size_t count = 1 + random() % most; fields.size() < count;) {
    const std::string& field = pick(random, kFields);
    if (std::ranges::find(fields, field) == fields.end()) fields.push_back(field);
  }
  return fields;
}

std::string listed(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

void newest_first(std::vector<NaiveRow>& rows) {
  std::ranges::sort(rows, [](const NaiveRow& a, const NaiveRow& b) {
    return a.timestamp != b.timestamp ? a.timestamp > b.timestamp : a.number < b.number;
  });
}

void add_sort(Random& random, NaiveQuery& query, const std::vector<std::string>& fields) {
  std::vector<std::pair<std::string, bool>> keys;
  std::vector<std::string> texts;
  for (std::size_t i = 0, count = 1 + random() % 2; i < count; ++i) {
    keys.emplace_back(pick(random, fields), random() % 2 == 0);
    texts.push_back("`" + keys.back().first + "`" + (keys.back().second ? " desc" : " asc"));
    if (keys.back().first.find_first_of(".@") != std::string::npos) {
      texts.back() = keys.back().first + (keys.back().second ? " desc" : " asc");
    }
  }
  query.text += " | sort " + listed(texts);
  query.steps.emplace_back([keys](std::vector<NaiveRow>& rows) {
    const auto before = [&](const NaiveRow& a, const NaiveRow& b) {
      for (const auto& [field, descending] : keys) {
        const auto left = sort_key(value_of(a, field)), right = sort_key(value_of(b, field));
        if (left != right) return (left < right) != descending;
      }
      return false;
    };
    std::vector<NaiveRow> sorted;
    for (const NaiveRow& row : rows) {
      sorted.insert(std::ranges::upper_bound(sorted, row, before), row);
    }
    rows = std::move(sorted);
  });
}

void add_limit(Random& random, NaiveQuery& query) {
  const std::size_t limit = 1 + random() % 12;
  query.text += fmt::format(" | limit {}", limit);
  query.steps.emplace_back([limit](std::vector<NaiveRow>& rows) {
    if (rows.size() > limit) rows.resize(limit);
  });
}

void add_dedup(Random& random, NaiveQuery& query) {
  const auto fields = some_fields(random, 2);
  query.text += " | dedup " + listed(fields);
  query.steps.emplace_back([fields](std::vector<NaiveRow>& rows) {
    std::set<std::vector<std::string>> seen;
    std::erase_if(rows, [&](const NaiveRow& row) {
      std::vector<std::string> key;
      for (const std::string& field : fields) {
        const auto value = value_of(row, field);
        if (!value) return false;
        key.push_back(*value);
      }
      return !seen.insert(key).second;
    });
  });
}

void add_stats(Random& random, NaiveQuery& query) {
  std::vector<NaiveAggregate> aggregates;
  std::vector<std::string> texts, names;
  for (std::size_t i = 0, count = 1 + random() % 3; i < count; ++i) {
    aggregates.push_back(make_aggregate(random));
    names.push_back(fmt::format("r{}", i));
    texts.push_back(aggregates.back().text + " as " + names.back());
  }
  const auto keys = random() % 4 == 0 ? std::vector<std::string>() : some_fields(random, 3);
  query.text += " | stats " + listed(texts) + (keys.empty() ? "" : " by " + listed(keys));
  query.steps.emplace_back([=](std::vector<NaiveRow>& rows) {
    std::ranges::sort(rows, [](const NaiveRow& a, const NaiveRow& b) {
      return std::pair(a.timestamp, a.number) < std::pair(b.timestamp, b.number);
    });
    std::vector<std::pair<std::vector<NaiveValue>, std::vector<const NaiveRow*>>> groups;
    for (const NaiveRow& row : rows) {
      std::vector<NaiveValue> key;
      for (const std::string& field : keys) key.push_back(value_of(row, field));
      auto group = std::ranges::find(groups, key, [](const auto& g) { return g.first; });
      if (group == groups.end()) group = groups.insert(group, {key, {}});
      group->second.push_back(&row);
    }
    std::vector<NaiveRow> counted;
    for (const auto& [key, members] : groups) {
      NaiveRow& row = counted.emplace_back();
      row.number = counted.size();
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (key[i]) row.fields[keys[i]] = *key[i];
      }
      for (std::size_t i = 0; i < aggregates.size(); ++i) {
        if (const auto value = aggregates[i].of(members)) row.fields[names[i]] = *value;
      }
    }
    rows = std::move(counted);
  });
  query.columns = keys;
  query.columns.insert(query.columns.end(), names.begin(), names.end());
}

std::string make_message(Random& random) {
  if (random() % 12 == 0)
    return pick<std::string>(random, {"plain", "{\"a\":1", "[1]", "{\"a\":x}", "x {\"a\":\"x\"}"});
  static const std::vector<std::string> kValues = {
      "1",        "2",       "10",          "1.0",     "0",       "-1",     "1e1",
      "0.5",      "true",    "false",       "null",    "\"1\"",   "\"2\"",  "\"10\"",
      "\"x\"",    "\"y\"",   "\"X\"",       "\"\"",    "\"x10\"", "\"x9\"", "\"\\u0078\"",
      "\"true\"", "\"10x\"", "\"\\u00e9\"", "\"a b\"", "{}",      "[]",     "\"false\""};
  std::string message = "{";
  for (const char* const key : {"a", "b", "c", "n", "o", "l", "@at", "a"}) {
    if (random() % 4 == 0) continue;
    if (message.size() > 1) message += ",";
    std::string value = pick(random, kValues);
    if (*key == 'o') value = "{\"x\":" + value + "}";
    if (*key == 'l') value = "[" + value + ",\"y\"]";
    if (*key == 'a' && message.find("\"a\"") != std::string::npos && random() % 4 != 0)
      value = "null";
    message += fmt::format("\"{}\":{}", key, value);
  }
  return message + "}";
}

}  // namespace

std::vector<TestEvent> make_events(Random& random, std::size_t count) {
  std::vector<TestEvent> events;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back(
        {static_cast<std::int64_t>(1'700'000'000'000 + random() % 20), make_message(random)});
  }
  return events;
}

NaiveRow naive_row(const TestEvent& event, std::size_t number) {
  NaiveRow row;
  row.timestamp = event.timestamp;
  row.number = number;
  for (const auto& [name, value] : read_plain_fields(event.message).value_or(PlainFields())) {
    row.fields[name] = value;
  }
  return row;
}

NaiveQuery make_query(Random& random) {
  NaiveQuery query;
  query.columns = some_fields(random, 4);
  query.filter = {"", [](const NaiveRow&) { return true; }};
  query.text = "fields " + listed(query.columns);
  for (std::size_t filters = random() % 3; filters > 0; --filters) {
    const NaiveCondition before = query.filter, condition = make_condition(random, 3);
    query.text += " | filter " + condition.text;
    query.filter.holds = [=](const NaiveRow& row) {
      return before.holds(row) && condition.holds(row);
    };
  }
  query.steps.emplace_back(newest_first);
  switch (random() % 6) {
    case 0: add_limit(random, query); break;
    case 1:
      add_sort(random, query, kFields);
      if (random() % 2 == 0) add_limit(random, query);
      break;
    case 2:
      if (random() % 2 == 0) add_sort(random, query, kFields);
      add_dedup(random, query);
      if (random() % 2 == 0) add_limit(random, query);
      break;
    default: {
      if (random() % 4 == 0) {
        add_sort(random, query, kFields);
        add_limit(random, query);
      }
      add_stats(random, query);
      if (random() % 2 == 0) add_sort(random, query, query.columns);
      if (random() % 3 == 0) add_limit(random, query);
    }
  }
  return query;
}

std::vector<Cells> NaiveQuery::run(std::vector<NaiveRow> rows) const {
  std::erase_if(rows, [&](const NaiveRow& row) { return !filter.holds(row); });
  for (const auto& step : steps) step(rows);
  std::vector<Cells> result;
  for (const NaiveRow& row : rows) {
    Cells& cells = result.emplace_back();
    for (const std::string& column : columns) {
      if (const auto value = value_of(row, column)) cells.emplace_back(column, *value);
    }
  }
  return result;
}

}  // namespace dn::query::testing
