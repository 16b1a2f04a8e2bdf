#include "cli/time_argument.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "config/field_text.h"
#include "records/json_text.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kForms =
    "write a duration (\"2h\", \"30m\", \"7d\"), a day (\"2026-11-22\") or a time "
    "(\"2026-11-22T03:15:00Z\")";

// Takes exactly `digits` digits, at most four, off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return {};
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (!is_digit(c)) return {};
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || !any_of.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Date> take_day(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return {};
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return {};
  const auto day = take_number(text, 2);
  if (!day) return {};
  const Date date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                  std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970) return {};
  return date;
}

// ".5", ".123456": as far as milliseconds.
std::optional<std::chrono::milliseconds> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0ms;
  if (text.empty() || !is_digit(text.front())) return {};
  int value = 0;
  int unit = 100;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    value += (text.front() - '0') * unit;
    unit /= 10;
  }
  return std::chrono::milliseconds(value);
}

std::optional<std::chrono::milliseconds> take_time_of_day(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return {};
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return {};
  std::chrono::milliseconds time = *hour * 1h + *minute * 1min;
  if (!take(text, ":")) return time;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return {};  // RFC 3339 knows leap seconds
  const auto fraction = take_fraction(text);
  if (!fraction) return {};
  return time + *second * 1s + *fraction;
}

// What local time is ahead of UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0min;
  const bool west = text.starts_with('-');
  if (!take(text, "+-")) return {};
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return {};
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return {};
  const std::chrono::minutes offset = *hours * 1h + *minutes * 1min;
  return west ? -offset : offset;
}

}  // namespace

std::optional<Date> parse_day(std::string_view text) {
  const auto day = take_day(text);
  return text.empty() ? day : std::nullopt;
}

Result<TimeArgument> TimeArgument::parse(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return fail(fmt::format("{}: {}", config::quoted(text), what));
  };
  TimeArgument argument;
  if (const auto ago = config::parse_duration(text)) {
    argument.ago_ = *ago;
    return argument;
  }
  std::string_view rest = text;
  const auto day = take_day(rest);
  if (!day) return wrong(kForms);
  argument.kind_ = Kind::Day;
  argument.moment_ = std::chrono::sys_days{*day};
  if (rest.empty()) return argument;
  argument.kind_ = Kind::Moment;
  if (!take(rest, "Tt ")) return wrong(kForms);
  const auto time = take_time_of_day(rest);
  if (!time) return wrong(kForms);
  if (rest.empty()) {
    return wrong("a time without its zone; write \"Z\" (UTC) or an offset (\"+01:00\") behind it");
  }
  const auto offset = take_offset(rest);
  if (!offset || !rest.empty()) return wrong(kForms);
  argument.moment_ += *time - *offset;
  return argument;
}

WallTime TimeArgument::as_begin(WallTime now) const {
  return kind_ == Kind::Ago ? now - ago_ : moment_;
}

WallTime TimeArgument::as_end(WallTime now) const {
  return kind_ == Kind::Day ? moment_ + 24h - 1ms : as_begin(now);
}

Result<ResolvedSpan> resolve_span(const TimeSpan& span, std::chrono::seconds ago, WallTime now) {
  ResolvedSpan resolved;
  resolved.to = span.until ? span.until->as_end(now) : now;
  resolved.from = span.since ? span.since->as_begin(now) : resolved.to - ago;
  // The API knows no time before 1970.
  resolved.from = std::max(resolved.from, WallTime{});
  if (resolved.from > resolved.to) {
    return fail(fmt::format("--since ({}) is later than {} ({}); write the earlier one first",
                            records::format_time(resolved.from), span.until ? "--until" : "now",
                            records::format_time(resolved.to)));
  }
  return resolved;
}

}  // namespace dn::cli
