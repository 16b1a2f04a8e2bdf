#include "query/testing/plain_json.h"

#include <cctype>

#include "query/insights_limits.h"

namespace dn::query::testing {
namespace {

std::size_t utf8_size(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (at(1) < least || at(1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (at(i) < 0x80 || at(i) > 0xbf) return 0;
  }
  return size;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<PlainFields> read() {
    blanks();
    if (!rest_.starts_with('{') || !value("", 0)) return std::nullopt;
    blanks();
    if (!rest_.empty()) return std::nullopt;
    return std::move(fields_);
  }
  std::set<std::string> strings;

 private:
  void blanks() {
    while (!rest_.empty() && std::string_view(" \t\r\n").contains(rest_.front())) take();
  }
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void found(const std::string& name, const std::string& shown) {
    const std::string full = (name.starts_with('@') ? "@" : "") + name;
    for (auto& [known, value] : fields_) {
      if (known != full) continue;
      value = shown;
      return;
    }
    fields_.emplace_back(full, shown);
  }

  bool value(const std::string& name, std::size_t depth) {
    blanks();
    if (rest_.empty()) return false;
    if (rest_.front() == '{' || rest_.front() == '[') return container(name, depth);
    if (rest_.front() == '"') {
      std::string text;
      if (!string(text)) return false;
      strings.insert(text);
      found(name, text);
      return true;
    }
    if (take("null")) return true;
    if (take("true")) {
      found(name, "1");
      return true;
    }
    if (take("false")) {
      found(name, "0");
      return true;
    }
    return number(name);
  }

  bool container(const std::string& name, std::size_t depth) {
    if (depth == insights::kJsonDepthMax) return false;
    const bool map = take() == '{';
    const char end = map ? '}' : ']';
    const std::string prefix = depth == 0 ? "" : name + ".";
    blanks();
    if (!rest_.empty() && rest_.front() == end) {
      take();
      return true;
    }
    for (std::size_t item = 0;; ++item) {
      std::string key = std::to_string(item);
      if (map) {
        key.clear();
        blanks();
        if (!string(key)) return false;
        blanks();
        if (!take(":")) return false;
      }
      if (!value(prefix + key, depth + 1)) return false;
      blanks();
      if (rest_.empty()) return false;
      const char c = take();
      if (c == end) return true;
      if (c != ',') return false;
    }
  }

  bool digits() {
    std::size_t count = 0;
    while (!rest_.empty() && std::isdigit(static_cast<unsigned char>(rest_.front())) != 0) {
      take();
      ++count;
    }
    return count > 0;
  }

  bool number(const std::string& name) {
    const std::string_view start = rest_;
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (take("e") || take("E")) {
      if (!take("+")) take("-");
      if (!digits()) return false;
    }
    found(name, std::string(start.substr(0, start.size() - rest_.size())));
    return true;
  }

  std::optional<unsigned> hex4() {
    if (rest_.size() < 4) return std::nullopt;
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = take();
      if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
      const unsigned digit = c <= '9'   ? static_cast<unsigned>(c - '0')
                             : c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                        : static_cast<unsigned>(c - 'a' + 10);
      code = code * 16 + digit;
    }
    return code;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char letter = take();
    if (const std::size_t i = kLetters.find(letter); i != std::string_view::npos) {
      out += kMeanings[i];
      return true;
    }
    if (letter != 'u') return false;
    auto code = hex4();
    if (!code || (*code >= 0xdc00 && *code <= 0xdfff)) return false;
    if (*code >= 0xd800 && *code <= 0xdbff) {
      if (!take("\\u")) return false;
      const auto low = hex4();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      code = 0x10000 + ((*code - 0xd800) << 10U) + (*low - 0xdc00);
    }
    append_utf8(out, *code);
    return true;
  }

  static void append_utf8(std::string& out, unsigned code) {
    const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xc0 | code >> 6U);
      byte(0x80 | (code & 0x3fU));
    } else if (code < 0x10000) {
      byte(0xe0 | code >> 12U);
      byte(0x80 | (code >> 6U & 0x3fU));
      byte(0x80 | (code & 0x3fU));
    } else {
      byte(0xf0 | code >> 18U);
      byte(0x80 | (code >> 12U & 0x3fU));
      byte(0x80 | (code >> 6U & 0x3fU));
      byte(0x80 | (code & 0x3fU));
    }
  }

  bool string(std::string& out) {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      if (take("\"")) return true;
      if (take("\\")) {
        if (!escape(out)) return false;
        continue;
      }
      const std::size_t size = utf8_size(rest_);
      if (size == 0 || static_cast<unsigned char>(rest_.front()) < 0x20) return false;
      out += rest_.substr(0, size);
      rest_.remove_prefix(size);
    }
    return false;
  }

  std::string_view rest_;
  PlainFields fields_;
};

}  // namespace

std::optional<PlainFields> read_plain_fields(std::string_view message) {
  return Reader(message).read();
}

std::set<std::string> read_plain_strings(std::string_view message) {
  Reader reader(message);
  return reader.read() ? reader.strings : std::set<std::string>();
}

}  // namespace dn::query::testing
