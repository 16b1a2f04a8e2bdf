#include "query/insights_compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "query/insights_functions.h"
#include "query/insights_limits.h"
#include "query/insights_node_compiler.h"
#include "query/insights_parser.h"
#include "query/insights_plan_slots.h"
#include "query/insights_required.h"
#include "query/insights_scope.h"

namespace dn::query::insights {
namespace {

bool is_aggregate_call(const Expression& expression) {
  return expression.op == Operator::Call && find_aggregate(expression.text).has_value();
}

std::uint32_t count_aggregates(const Expression& expression) {
  if (is_aggregate_call(expression)) return 1;
  std::uint32_t count = 0;
  for (const Expression& operand : expression.operands) count += count_aggregates(operand);
  return count;
}

// In a message without a backslash a string stands as it is between its quotes.
std::vector<std::vector<ByteFinder>> quick_look(const records::RequiredValues& required) {
  constexpr std::size_t kClausesMax = 4, kTextsMax = 4;  // more would take longer than reading
  std::vector<std::vector<ByteFinder>> clauses;
  for (const std::vector<std::string>& texts : required) {
    if (texts.size() > kTextsMax) continue;
    if (clauses.size() == kClausesMax) break;
    std::vector<ByteFinder>& clause = clauses.emplace_back();
    for (const std::string& text : texts) clause.emplace_back('"' + text + '"');
  }
  return clauses;
}

class QueryCompiler {
 public:
  QueryCompiler(std::string_view query, Plan& plan)
      : plan_(plan),
        nodes_(query, scope_, plan.texts) {}

  tl::expected<void, QueryError> compile(const std::vector<Command>& commands, std::size_t limit) {
    plan_.limit = limit;
    for (const Command& command : commands) {
      scope_.begin_command();
      std::visit([this](const auto& one) { add(one); }, command);
      if (nodes_.error()) return tl::unexpected(*nodes_.error());
    }
    if (!turned_) turn(EndStep());
    finish();
    return {};
  }

 private:
  // -- steps and the turn -------------------------------------------------------------------------
  void push(RowStep step) {
    if (turned_) {
      plan_.after.emplace_back(std::move(step));
    } else {
      plan_.before.push_back(std::move(step));
    }
  }

  void turn(Turn step) {
    turned_ = true;
    plan_.turn = std::move(step);
  }

  template <class Step>
  void push_meeting(Step step) {
    if (turned_) {
      plan_.after.emplace_back(std::move(step));
    } else {
      turn(std::move(step));
    }
  }

  // Slots that were counted since the latest stats, or since the beginning, belong to its rows.
  void end_rows() {
    StatsStep* latest = std::get_if<StatsStep>(&plan_.turn);
    for (AfterStep& step : plan_.after) {
      if (auto* const stats = std::get_if<StatsStep>(&step)) latest = stats;
    }
    (latest == nullptr ? plan_.width : latest->width) = scope_.slots();
  }

  // The slot of a value, which a plain field has already.
  std::uint32_t slot_of(Node node) {
    if (node.op == Operator::Field && node.path.empty() && node.slot != kNoSlot) return node.slot;
    const std::uint32_t slot = scope_.new_slot();
    push(AssignStep{std::move(node), slot});
    return slot;
  }

  void define(const std::string& name, std::uint32_t slot) {
    scope_.define(name, slot);
    for (Column& column : plan_.columns) {
      if (column.name == name) column.slot = slot;
    }
  }

  void add_column(const std::string& name, std::uint32_t slot) {
    for (Column& column : plan_.columns) {
      if (column.name != name) continue;
      column.slot = slot;
      return;
    }
    plan_.columns.push_back({name, slot});
  }

  // -- commands -----------------------------------------------------------------------------------
  void add(const FieldsCommand& command) {
    if (command.display) plan_.columns.clear();
    for (const NamedExpression& named : command.fields) {
      const std::uint32_t slot = slot_of(nodes_.compile(named.value));
      if (named.has_alias) define(named.name, slot);
      if (command.display || !displayed_) add_column(named.name, slot);
    }
    displayed_ |= command.display;
  }

  void add(const FilterCommand& command) { push(FilterStep{nodes_.compile(command.condition)}); }

  void add(const SortCommand& command) {
    std::vector<SortKey> keys;
    for (const SortCommand::Key& key : command.keys) {
      keys.push_back({slot_of(nodes_.compile(key.value)), key.descending});
    }
    if (turned_) {
      plan_.after.emplace_back(SortStep{std::move(keys)});
    } else {  // a later sort counts before an earlier one
      plan_.order.insert(plan_.order.begin(), keys.begin(), keys.end());
    }
  }

