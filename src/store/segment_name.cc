#include "store/segment_name.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <system_error>

namespace dn::store {
namespace {

constexpr std::string_view kSuffix = ".jsonl";
constexpr std::string_view kCompressedSuffix = ".zst";
constexpr std::string_view kPartialPrefix = ".", kPartialSuffix = ".zst.partial";
constexpr std::size_t kTimeBytes = 20;  // 20261122T031500.123Z
constexpr std::size_t kNumberDigitsMin = 6;
constexpr std::size_t kNumberDigitsMax = 18;

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string format_segment_name(SegmentName name) {
  const auto day = std::chrono::floor<std::chrono::days>(name.begun);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{name.begun - day};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z-{:06}{}",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count(),
                     name.number, kSuffix);
}

std::optional<SegmentName> parse_segment_name(std::string_view text) {
  std::string_view name = text;
  if (!name.ends_with(kSuffix)) return {};
  name.remove_suffix(kSuffix.size());
  if (name.size() < kTimeBytes + 1 + kNumberDigitsMin ||
      name.size() > kTimeBytes + 1 + kNumberDigitsMax) {
    return {};
  }
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  SegmentName parsed;
  const bool numbers =
      read_number(name.substr(0, 4), year) && read_number(name.substr(4, 2), month) &&
      read_number(name.substr(6, 2), day) && read_number(name.substr(9, 2), hour) &&
      read_number(name.substr(11, 2), minute) && read_number(name.substr(13, 2), second) &&
      read_number(name.substr(16, 3), ms) && read_number(name.substr(21), parsed.number);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!numbers || year < 0 || !date.ok()) return {};
  parsed.begun = std::chrono::sys_days{date} + std::chrono::hours(hour) +
                 std::chrono::minutes(minute) + std::chrono::seconds(second) +
                 std::chrono::milliseconds(ms);
  // Separators, signs and leading zeros: only what we would write ourselves is ours.
  if (format_segment_name(parsed) != text) return {};
  return parsed;
}

std::optional<SegmentFile> parse_segment_file(std::string_view text) {
  SegmentForm form = SegmentForm::Raw;
  if (text.starts_with(kPartialPrefix) && text.ends_with(kPartialSuffix)) {
    form = SegmentForm::Partial;
    text.remove_prefix(kPartialPrefix.size());
    text.remove_suffix(kPartialSuffix.size());
  } else if (text.ends_with(kCompressedSuffix)) {
    form = SegmentForm::Compressed;
    text.remove_suffix(kCompressedSuffix.size());
  }
  const auto name = parse_segment_name(text);
  if (!name) return {};
  return SegmentFile{*name, form};
}

std::string format_segment_file(SegmentFile file) {
  const std::string raw = format_segment_name(file.name);
  switch (file.form) {
    case SegmentForm::Raw: return raw;
    case SegmentForm::Compressed: return fmt::format("{}{}", raw, kCompressedSuffix);
    case SegmentForm::Partial: return fmt::format("{}{}{}", kPartialPrefix, raw, kPartialSuffix);
  }
  return raw;
}

}  // namespace dn::store
