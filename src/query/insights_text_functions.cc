// The functions of Insights about text; see insights_functions.h.
//
// A result longer than kTextBytesMax is absent. What is not valid UTF-8 is counted byte by byte
// where a code point would begin, and never cut inside of one that is valid.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "query/find_text.h"
#include "query/insights_functions.h"
#include "query/insights_limits.h"
#include "query/insights_structure.h"

namespace dn::query::insights {
namespace {

using Arguments = std::span<const Value>;

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The text of an argument, for as long as this lives and the argument does.
class TextOf {
 public:
  explicit TextOf(const Value& value) : text_(shown(value, room_)) {}
  TextOf(const TextOf&) = delete;
  TextOf& operator=(const TextOf&) = delete;
  const std::string_view& operator*() const { return text_; }
  const std::string_view* operator->() const { return &text_; }

 private:
  ShortText room_;
  std::string_view text_;
};

Value is_empty(Evaluation&, const Node&, Arguments arguments) {
  const TextOf text(arguments[0]);
  return Value::of_bool(text->empty());
}
Value is_blank_text(Evaluation&, const Node&, Arguments arguments) {
  const TextOf text(arguments[0]);
  return Value::of_bool(std::ranges::all_of(*text, is_blank));
}

Value concat(Evaluation& given, const Node&, Arguments arguments) {
  std::size_t size = 0;
  bool present = false;
  for (const Value& argument : arguments) {
    size += TextOf(argument)->size();
    present |= !argument.is_absent();
  }
  char* const room = present && size <= kTextBytesMax ? given.arena.allocate(size) : nullptr;
  if (room == nullptr) return {};
  char* at = room;
  for (const Value& argument : arguments) {
    const TextOf text(argument);
    at = std::ranges::copy(*text, at).out;
  }
  return Value::of_text({room, size});
}

// The code points of a text, so that one is found in a time that does not grow with their number.
class CharacterSet {
 public:
  explicit CharacterSet(std::string_view text) {
    while (!text.empty()) {
      const std::size_t size = first_bytes(text);
      characters_.push_back(text.substr(0, size));
      text.remove_prefix(size);
    }
    std::ranges::sort(characters_);
  }
  static std::size_t first_bytes(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && is_utf8_continuation(text[size])) ++size;
    return size;
  }
  static std::size_t last_bytes(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && is_utf8_continuation(text[text.size() - size])) ++size;
    return size;
  }
  bool contains(std::string_view character) const {
    return std::ranges::binary_search(characters_, character);
  }

 private:
  std::vector<std::string_view> characters_;
};

Value trim(Evaluation& given, Arguments arguments, bool left, bool right) {
  if (arguments[0].is_absent()) return {};
  const TextOf text(arguments[0]);
  const TextOf characters(arguments.size() > 1 ? arguments[1] : Value{});
  const CharacterSet set(*characters);
  const auto is_trimmed = [&](std::string_view character) {
    return arguments.size() > 1 ? set.contains(character) : is_blank(character[0]);
  };
  std::string_view rest = *text;
  while (left && !rest.empty()) {
    const std::size_t size = CharacterSet::first_bytes(rest);
    if (!is_trimmed(rest.substr(0, size))) break;
    rest.remove_prefix(size);
  }
  while (right && !rest.empty()) {
    const std::size_t size = CharacterSet::last_bytes(rest);
    if (!is_trimmed(rest.substr(rest.size() - size))) break;
    rest.remove_suffix(size);
  }
  return part_of(arguments[0], rest, given);
}
Value trim_both(Evaluation& given, const Node&, Arguments arguments) {
  return trim(given, arguments, true, true);
}
Value trim_left(Evaluation& given, const Node&, Arguments arguments) {
  return trim(given, arguments, true, false);
}
Value trim_right(Evaluation& given, const Node&, Arguments arguments) {
  return trim(given, arguments, false, true);
}

Value length(Evaluation&, const Node&, Arguments arguments) {
  if (arguments[0].is_absent()) return {};
  const TextOf text(arguments[0]);
  return Value::of_number(static_cast<double>(count_utf8(*text)));
}

Value with_case(Evaluation& given, Arguments arguments, char first, char last) {
  if (arguments[0].is_absent()) return {};
  const TextOf text(arguments[0]);
  char* const room = given.arena.allocate(text->size());
  if (room == nullptr) return {};
  std::ranges::transform(*text, room, [first, last](char c) {
    return c >= first && c <= last ? static_cast<char>(c ^ ('a' ^ 'A')) : c;
  });
  return Value::of_text({room, text->size()});
}
Value to_upper(Evaluation& given, const Node&, Arguments arguments) {
  return with_case(given, arguments, 'a', 'z');
}
Value to_lower(Evaluation& given, const Node&, Arguments arguments) {
  return with_case(given, arguments, 'A', 'Z');
}

