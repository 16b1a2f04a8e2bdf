#include "query/insights_parser.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "query/insights_expression_parser.h"
#include "query/insights_limits.h"

namespace dn::query::insights {
namespace {

// Commands of the language that are not provided: named, so that the error says more than
// "unknown".
constexpr std::array kAbsentCommands = {
    "pattern", "diff",        "anomaly", "join",           "lookup",    "subqueries",
    "unmask",  "filterindex", "head",    "relevantfields", "addtotals", "tail",
};

class QueryParser : private ExpressionParser {
 public:
  explicit QueryParser(std::string_view query) : ExpressionParser(query) {}

  tl::expected<std::vector<Command>, QueryError> parse() {
    std::vector<Command> commands;
    do {
      auto command = parse_command();
      if (!command) return tl::unexpected(take_error());
      commands.push_back(std::move(*command));
    } while (take_symbol("|"));
    if (current().kind != TokenKind::End) {
      refuse("a command ends at | or at the end of the query");
      return tl::unexpected(take_error());
    }
    return commands;
  }

 private:
  std::optional<Command> parse_command() {
    const Token& token = current();
    if (token.kind != TokenKind::Word || !token.plain) return refuse("a command must stand here");
    if (after_dedup_ && !is_word("limit")) return refuse("only limit may follow dedup");
    if (take_word("fields")) return parse_fields(false);
    if (take_word("display")) return parse_fields(true);
    if (take_word("filter")) return parse_filter();
    if (take_word("stats")) return parse_stats();
    if (take_word("sort")) return parse_sort();
    if (take_word("limit")) return parse_limit();
    if (take_word("dedup")) return parse_dedup();
    if (take_word("parse")) return parse_parse();
    if (take_word("unnest")) return parse_unnest();
    if (is_word("source")) return refuse_source();
    for (const char* const name : kAbsentCommands) {
      if (is_word(name)) return refuse(fmt::format("the command {} is not provided", name));
    }
    return refuse(
        "the commands are fields, filter, stats, sort, limit, dedup, display, parse and unnest");
  }

  // Groups are chosen beside the query, so the first | behind SOURCE is where reading ends.
  std::optional<Command> refuse_source() {
    while (current().kind != TokenKind::End && !is_symbol("|") &&
           current().kind != TokenKind::Wrong) {
      advance();
    }
    return refuse("SOURCE is not provided: name the log groups beside the query");
  }

  std::optional<NamedExpression> parse_named() {
    auto value = parse_expression();
    if (!value) return std::nullopt;
    NamedExpression named;
    named.name =
        value->op == Operator::Field ? joined(value->parts) : std::string(source_of(value->where));
    if (take_word("as")) {
      auto alias = parse_name();
      if (!alias) return std::nullopt;
      named.name = std::move(*alias);
      named.has_alias = true;
    }
    named.value = std::move(*value);
    return named;
  }

  std::optional<std::vector<NamedExpression>> parse_named_list() {
    std::vector<NamedExpression> list;
    if (!parse_list(list, [this] { return parse_named(); })) return std::nullopt;
    return list;
  }

  std::optional<std::string> parse_name() {
    if (current().kind != TokenKind::Word) return refuse("a name must stand here");
    std::string name = joined(current().parts);
    advance();
    return name;
  }

  std::optional<Command> parse_fields(bool display) {
    auto list = parse_named_list();
    if (!list) return std::nullopt;
    return FieldsCommand{std::move(*list), display};
  }

  std::optional<Command> parse_filter() {
    auto condition = parse_expression();
    if (!condition) return std::nullopt;
    return FilterCommand{std::move(*condition)};
  }

  std::optional<Command> parse_stats() {
    auto items = parse_named_list();
    if (!items) return std::nullopt;
    StatsCommand stats{std::move(*items), {}};
    if (take_word("by")) {
      auto keys = parse_named_list();
      if (!keys) return std::nullopt;
      stats.keys = std::move(*keys);
    }
    return stats;
  }

  std::optional<SortCommand::Key> parse_sort_key() {
    auto value = parse_expression();
    if (!value) return std::nullopt;
    const bool descending = take_word("desc");
    if (!descending) take_word("asc");
    return SortCommand::Key{std::move(*value), descending};
  }

  std::optional<Command> parse_sort() {
    SortCommand sort;
    if (!parse_list(sort.keys, [this] { return parse_sort_key(); })) return std::nullopt;
    return sort;
  }

  std::optional<Command> parse_limit() {
    LimitCommand limit;
    limit.any = take_word("any");
    const std::string_view digits = current().source;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), limit.rows);
    if (current().kind != TokenKind::Number || error != std::errc() ||
        end != digits.data() + digits.size() || limit.rows < 1 || limit.rows > kRowsMax) {
      return refuse(fmt::format("limit takes a whole number from 1 to {}", kRowsMax));
    }
    advance();
    return limit;
  }

  std::optional<Command> parse_dedup() {
    DedupCommand dedup;
    if (!parse_list(dedup.keys, [this] { return parse_expression(); })) return std::nullopt;
    after_dedup_ = true;
    return dedup;
  }

  std::optional<Command> parse_parse() {
    ParseCommand parse;
    if (current().kind == TokenKind::Word) {
      parse.field = field_of(current());
      advance();
    }
    parse.is_regex = is_symbol("/");
    if (parse.is_regex) read_regex();
    if (current().kind != TokenKind::String) {
      return refuse("parse takes a field, then a pattern \"…*…\" or /…/");
    }
    parse.pattern = current().text;
    parse.pattern_where = {current().start, current().end};
    advance();
    if (parse.is_regex) return parse;
    if (!take_word("as")) return refuse("as and a name for each * must follow");
    if (!parse_list(parse.names, [this] { return parse_name(); })) return std::nullopt;
    std::size_t stars = 0;
    for (const char c : parse.pattern) stars += c == '*' ? 1U : 0U;
    if (stars != parse.names.size()) {
      return refuse_at(parse.pattern_where, fmt::format("the pattern has {} * but {} names follow",
                                                        stars, parse.names.size()));
    }
    return parse;
  }

  std::optional<Command> parse_unnest() {
    auto list = parse_expression();
    if (!list) return std::nullopt;
    if (!take_word("into")) return refuse("into and a name must follow");
    auto name = parse_name();
    if (!name) return std::nullopt;
    return UnnestCommand{std::move(*list), std::move(*name)};
  }

  bool after_dedup_ = false;
};

}  // namespace

std::string joined(const std::vector<std::string>& parts) {
  std::string name = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) name += '.' + parts[i];
  return name;
}

tl::expected<std::vector<Command>, QueryError> parse_query(std::string_view query) {
  if (count_utf8(query) > kQueryCharactersMax) {
    return tl::unexpected(
        QueryError{fmt::format("the query is longer than {} characters", kQueryCharactersMax), 0,
                   query.size()});
  }
  return QueryParser(query).parse();
}

}  // namespace dn::query::insights
