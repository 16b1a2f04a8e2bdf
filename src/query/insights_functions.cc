#include "query/insights_functions.h"

#include <array>
#include <cmath>
#include <vector>

#include "base/ascii.h"
#include "query/insights_address.h"
#include "query/insights_lexer.h"
#include "query/insights_structure.h"

namespace dn::query::insights {
namespace {

using Arguments = std::span<const Value>;

template <class Calculation>
Value on_number(Arguments arguments, Calculation calculate) {
  const auto number = number_of(arguments[0]);
  return number ? Value::of_number(calculate(*number)) : Value{};
}

Value absolute(Evaluation&, const Node&, Arguments arguments) {
  return on_number(arguments, [](double x) { return std::fabs(x); });
}
Value ceiling(Evaluation&, const Node&, Arguments arguments) {
  return on_number(arguments, [](double x) { return std::ceil(x); });
}
Value floor_of(Evaluation&, const Node&, Arguments arguments) {
  return on_number(arguments, [](double x) { return std::floor(x); });
}
Value logarithm(Evaluation&, const Node&, Arguments arguments) {
  return on_number(arguments, [](double x) { return std::log(x); });
}
Value square_root(Evaluation&, const Node&, Arguments arguments) {
  return on_number(arguments, [](double x) { return std::sqrt(x); });
}
Value to_number(Evaluation&, const Node&, Arguments arguments) {
  return on_number(arguments, [](double x) { return x; });
}
Value rounded(Evaluation&, const Node&, Arguments arguments) {
  const auto digits = arguments.size() > 1 ? number_of(arguments[1]) : 0.;
  if (!digits) return {};
  const double scale = std::pow(10., std::trunc(*digits));
  return on_number(arguments, [scale](double x) { return std::round(x * scale) / scale; });
}

// The greatest or least of the arguments that count as numbers.
Value extreme(Arguments arguments, bool greatest) {
  Value best;
  for (const Value& argument : arguments) {
    const auto number = number_of(argument);
    if (!number) continue;
    if (best.is_absent() || (greatest ? *number > best.number : *number < best.number)) {
      best = with_number(argument);
      if (best.kind == Kind::Time) best = Value::of_number(*number);
    }
  }
  return best;
}
Value greatest(Evaluation&, const Node&, Arguments arguments) {
  return extreme(arguments, true);
}
Value least(Evaluation&, const Node&, Arguments arguments) {
  return extreme(arguments, false);
}

Value is_present(Evaluation&, const Node&, Arguments arguments) {
  return Value::of_bool(!arguments[0].is_absent());
}
Value coalesce(Evaluation&, const Node&, Arguments arguments) {
  for (const Value& argument : arguments) {
    if (!argument.is_absent()) return argument;
  }
  return {};
}
// if(condition, then[, otherwise]) and case(condition, value, …[, otherwise]).
Value choose(Evaluation&, const Node&, Arguments arguments) {
  for (; arguments.size() > 1; arguments = arguments.subspan(2)) {
    if (is_true(arguments[0])) return arguments[1];
  }
  return arguments.empty() ? Value{} : arguments[0];
}

constexpr std::array kNumberFunctions = {
    Function{"abs", 1, 1, false, absolute},
    Function{"ceil", 1, 1, false, ceiling},
    Function{"floor", 1, 1, false, floor_of},
    Function{"greatest", 1, kAnyNumber, false, greatest},
    Function{"least", 1, kAnyNumber, false, least},
    Function{"log", 1, 1, false, logarithm},
    Function{"round", 1, 2, false, rounded},
    Function{"sqrt", 1, 1, false, square_root},
    Function{"toNumber", 1, 1, false, to_number},
    Function{"ispresent", 1, 1, false, is_present},
    Function{"coalesce", 1, kAnyNumber, false, coalesce},
    Function{"if", 2, 3, false, choose},
    Function{"case", 2, kAnyNumber, false, choose},
};

// -- time ---------------------------------------------------------------------------------------

Value as_time(std::optional<double> milliseconds) {
  return milliseconds ? Value::of_time(*milliseconds) : Value{};
}
Value date_floor(Evaluation&, const Node& call, Arguments arguments) {
  const auto time = number_of(arguments[0]);
  return time ? as_time(floor_time(*time, call.period)) : Value{};
}
Value date_ceil(Evaluation&, const Node& call, Arguments arguments) {
  const auto time = number_of(arguments[0]);
  return time ? as_time(ceil_time(*time, call.period)) : Value{};
}
Value from_millis(Evaluation&, const Node&, Arguments arguments) {
  return as_time(number_of(arguments[0]));
}
Value now(Evaluation& given, const Node&, Arguments) {
  return Value::of_number(std::floor(static_cast<double>(given.now) / 1000));
}

constexpr std::array kTimeFunctions = {
    // The compiler of the query gives it @timestamp as its argument.
    Function{"bin", 0, 0, true, date_floor},      Function{"datefloor", 1, 1, true, date_floor},
    Function{"dateceil", 1, 1, true, date_ceil},  Function{"fromMillis", 1, 1, false, from_millis},
    Function{"toMillis", 1, 1, false, to_number}, Function{"now", 0, 0, false, now},
};

// -- addresses ----------------------------------------------------------------------------------

std::optional<IpAddress> address_of(const Value& value) {
  return value.kind == Kind::Text ? parse_ip(value.text) : std::nullopt;
}
Value is_valid(Arguments arguments, bool v4, bool v6) {
  const auto address = address_of(arguments[0]);
  return Value::of_bool(address && (address->is_v6 ? v6 : v4));
}
Value is_valid_ip(Evaluation&, const Node&, Arguments arguments) {
  return is_valid(arguments, true, true);
}
Value is_valid_v4(Evaluation&, const Node&, Arguments arguments) {
  return is_valid(arguments, true, false);
}
Value is_valid_v6(Evaluation&, const Node&, Arguments arguments) {
  return is_valid(arguments, false, true);
}
Value is_in_subnet(Arguments arguments, bool v4, bool v6) {
  const auto address = address_of(arguments[0]);
  if (!address || !(address->is_v6 ? v6 : v4) || arguments[1].kind != Kind::Text) {
    return Value::of_bool(false);
  }
  const auto subnet = parse_subnet(arguments[1].text);
  return Value::of_bool(subnet && subnet->contains(*address));
}
Value is_ip_in_subnet(Evaluation&, const Node&, Arguments arguments) {
  return is_in_subnet(arguments, true, true);
}
Value is_v4_in_subnet(Evaluation&, const Node&, Arguments arguments) {
  return is_in_subnet(arguments, true, false);
}
Value is_v6_in_subnet(Evaluation&, const Node&, Arguments arguments) {
  return is_in_subnet(arguments, false, true);
}
Value is_private_ip(Evaluation&, const Node&, Arguments arguments) {
  const auto address = address_of(arguments[0]);
  return Value::of_bool(address && is_private(*address));
}
Value v4_to_number(Evaluation&, const Node&, Arguments arguments) {
  const auto address = address_of(arguments[0]);
  if (!address || address->is_v6) return {};
  double number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number * 256 + address->bytes[i];
  return Value::of_number(number);
}

constexpr std::array kAddressFunctions = {
    Function{"isValidIp", 1, 1, false, is_valid_ip},
    Function{"isValidIpV4", 1, 1, false, is_valid_v4},
    Function{"isValidIpV6", 1, 1, false, is_valid_v6},
    Function{"isIpInSubnet", 2, 2, false, is_ip_in_subnet},
    Function{"isIpv4InSubnet", 2, 2, false, is_v4_in_subnet},
    Function{"isIpv6InSubnet", 2, 2, false, is_v6_in_subnet},
    Function{"isPrivateIP", 1, 1, false, is_private_ip},
    Function{"ipv4ToNumber", 1, 1, false, v4_to_number},
};

// -- lists and maps -----------------------------------------------------------------------------

Value json_parse(Evaluation& given, const Node&, Arguments arguments) {
  if (arguments[0].kind != Kind::Text) return {};
  return parse_structure(given.json, arguments[0].text, given.arena);
}
Value json_stringify(Evaluation& given, const Node&, Arguments arguments) {
  return to_json_text(arguments[0], given.arena);
}

constexpr std::array kStructureFunctions = {
    Function{"jsonParse", 1, 1, false, json_parse},
    Function{"jsonStringify", 1, 1, false, json_stringify},
};

}  // namespace

std::span<const Function> all_functions() {
  static const std::vector<Function> all = [] {
    std::vector<Function> functions;
    for (const std::span<const Function> group :
         {std::span<const Function>(kNumberFunctions), text_functions(),
          std::span<const Function>(kTimeFunctions), std::span<const Function>(kAddressFunctions),
          std::span<const Function>(kStructureFunctions)}) {
      functions.insert(functions.end(), group.begin(), group.end());
    }
    return functions;
  }();
  return all;
}

const Function* find_function(std::string_view name) {
  for (const Function& function : all_functions()) {
    if (equal_ignoring_case(function.name, name)) return &function;
  }
  return nullptr;
}

}  // namespace dn::query::insights