  void add(const LimitCommand& command) {
    plan_.limit = kRowsMax;
    push_meeting(LimitStep{command.rows, command.any});
  }

  void add(const DedupCommand& command) {
    DedupStep step;
    for (const Expression& key : command.keys) step.slots.push_back(slot_of(nodes_.compile(key)));
    push_meeting(std::move(step));
  }

  void add(const UnnestCommand& command) {
    if (++unnests_ > kUnnestsMax) {
      nodes_.fail_at(command.list.where,
                     fmt::format("a query has at most {} unnest commands", kUnnestsMax));
      return;
    }
    Node list = nodes_.compile(command.list);
    const std::uint32_t slot = scope_.new_slot();
    push(UnnestStep{std::move(list), slot});
    define(command.name, slot);
  }

  void add(const ParseCommand& command) {
    Node source = command.field ? nodes_.compile(*command.field) : scope_.resolve({"@message"});
    if (command.is_regex) {
      add_regex(command, std::move(source));
      return;
    }
    GlobStep step{std::move(source), {}, {}};
    std::string_view rest = command.pattern;
    for (const std::string& name : command.names) {
      const std::size_t star = rest.find('*');
      step.literals.emplace_back(rest.substr(0, star));
      rest.remove_prefix(star + 1);
      step.slots.push_back(scope_.new_slot());
      define(name, step.slots.back());
    }
    step.literals.emplace_back(rest);
    push(std::move(step));
  }

  void add_regex(const ParseCommand& command, Node source) {
    RegexStep step{std::move(source), nodes_.regex(command.pattern, command.pattern_where), {}};
    if (step.regex == nullptr) return;
    if (step.regex->NamedCapturingGroups().empty()) {
      nodes_.fail_at(command.pattern_where,
                     "the regular expression of parse needs a named group (?<name>…)");
      return;
    }
    if (step.regex->NamedCapturingGroups().size() != step.regex->CapturingGroupNames().size()) {
      nodes_.fail_at(command.pattern_where,
                     "a name is given to two groups of the regular expression");
      return;
    }
    for (const auto& [name, group] : step.regex->NamedCapturingGroups()) {
      step.groups.emplace_back(group, scope_.new_slot());
      define(name, step.groups.back().second);
    }
    push(std::move(step));
  }

  // Keys and arguments of aggregates see the rows so far; what is around the aggregates sees the
  // keys, the aggregates and the names given before.
  void add(const StatsCommand& command) {
    StatsStep step;
    for (const NamedExpression& key : command.keys) step.keys.push_back(nodes_.compile(key.value));
    const auto keys = static_cast<std::uint32_t>(step.keys.size());
    std::uint32_t next = keys;
    for (const NamedExpression& item : command.items) next += count_aggregates(item.value);
    std::map<std::string, std::uint32_t> names;
    std::vector<Column> columns;
    for (std::uint32_t i = 0; i < keys; ++i) {
      names[command.keys[i].name] = i;
      columns.push_back({command.keys[i].name, i});
    }
    std::vector<RowStep> assignments;
    for (const NamedExpression& item : command.items) {
      Node node = compile_item(item.value, step, names);
      std::uint32_t slot = node.slot;
      if (node.op != Operator::Field || !node.path.empty()) {
        slot = next++;
        assignments.emplace_back(AssignStep{std::move(node), slot});
      }
      names[item.name] = slot;
      columns.push_back({item.name, slot});
    }
    if (step.aggregates.empty()) {
      nodes_.fail_at(command.items[0].value.where,
                     "stats needs an aggregate function such as count(*)");
    }
    end_rows();
    if (!turned_) plan_.order.clear();  // the order of rows makes no difference to a stats
    push_meeting(std::move(step));
    scope_.begin_rows(next);
    plan_.rows_are_events = false;
    plan_.columns.clear();
    displayed_ = false;
    for (RowStep& assignment : assignments) push(std::move(assignment));
    for (const auto& [name, slot] : names) scope_.define(name, slot);
    for (const Column& column : columns) add_column(column.name, column.slot);
  }

