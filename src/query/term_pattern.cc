#include "query/term_pattern.h"

#include <algorithm>

namespace dn::query {

PatternResult<TermPattern> TermPattern::parse(PatternCursor& cursor) {
  TermPattern pattern;
  std::size_t steps_left = kRegexStepsMax;
  for (cursor.skip_blanks(); !cursor.at_end(); cursor.skip_blanks()) {
    std::vector<Term>* into = &pattern.needed_;
    const std::size_t begin = cursor.offset();
    if (cursor.take("-")) {
      into = &pattern.refused_;
    } else if (cursor.take("?")) {
      into = &pattern.optional_;
    }
    if (cursor.at_end() || is_pattern_blank(cursor.peek())) {
      return cursor.invalid_since(begin, "a term must follow at once");
    }
    auto term = read_term(cursor, steps_left);
    if (!term) return tl::unexpected(std::move(term.error()));
    if (!cursor.at_end() && !is_pattern_blank(cursor.peek())) {
      return cursor.invalid_here("put terms with other characters than A-Z a-z 0-9 _ in quotes");
    }
    into->push_back(std::move(*term));
  }
  const auto always = [](const Term& term) { return !term.text && !term.regex; };
  pattern.any_needed_ = pattern.needed_.empty() && pattern.refused_.empty() &&
                        !pattern.optional_.empty() &&
                        std::ranges::none_of(pattern.optional_, always);
  std::erase_if(pattern.needed_, always);
  return pattern;
}

PatternResult<TermPattern::Term> TermPattern::read_term(PatternCursor& cursor,
                                                        std::size_t& steps_left) {
  const std::size_t begin = cursor.offset();
  Term term;
  if (cursor.take("%")) {
    std::string_view body;
    if (!cursor.take_until('%', body)) {
      return cursor.invalid_since(begin, "the closing % of the regular expression is missing");
    }
    auto regex = PatternRegex::compile(body, begin + 1, steps_left);
    if (!regex) return tl::unexpected(std::move(regex.error()));
    term.regex = std::move(*regex);
    return term;
  }
  if (cursor.next_is("\"")) {
    auto text = cursor.take_quoted();
    if (!text) return tl::unexpected(std::move(text.error()));
    if (text->empty()) return cursor.invalid_since(begin);
    const bool blank = text->find_first_not_of(' ') == std::string::npos;
    if (!blank) term.text.emplace(std::move(*text));
    return term;
  }
  const std::string_view word = cursor.take_while(is_word_letter);
  if (word.empty()) {
    return cursor.invalid_here("put terms with other characters than A-Z a-z 0-9 _ in quotes");
  }
  term.text.emplace(std::string(word));
  return term;
}

bool TermPattern::Term::occurs_in(std::string_view message) const {
  if (regex) return regex->matches(message);
  return !text || text->occurs_in(message);
}

bool TermPattern::matches(std::string_view message) const {
  const auto occurs = [&](const Term& term) { return term.occurs_in(message); };
  return std::ranges::all_of(needed_, occurs) && std::ranges::none_of(refused_, occurs) &&
         (!any_needed_ || std::ranges::any_of(optional_, occurs));
}

std::vector<std::string> TermPattern::scout_texts() const {
  std::vector<std::string> texts;
  // The longest text is taken for the rarest.
  for (const Term& term : needed_) {
    if (!term.text) continue;
    if (texts.empty()) texts.emplace_back();
    if (term.text->needle().size() > texts[0].size()) texts[0] = term.text->needle();
  }
  if (!any_needed_) return texts;
  for (const Term& term : optional_) {
    if (!term.text) return {};
    texts.push_back(term.text->needle());
  }
  return texts;
}

}  // namespace dn::query
