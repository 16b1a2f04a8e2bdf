#include "records/testing/json_reader.h"

namespace dn::records::testing {
namespace {

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | code >> 6U);
    out += static_cast<char>(0x80U | (code & 0x3fU));
  } else {
    out += static_cast<char>(0xe0U | code >> 12U);
    out += static_cast<char>(0x80U | (code >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (code & 0x3fU));
  }
}

// Bytes of a multi-byte character by Table 3-7 of the Unicode standard; 0 when ill-formed.
std::size_t utf8_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = at(0);
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return 0;
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at(1) < least || at(1) > most) return 0;
  for (std::size_t i = 2; i < bytes; ++i) {
    if (at(i) < 0x80 || at(i) > 0xbf) return 0;
  }
  return bytes;
}

struct Reader {
  std::string_view rest;

  bool take(std::string_view token) {
    if (!rest.starts_with(token)) return false;
    rest.remove_prefix(token.size());
    return true;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (rest.empty()) return false;
    const char letter = rest.front();
    rest.remove_prefix(1);
    if (const std::size_t i = kLetters.find(letter); i != std::string_view::npos) {
      out += kMeanings[i];
      return true;
    }
    if (letter != 'u' || rest.size() < 4) return false;
    unsigned code = 0;
    for (const char c : rest.substr(0, 4)) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos) return false;
      code = code * 16 + static_cast<unsigned>(digit);
    }
    if (code >= 0xd800 && code <= 0xdfff) return false;  // the writer has no use for surrogates
    rest.remove_prefix(4);
    append_utf8(out, code);
    return true;
  }

  bool string(std::string& out) {
    if (!take("\"")) return false;
    while (!rest.empty()) {
      if (take("\"")) return true;
      if (take("\\")) {
        if (!escape(out)) return false;
        continue;
      }
      const auto byte = static_cast<unsigned char>(rest.front());
      if (byte < 0x20 || byte == 0x7f) return false;
      const std::size_t bytes = byte < 0x80 ? 1 : utf8_bytes(rest);
      if (bytes == 0) return false;
      out += rest.substr(0, bytes);
      rest.remove_prefix(bytes);
    }
    return false;
  }

  bool value(JsonField& field) {
    if (rest.starts_with('"')) {
      field.type = 's';
      return string(field.value);
    }
    for (const std::string_view word : {"true", "false"}) {
      if (!take(word)) continue;
      field.type = 'b';
      field.value = word;
      return true;
    }
    field.type = 'n';
    if (take("-")) field.value = "-";
    const std::size_t digits = rest.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return false;
    if (digits > 1 && rest.front() == '0') return false;
    field.value += rest.substr(0, digits);
    rest.remove_prefix(digits);
    return true;
  }
};

}  // namespace

std::optional<JsonFields> read_json_line(std::string_view line) {
  Reader reader{line};
  JsonFields fields;
  if (!reader.take("{")) return {};
  do {
    JsonField& field = fields.emplace_back();
    if (!reader.string(field.name) || !reader.take(":") || !reader.value(field)) return {};
  } while (reader.take(","));
  if (reader.rest != "}\n") return {};
  return fields;
}

std::optional<std::string> read_json_text(std::string_view text) {
  Reader reader{text};
  std::string out;
  if (!reader.string(out) || !reader.rest.empty()) return {};
  return out;
}

std::optional<std::string> value_of(const JsonFields& fields, std::string_view name) {
  for (const JsonField& field : fields) {
    if (field.name == name) return field.value;
  }
  return {};
}

}  // namespace dn::records::testing