  Node compile_item(const Expression& item, StatsStep& step,
                    const std::map<std::string, std::uint32_t>& names) {
    const NodeCompiler::Meaning meaning = [&](const Expression& part) -> std::optional<Node> {
      const bool is_field = part.op == Operator::Field;
      const auto known = names.find(is_field ? joined(part.parts) : nodes_.source_of(part.where));
      if (known != names.end()) return field_node(known->second);
      if (is_aggregate_call(part)) return compile_aggregate(part, step);
      const Function* const function =
          part.op == Operator::Call ? find_function(part.text) : nullptr;
      if (is_field || (function != nullptr && function->takes_period && function->most == 0)) {
        nodes_.fail_at(part.where,
                       fmt::format("{} is neither an aggregate function nor a key of by",
                                   nodes_.source_of(part.where)));
        return Node();
      }
      return std::nullopt;
    };
    return nodes_.compile(item, &meaning);
  }

  Node compile_aggregate(const Expression& call, StatsStep& step) {
    Aggregate aggregate;
    aggregate.kind = *find_aggregate(call.text);
    aggregate.slot = static_cast<std::uint32_t>(step.keys.size() + step.aggregates.size());
    const std::size_t count = call.operands.size();
    const bool star = count == 1 && call.operands[0].op == Operator::Star;
    if (aggregate.kind == AggregateKind::Count && (count == 0 || star)) {
      aggregate.kind = AggregateKind::CountRows;
    } else if (count != (aggregate.kind == AggregateKind::Percentile ? 2 : 1)) {
      nodes_.fail_at(call.where, fmt::format("{} takes {}", call.text,
                                             aggregate.kind == AggregateKind::Percentile
                                                 ? "a field and a percentage"
                                                 : "one argument"));
    } else {
      aggregate.argument = nodes_.compile(call.operands[0]);
    }
    if (aggregate.kind == AggregateKind::Percentile && count == 2) {
      const Expression& percent = call.operands[1];
      const auto number =
          percent.op == Operator::Number ? parse_number(percent.text) : std::nullopt;
      if (!number || *number < 0 || *number > 100) {
        nodes_.fail_at(percent.where, "a percentage is a number from 0 to 100");
      } else {
        aggregate.percent = *number;
      }
    }
    step.aggregates.push_back(std::move(aggregate));
    return field_node(step.aggregates.back().slot);
  }

  // -- the end ------------------------------------------------------------------------------------
  void finish() {
    if (plan_.columns.empty()) {
      for (const char* const name : {"@timestamp", "@message"}) {
        plan_.columns.push_back({name, scope_.resolve({name}).slot});
      }
    }
    end_rows();
    const std::set<std::uint32_t> used = slots_before_turn(plan_);
    std::set<std::uint32_t> discovered;
    for (const auto& [name, slot] : scope_.discovered()) {
      const std::string_view in_message = name_in_message(name);
      if (!used.contains(slot) || in_message.size() > kFieldNameBytesMax) continue;
      plan_.fields.add(in_message, slot);
      discovered.insert(slot);
    }
    plan_.fields.seal();
    const auto generated = [&](const char* name) {
      const auto found = scope_.generated().find(name);
      return found == scope_.generated().end() ? kNoSlot : found->second;
    };
    plan_.generated = {generated("@timestamp"), generated("@message"), generated("@logStream"),
                       generated("@log"), generated("@ingestionTime")};
    plan_.required = required_values(plan_.before, discovered);
    plan_.quick_look = quick_look(plan_.required);
    plan_.before_fields = steps_without(plan_.before, discovered);
    plan_.kept = slots_kept_at_turn(plan_);
    plan_.rows_at_turn = rows_at_turn();
  }

  // Of rows that are no groups; behind dedup only limits follow.
  std::size_t rows_at_turn() const {
    if (const auto* const limit = std::get_if<LimitStep>(&plan_.turn)) return limit->rows;
    std::size_t rows = plan_.limit;
    for (const AfterStep& step : plan_.after) {
      if (const auto* const limit = std::get_if<LimitStep>(&step))
        rows = std::min(rows, limit->rows);
    }
    return rows;
  }

  Plan& plan_;
  Scope scope_;
  NodeCompiler nodes_;
  bool turned_ = false, displayed_ = false;
  std::size_t unnests_ = 0;
};

}  // namespace

tl::expected<void, QueryError> compile_query(std::string_view query, std::size_t limit,
                                             Plan& plan) {
  auto commands = parse_query(query);
  if (!commands) return tl::unexpected(std::move(commands.error()));
  return QueryCompiler(query, plan).compile(*commands, limit);
}

}  // namespace dn::query::insights
