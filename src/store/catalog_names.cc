#include "store/catalog_names.h"

#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"
#include "store/json_escape.h"
#include "store/stable_hash.h"

namespace dn::store {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kCutMark = "%~";
constexpr std::size_t kHashDigits = 16;

bool stands_for_itself(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// A JSON string with its quotes.
std::optional<std::string> take_string(std::string_view& text) {
  std::string name;
  if (!take(text, "\"")) return {};
  while (!text.empty() && text[0] != '"') {
    if (text[0] == '\\') {
      if (!take_json_escape(text, name, LoneSurrogate::IsByte)) return {};
    } else {
      name += text[0];
      text.remove_prefix(1);
    }
  }
  if (!take(text, "\"")) return {};
  return name;
}

}  // namespace

std::string encode_directory_name(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    if (stands_for_itself(c) && !(c == '.' && encoded.empty())) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    encoded += {'%', kHex[byte >> 4U], kHex[byte & 0xfU]};
  }
  if (encoded.size() <= kDirectoryNameMax) return encoded;
  std::size_t keep = kDirectoryNameMax - kCutMark.size() - kHashDigits;
  for (const std::size_t back : {1U, 2U}) {
    if (encoded[keep - back] == '%') keep -= back;
  }
  return fmt::format("{}{}{:016x}", encoded.substr(0, keep), kCutMark, stable_hash(name));
}

std::optional<std::string> decode_directory_name(std::string_view directory) {
  std::string name;
  for (std::size_t i = 0; i < directory.size(); ++i) {
    if (directory[i] != '%') {
      name += directory[i];
      continue;
    }
    if (i + 2 >= directory.size()) return {};
    const std::size_t high = kHex.find(directory[i + 1]), low = kHex.find(directory[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    name += static_cast<char>(high << 4U | low);
    i += 2;
  }
  // One name, one directory: only what we would write ourselves is ours.
  if (name.empty() || name.size() > kNameBytesMax || encode_directory_name(name) != directory) {
    return {};
  }
  return name;
}

bool is_cut_directory_name(std::string_view directory) {
  return !directory.starts_with('.') && directory.size() > kCutMark.size() + kHashDigits &&
         directory.substr(directory.size() - kCutMark.size() - kHashDigits).starts_with(kCutMark);
}

std::string format_record(const CatalogRecord& record) {
  std::string text = "{\"name\":\"";
  append_json_escaped(text, record.name);
  text += fmt::format("\",\"created\":{}", record.created);
  if (record.retention_days) text += fmt::format(",\"retention_days\":{}", *record.retention_days);
  text += "}\n";
  return text;
}

std::optional<CatalogRecord> parse_record(std::string_view text) {
  CatalogRecord record;
  if (!take(text, "{\"name\":")) return {};
  auto name = take_string(text);
  if (!name || name->empty() || name->size() > kNameBytesMax) return {};
  record.name = *std::move(name);
  if (!take(text, ",\"created\":")) return {};
  const auto created = take_number<std::int64_t>(text);
  if (!created) return {};
  record.created = *created;
  if (take(text, ",\"retention_days\":")) {
    record.retention_days = take_number<int>(text);
    if (!record.retention_days || *record.retention_days < 1) return {};
  }
  if (text != "}\n") return {};
  return record;
}

std::uint64_t stream_id(std::string_view group, std::string_view stream) {
  return stable_hash(stream, stable_hash(group));
}

}  // namespace dn::store
