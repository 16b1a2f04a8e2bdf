#include "logs/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dn::logs {
namespace {

using records::EventKey;
__extension__ using Wide = unsigned __int128;

// Times are written behind a bias, so that those before 1970 keep their order.
constexpr std::int64_t kTimeBias = 10'000'000'000'000'000;
constexpr std::size_t kTimeDigits = 17, kPlaceDigits = 39;
constexpr unsigned kOffsetBits = 36, kSegmentBits = 28;
constexpr std::uint64_t kOffsetMax = (1ULL << kOffsetBits) - 1;
constexpr std::uint64_t kSegmentMax = (1ULL << kSegmentBits) - 1;
constexpr std::size_t kNumberDigits = 16;  // hexadecimal, of 64 bits

std::string format_hex(std::uint64_t number) {
  return fmt::format("{:016x}", number);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t number = 0;
  if (text.size() != kNumberDigits ||
      text.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return {};
  }
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

// FNV-1a, then the last step of MurmurHash3, so that each bit of the input reaches each digit.
std::uint64_t check_sum(std::string_view request, std::string_view place) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const std::string_view part : {request, std::string_view("\0", 1), place}) {
    for (const char c : part) {
      sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }
  sum = (sum ^ (sum >> 33U)) * 0xff51afd7ed558ccd;
  sum = (sum ^ (sum >> 33U)) * 0xc4ceb9fe1a85ec53;
  return sum ^ (sum >> 33U);
}

// Signed numbers in the order of their digits.
constexpr std::uint64_t kSignBit = 1ULL << 63U;

}  // namespace

std::string format_event_id(const EventKey& key) {
  const std::int64_t time = std::clamp(key.timestamp, -kTimeBias, 8 * kTimeBias) + kTimeBias;
  const Wide place = Wide{key.stream} << 64U |
                     Wide{std::min(key.segment, kSegmentMax)} << kOffsetBits |
                     Wide{std::min(key.offset, kOffsetMax)};
  return fmt::format("{:017}{:039}", time, place);
}

std::optional<EventKey> parse_event_id(std::string_view text) {
  if (text.size() != kTimeDigits + kPlaceDigits ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return {};
  }
  EventKey key;
  std::from_chars(text.begin(), text.begin() + kTimeDigits, key.timestamp);
  key.timestamp -= kTimeBias;
  Wide place = 0;
  for (const char c : text.substr(kTimeDigits)) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (place > (~Wide{0} - digit) / 10) return {};
    place = place * 10 + digit;
  }
  key.stream = static_cast<std::uint64_t>(place >> 64U);
  key.segment = static_cast<std::uint64_t>(place >> kOffsetBits) & kSegmentMax;
  key.offset = static_cast<std::uint64_t>(place) & kOffsetMax;
  return key;
}

EventKey behind(EventKey key) {
  ++key.offset;
  return key;
}

std::string format_page_token(std::string_view request, std::string_view place) {
  return format_hex(check_sum(request, place)) + std::string(place);
}

std::optional<std::string> parse_page_token(std::string_view request, std::string_view token) {
  const auto sum = parse_hex(token.substr(0, kNumberDigits));
  if (!sum || check_sum(request, token.substr(kNumberDigits)) != *sum) return {};
  return std::string(token.substr(kNumberDigits));
}

std::string format_key(const EventKey& key) {
  return format_hex(static_cast<std::uint64_t>(key.timestamp) ^ kSignBit) + format_hex(key.stream) +
         format_hex(key.segment) + format_hex(key.offset);
}

std::optional<EventKey> parse_key(std::string_view text) {
  if (text.size() != kKeyDigits) return {};
  const auto time = parse_hex(text.substr(0, kNumberDigits));
  const auto stream = parse_hex(text.substr(kNumberDigits, kNumberDigits));
  const auto segment = parse_hex(text.substr(2 * kNumberDigits, kNumberDigits));
  const auto offset = parse_hex(text.substr(3 * kNumberDigits));
  if (!time || !stream || !segment || !offset) return {};
  return EventKey{static_cast<std::int64_t>(*time ^ kSignBit), *stream, *segment, *offset};
}

// A pointer is a token of a request that is the same for all.
constexpr std::string_view kPointerRequest = "GetLogRecord";

std::string format_record_pointer(std::string_view group, const EventKey& key) {
  return format_page_token(kPointerRequest, format_key(key) + std::string(group));
}

std::optional<RecordPlace> parse_record_pointer(std::string_view text) {
  const auto place = parse_page_token(kPointerRequest, text);
  if (!place || place->size() < kKeyDigits) return {};
  const auto key = parse_key(std::string_view(*place).substr(0, kKeyDigits));
  if (!key) return {};
  return RecordPlace{place->substr(kKeyDigits), *key};
}

}  // namespace dn::logs
