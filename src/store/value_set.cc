#include "store/value_set.h"

#include <algorithm>
#include <bit>

#include "store/json_escape.h"
#include "store/log_line.h"
#include "store/stable_hash.h"

namespace dn::store {
namespace {

constexpr std::size_t kSlotsMin = 4096;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

bool begins_like_json(std::string_view message) {
  if (message.starts_with("\xEF\xBB\xBF")) message.remove_prefix(3);
  const std::size_t first = skip_blanks(message, 0);
  return first < message.size() &&
         (message[first] == '{' || message[first] == '[' || message[first] == '"');
}

// The first quote or backslash from `at` on, or the end; eight bytes at a time.
std::size_t find_special(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  constexpr std::uint64_t kQuotes = kOnes * '"', kBackslashes = kOnes * '\\';
  // The lowest high bit that is set marks the first zero byte.
  const auto zeros = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighs; };
  for (; at + 8 <= text.size(); at += 8) {
    const std::uint64_t word = load_little_endian(text.data() + at, 8);
    const std::uint64_t found = zeros(word ^ kQuotes) | zeros(word ^ kBackslashes);
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

// False when an escape is not one, or may be read in more than one way.
bool unescape(std::string_view text, std::string& out) {
  out.clear();
  while (!text.empty()) {
    const std::size_t run = std::min(text.find('\\'), text.size());
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (!text.empty() && !take_json_escape(text, out, LoneSurrogate::Refused)) return false;
  }
  return true;
}

}  // namespace

bool may_be_indexed(std::string_view value) {
  return value.size() <= kIndexedValueBytesMax &&
         (value.size() != kLogTimeBytes || !parse_log_time(value));
}

std::uint64_t value_hash(std::string_view value) {
  return stable_hash(value);
}

void ValueSet::clear() {
  hashes_.clear();
  std::ranges::fill(slots_, 0);
  complete_ = true;
}

void ValueSet::add_message(std::string_view message) {
  if (!begins_like_json(message)) return;
  std::size_t at = message.find('"');
  while (at != std::string_view::npos) {
    const std::size_t begin = ++at;
    bool escaped = false;
    for (at = find_special(message, at); at < message.size() && message[at] == '\\';
         at = find_special(message, at + 2)) {
      escaped = true;
    }
    if (at >= message.size()) return;  // unfinished: nobody reads it as a value
    const std::string_view text = message.substr(begin, at - begin);
    at = skip_blanks(message, at + 1);
    const bool is_name = at < message.size() && message[at] == ':';
    if (is_name) {
      // Not a value.
    } else if (!escaped) {
      add(text);
    } else if (text.size() > 6 * kIndexedValueBytesMax) {
      // Too long whatever the escapes stand for.
    } else if (unescape(text, scratch_)) {
      add(scratch_);
    } else {
      complete_ = false;
    }
    at = message.find('"', at);
  }
}

void ValueSet::add(std::string_view value) {
  if (may_be_indexed(value)) insert(value_hash(value));
}

void ValueSet::insert(std::uint64_t hash) {
  if (2 * hashes_.size() >= slots_.size()) grow();
  if (hash == 0) hash = 1;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != 0 && slots_[slot] != hash) slot = (slot + 1) & mask;
  if (slots_[slot] == hash) return;
  if (hashes_.size() >= kValuesPerBlockMax) {
    complete_ = false;
    return;
  }
  slots_[slot] = hash;
  hashes_.push_back(hash);
}

void ValueSet::grow() {
  slots_.assign(std::max(kSlotsMin, 2 * slots_.size()), 0);
  const std::size_t mask = slots_.size() - 1;
  for (const std::uint64_t hash : hashes_) {
    std::size_t slot = hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = hash;
  }
}

}  // namespace dn::store
