#include "store/log_line.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <iterator>

#include "records/log_event.h"
#include "store/json_escape.h"

namespace dn::store {
namespace {

constexpr std::string_view kPlainHead = "{\"time\":\"";
constexpr std::string_view kStamp = "{\"@timestamp\":";
constexpr std::string_view kIngestion = ",\"@ingestionTime\":";
constexpr std::string_view kMessage = ",\"@message\":\"";
constexpr std::string_view kEnd = "\"}";

// Digits of a fixed place; -1 when there is anything else.
int read_digits(const char* at, int count) {
  int number = 0;
  for (int i = 0; i < count; ++i) {
    const char c = at[i];
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

// A decimal number as we write it: no sign but '-', no leading zeros.
std::optional<std::int64_t> take_number(std::string_view& line) {
  std::int64_t number = 0;
  const char* const begin = line.data();
  const auto [end, error] = std::from_chars(begin, begin + line.size(), number);
  if (error != std::errc()) return {};
  const char* const digits = begin + (*begin == '-' ? 1 : 0);
  const auto length = static_cast<std::size_t>(end - begin);
  if (*digits == '0' && length > 1) return {};
  line.remove_prefix(length);
  return number;
}

bool take(std::string_view& line, std::string_view expected) {
  if (!line.starts_with(expected)) return false;
  line.remove_prefix(expected.size());
  return true;
}

// `line` becomes the escaped message.
std::optional<LineFacts> take_envelope(std::string_view& line) {
  if (!take(line, kStamp)) return {};
  const auto timestamp = take_number(line);
  if (!timestamp || !take(line, kIngestion)) return {};
  const auto ingestion = take_number(line);
  if (!ingestion || !take(line, kMessage) || !line.ends_with(kEnd)) return {};
  line.remove_suffix(kEnd.size());
  return LineFacts{*timestamp, *ingestion, false};
}

bool is_plain_at(std::string_view message, std::int64_t timestamp) {
  if (!message.starts_with(kPlainHead) || message.size() <= kPlainHead.size() + kLogTimeBytes ||
      message[kPlainHead.size() + kLogTimeBytes] != '"') {
    return false;
  }
  return parse_log_time(message.substr(kPlainHead.size(), kLogTimeBytes)) == timestamp &&
         message.find('\n') == std::string_view::npos;
}

}  // namespace

std::optional<std::int64_t> parse_log_time(std::string_view text) {
  if (text.size() != kLogTimeBytes) return {};
  const char* const at = text.data();
  if (at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':' ||
      at[19] != '.' || at[23] != 'Z') {
    return {};
  }
  const int year = read_digits(at, 4), month = read_digits(at + 5, 2), day = read_digits(at + 8, 2);
  const int hour = read_digits(at + 11, 2), minute = read_digits(at + 14, 2);
  const int second = read_digits(at + 17, 2), ms = read_digits(at + 20, 3);
  if (year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59 || ms < 0) {
    return {};
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1000 + ms;
}

std::optional<LineFacts> read_line_facts(std::string_view line) {
  if (line.starts_with(kPlainHead)) {
    const std::size_t end = kPlainHead.size() + kLogTimeBytes;
    if (line.size() <= end || line[end] != '"') return {};
    const auto time = parse_log_time(line.substr(kPlainHead.size(), kLogTimeBytes));
    if (!time) return {};
    return LineFacts{*time, *time, true};
  }
  return take_envelope(line);
}

std::optional<std::string_view> envelope_message(std::string_view line, std::string& scratch) {
  if (!take_envelope(line)) return {};
  if (line.find('"') == std::string_view::npos && line.find('\\') == std::string_view::npos) {
    return line;
  }
  scratch.clear();
  scratch.reserve(line.size() + records::kMessagePadding);
  while (!line.empty()) {
    std::size_t run = 0;
    while (run < line.size() && line[run] != '"' && line[run] != '\\') ++run;
    scratch += line.substr(0, run);
    line.remove_prefix(run);
    if (line.empty()) break;
    if (line[0] == '"' || !take_json_escape(line, scratch, LoneSurrogate::IsByte)) return {};
  }
  const std::size_t size = scratch.size();
  scratch.append(records::kMessagePadding, '\0');
  return std::string_view(scratch).substr(0, size);
}

void append_line(std::string& out, std::int64_t timestamp, std::int64_t ingestion,
                 std::string_view message) {
  if (is_plain_at(message, timestamp)) {
    out += message;
  } else {
    fmt::format_to(std::back_inserter(out), "{}{}{}{}{}", kStamp, timestamp, kIngestion, ingestion,
                   kMessage);
    append_json_escaped(out, message);
    out += kEnd;
  }
  out += '\n';
}

}  // namespace dn::store
