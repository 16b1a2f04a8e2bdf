#include "query/pattern_cursor.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/utf8.h"

namespace dn::query {
std::string shown(std::string_view term) {
  if (term.size() > kQuotedTermBytesMax) {
    return shown(cut_utf8(term, kQuotedTermBytesMax)) + "…";
  }
  std::string text(term);
  if (!simdjson::validate_utf8(text)) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  return text;
}

tl::unexpected<PatternError> invalid_term(std::string_view term, std::size_t offset,
                                          std::string_view why) {
  return tl::unexpected(PatternError{fmt::format("Invalid character(s) in term '{}'{}{}",
                                                 shown(term), why.empty() ? "" : ": ", why),
                                     offset});
}

tl::unexpected<PatternError> PatternCursor::invalid_here(std::string_view why) const {
  PatternCursor next = *this;
  next.skip_blanks();
  const std::string_view rest = pattern_.substr(next.at_);
  std::size_t size = std::min<std::size_t>(rest.size(), 1);
  if (size == 1 && !is_word_letter(rest[0])) {
    while (size < rest.size() && !is_pattern_blank(rest[size]) && !is_word_letter(rest[size])) {
      ++size;
    }
  } else {
    while (size < rest.size() && is_word_letter(rest[size])) ++size;
  }
  return invalid_term(rest.substr(0, size), next.at_, why);
}

tl::unexpected<PatternError> PatternCursor::invalid_since(std::size_t begin,
                                                          std::string_view why) const {
  return invalid_term(since(begin), begin, why);
}

bool PatternCursor::take_until(char end, std::string_view& text) {
  const std::size_t place = pattern_.find(end, at_);
  text = pattern_.substr(at_, place - at_);
  at_ = place == std::string_view::npos ? pattern_.size() : place + 1;
  return place != std::string_view::npos;
}

PatternResult<std::string> PatternCursor::take_quoted() {
  const std::size_t begin = at_++;
  std::string text;
  while (!at_end()) {
    const char c = pattern_[at_++];
    if (c == '"') return text;
    const bool escape = c == '\\' && (peek() == '"' || peek() == '\\');
    text += escape ? pattern_[at_++] : c;
  }
  return invalid_since(begin, "the closing quote is missing");
}

}  // namespace dn::query
