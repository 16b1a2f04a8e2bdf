#include "query/insights_keys.h"

#include <algorithm>
#include <cstring>

#include "records/log_event.h"

namespace dn::query::insights {
namespace {

__extension__ using Unsigned128 = unsigned __int128;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Unsigned128 product = static_cast<Unsigned128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t read_word(const char* at, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, size);
  return word;
}

constexpr std::uint64_t kOddA = 0x9E3779B97F4A7C15ULL, kOddB = 0xD6E8FEB86659FD93ULL,
                        kOddC = 0xA0761D6478BD642FULL;

enum class Tag : char { Absent, Text, Time, Json };

}  // namespace

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t state = seed ^ mix(text.size() ^ kOddA, kOddC ^ seed);
  const char* at = text.data();
  std::size_t rest = text.size();
  for (; rest > 16; at += 16, rest -= 16) {
    state = mix(read_word(at, 8) ^ kOddA ^ seed, read_word(at + 8, 8) ^ state);
  }
  std::uint64_t a = 0, b = 0;
  if (rest >= 8) {
    a = read_word(at, 8);
    b = read_word(at + rest - 8, 8);
  } else if (rest > 0) {
    a = read_word(at, rest);
  }
  return mix(kOddB ^ text.size(), mix(a ^ kOddA ^ seed, b ^ state));
}

std::pair<std::uint32_t, bool> KeyTable::find_or_add(std::string_view text) {
  if (entries_.size() * 4 >= places_.size() * 3) grow();
  const std::uint64_t hash = hash_of(text, seed_);
  const std::size_t mask = places_.size() - 1;
  std::size_t at = hash & mask;
  for (; places_[at] != kFree; at = (at + 1) & mask) {
    const Entry& entry = entries_[places_[at]];
    if (entry.hash == hash && entry.size == text.size() &&
        std::equal(text.begin(), text.end(), entry.text)) {
      return {places_[at], false};
    }
  }
  const auto number = static_cast<std::uint32_t>(entries_.size());
  places_[at] = number;
  entries_.push_back({hash, keep(text), text.size()});
  return {number, true};
}

void KeyTable::grow() {
  constexpr std::size_t kFirst = 16;
  const std::size_t size = std::max(kFirst, places_.size() * 2);
  places_.assign(size, kFree);
  for (std::uint32_t number = 0; number < entries_.size(); ++number) {
    std::size_t at = entries_[number].hash & (size - 1);
    while (places_[at] != kFree) at = (at + 1) & (size - 1);
    places_[at] = number;
  }
}

// Blocks double up to a bound, so that many small tables are as cheap as a large one. Texts are
// followed by readable bytes: a list or map is read again from here.
const char* KeyTable::keep(std::string_view text) {
  constexpr std::size_t kBlockMax = 1UL << 18U;
  if (text.size() + records::kMessagePadding > room_) {
    room_ = std::max(next_block_, text.size() + records::kMessagePadding);
    next_block_ = std::min(next_block_ * 2, kBlockMax);
    blocks_.push_back(std::make_unique<char[]>(room_));
    at_ = blocks_.back().get();
    block_bytes_ += room_;
  }
  char* const kept = at_;
  std::ranges::copy(text, kept);
  at_ += text.size();
  room_ -= text.size();
  return kept;
}

void KeyTable::clear() {
  entries_.clear();
  places_.clear();
  blocks_.clear();
  room_ = block_bytes_ = 0;
  next_block_ = 256;
}

void append_key(std::string& key, const Value& value) {
  if (value.kind == Kind::Time) {
    key.push_back(static_cast<char>(Tag::Time));
    const double milliseconds = value.number + 0.0;  // -0 and 0 are one
    key.append(reinterpret_cast<const char*>(&milliseconds), sizeof milliseconds);
    return;
  }
  if (value.is_absent()) {
    key.push_back(static_cast<char>(Tag::Absent));
    return;
  }
  ShortText room;
  const std::string_view text = shown(value, room);
  const auto size = static_cast<std::uint32_t>(text.size());
  key.push_back(static_cast<char>(value.kind == Kind::Json ? Tag::Json : Tag::Text));
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(text);
}

void read_key(std::string_view key, std::span<Value> into) {
  for (Value& value : into) {
    const auto tag = static_cast<Tag>(key.front());
    key.remove_prefix(1);
    if (tag == Tag::Absent) {
      value = {};
    } else if (tag == Tag::Time) {
      double milliseconds = 0;
      std::memcpy(&milliseconds, key.data(), sizeof milliseconds);
      key.remove_prefix(sizeof milliseconds);
      value = Value::of_time(milliseconds);
    } else {
      std::uint32_t size = 0;
      std::memcpy(&size, key.data(), sizeof size);
      key.remove_prefix(sizeof size);
      const std::string_view text = key.substr(0, size);
      value = tag == Tag::Json ? Value::of_json(text) : Value::of_text(text);
      key.remove_prefix(size);
    }
  }
}

}  // namespace dn::query::insights
