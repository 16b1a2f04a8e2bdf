// The regular expressions of Insights, compiled by RE2.
//
// `(?<name>…)` is written as RE2 reads it, `(?P<name>…)`; everything else is RE2's own syntax:
// linear in the text, without back references and look-around, which are errors. Memory of each is
// bounded by kRegexMemoryBytes, so a repetition that expands beyond it is an error, too. The time
// is at most the steps of all of a query's expressions, kRegexStepsMax, for each byte of a text; a
// message has 1 MiB at most and a text that a function made kTextBytesMax. Covered by
// insights_compile_test.cc.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace dn::query::insights {

// The error is a sentence of RE2, or ours where `steps_left`, which goes down by what the
// expression needs, does not suffice.
tl::expected<std::shared_ptr<const RE2>, std::string> compile_regex(std::string_view pattern,
                                                                    std::size_t& steps_left);

}  // namespace dn::query::insights
