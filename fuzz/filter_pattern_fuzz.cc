// Filter patterns and messages from any bytes: the first line is the pattern, the rest the message.
//
// Invariants: a refused pattern says why and where; the lines that next_match() finds in the
// message are those that match alone; where a JSON pattern matches, the message is JSON for another
// parser too, and each clause of the required values has a text among its string values; fields are
// extracted from matching messages only.
#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "query/filter_pattern.h"
#include "query/testing/padded_text.h"

namespace {

using dn::query::FilterMatcher;
using dn::query::FilterPattern;
using dn::query::testing::PaddedText;

void collect_texts(simdjson::dom::element element, std::vector<std::string>& texts) {
  if (element.is_string()) texts.emplace_back(element.get_string().value());
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (element.get(array) == simdjson::SUCCESS) {
    for (const auto child : array) collect_texts(child, texts);
  } else if (element.get(object) == simdjson::SUCCESS) {
    for (const auto field : object) collect_texts(field.value, texts);
  }
}

void check_json_match(const FilterPattern& pattern, std::string_view message) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto error = parser.parse(message.data(), message.size()).get(root);
  // It takes no number beyond its own types and no half surrogate pair.
  const bool narrower = error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR ||
                        error == simdjson::DEPTH_ERROR;
  DN_CHECK(error == simdjson::SUCCESS || narrower, "only JSON matches a JSON pattern");
  if (error != simdjson::SUCCESS) return;
  std::vector<std::string> texts;
  collect_texts(root, texts);
  for (const auto& clause : pattern.required_values()) {
    bool met = false;
    for (const std::string& text : clause) {
      for (const std::string& value : texts) met = met || value == text;
    }
    DN_CHECK(met, "a matching message has what the pattern requires");
  }
}

void check_lines(FilterMatcher& matcher, std::string_view lines) {
  std::size_t at = 0;
  while (at < lines.size()) {
    const auto found = matcher.next_match(lines, at);
    const std::size_t until =
        found ? static_cast<std::size_t>(found->data() - lines.data()) : lines.size();
    for (; at < until;) {
      const std::size_t end = std::min(lines.find('\n', at), lines.size());
      DN_CHECK(!matcher.matches(lines.substr(at, end - at)), "no matching line is passed over");
      at = end + 1;
    }
    if (!found) return;
    DN_CHECK(matcher.matches(*found), "what is found matches");
    at = until + found->size() + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = dn::as_text({data, size});
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string text(input.substr(0, end));
  const auto pattern = FilterPattern::compile(text);
  if (!pattern) {
    DN_CHECK(!pattern.error().message.empty(), "a refusal says why");
    DN_CHECK(pattern.error().offset <= text.size(), "and where");
    return 0;
  }
  const PaddedText message(input.substr(std::min(end + 1, input.size())));
  FilterMatcher matcher(*pattern);
  const bool matches = matcher.matches(message.view());
  DN_CHECK(matches || !pattern->matches_everything(), "everything is everything");
  if (matches && text.starts_with('{')) check_json_match(*pattern, message.view());
  DN_CHECK(matches || matcher.extracted_values(message.view()).empty(), "no match, no fields");
  check_lines(matcher, message.view());
  return 0;
}