// The bytes of so many code points at the front of `text`.
std::size_t bytes_of(std::string_view text, double characters) {
  std::size_t at = 0;
  for (double count = 0; at < text.size() && count < characters; ++count) {
    ++at;
    while (at < text.size() && is_utf8_continuation(text[at])) ++at;
  }
  return at;
}
Value substring(Evaluation& given, const Node&, Arguments arguments) {
  const auto start = number_of(arguments[1]);
  const auto size = arguments.size() > 2 ? number_of(arguments[2]) : HUGE_VAL;
  if (arguments[0].is_absent() || !start || !size) return {};
  const TextOf text(arguments[0]);
  std::string_view rest = *text;
  rest.remove_prefix(bytes_of(rest, std::trunc(*start)));
  return part_of(arguments[0], rest.substr(0, bytes_of(rest, std::trunc(*size))), given);
}

Value replace(Evaluation& given, const Node&, Arguments arguments) {
  if (arguments[0].is_absent()) return {};
  const TextOf text(arguments[0]), search(arguments[1]), replacement(arguments[2]);
  if (search->empty()) return part_of(arguments[0], *text, given);
  std::size_t found = 0;
  for (std::size_t at = find_text(*text, *search); at != std::string_view::npos;
       at = find_text(*text, *search, at + search->size())) {
    ++found;
  }
  const std::size_t size = text->size() - found * search->size() + found * replacement->size();
  char* const room = size <= kTextBytesMax ? given.arena.allocate(size) : nullptr;
  if (room == nullptr) return {};
  char* out = room;
  std::size_t from = 0;
  const auto append = [&out](std::string_view piece) { out = std::ranges::copy(piece, out).out; };
  for (; found > 0; --found) {
    const std::size_t at = find_text(*text, *search, from);
    append(text->substr(from, at - from));
    append(*replacement);
    from = at + search->size();
  }
  append(text->substr(from));
  return Value::of_text({room, size});
}

template <class Test>
Value test_texts(Arguments arguments, Test test) {
  if (arguments[0].is_absent() || arguments[1].is_absent()) return Value::of_bool(false);
  const TextOf text(arguments[0]), other(arguments[1]);
  return Value::of_bool(test(*text, *other));
}
Value contains(Evaluation&, const Node&, Arguments arguments) {
  return test_texts(arguments, [](std::string_view a, std::string_view b) {
    return find_text(a, b) != std::string_view::npos;
  });
}
Value starts_with(Evaluation&, const Node&, Arguments arguments) {
  return test_texts(arguments,
                    [](std::string_view a, std::string_view b) { return a.starts_with(b); });
}
Value ends_with(Evaluation&, const Node&, Arguments arguments) {
  return test_texts(arguments,
                    [](std::string_view a, std::string_view b) { return a.ends_with(b); });
}

// A list; kept as JSON text like every list.
Value split(Evaluation& given, const Node&, Arguments arguments) {
  if (arguments[0].is_absent() || arguments[1].is_absent()) return {};
  const TextOf text(arguments[0]), separator(arguments[1]);
  std::string list = "[";
  std::string_view rest = *text;
  for (;;) {
    const std::size_t at =
        separator->empty() ? std::string_view::npos : find_text(rest, *separator);
    append_quoted(list, rest.substr(0, at));
    if (list.size() > kTextBytesMax) return {};
    if (at == std::string_view::npos) break;
    list += ',';
    rest.remove_prefix(at + separator->size());
  }
  list += ']';
  return Value::of_json(given.arena.copy(list));
}

constexpr std::array kTextFunctions = {
    Function{"isempty", 1, 1, false, is_empty},
    Function{"isblank", 1, 1, false, is_blank_text},
    Function{"concat", 1, kAnyNumber, false, concat},
    Function{"trim", 1, 2, false, trim_both},
    Function{"ltrim", 1, 2, false, trim_left},
    Function{"rtrim", 1, 2, false, trim_right},
    Function{"strlen", 1, 1, false, length},
    Function{"toupper", 1, 1, false, to_upper},
    Function{"tolower", 1, 1, false, to_lower},
    Function{"substr", 2, 3, false, substring},
    Function{"replace", 3, 3, false, replace},
    // The third argument is documented to ignore case, and has no effect.
    Function{"strcontains", 2, 3, false, contains},
    Function{"startsWith", 2, 2, false, starts_with},
    Function{"endsWith", 2, 2, false, ends_with},
    Function{"split", 2, 2, false, split},
};

}  // namespace

std::span<const Function> text_functions() {
  return kTextFunctions;
}

}  // namespace dn::query::insights
