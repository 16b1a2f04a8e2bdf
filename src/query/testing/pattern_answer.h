// The answer of a filter pattern to one message, as a word: for tables of cases.
#pragma once

#include <string>
#include <string_view>

#include "query/filter_pattern.h"
#include "query/testing/padded_text.h"

namespace dn::query::testing {

// "yes", "no", or the message of the error.
inline std::string answer(std::string_view pattern, std::string_view message) {
  const auto compiled = FilterPattern::compile(pattern);
  if (!compiled) return compiled.error().message;
  const PaddedText padded(message);
  return FilterMatcher(*compiled).matches(padded.view()) ? "yes" : "no";
}

struct AnswerCase {
  const char *pattern, *message, *want;
};
struct ErrorCase {
  const char* pattern;
  std::size_t offset;
  const char* message;
};

}  // namespace dn::query::testing
