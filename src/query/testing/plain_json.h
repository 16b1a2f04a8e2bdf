// The discovered fields of a message by a plain recursive reader: the other way to the answer of
// insights_fields.h, written from RFC 8259 and the rules there, without a library.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dn::query::testing {

using PlainFields = std::vector<std::pair<std::string, std::string>>;

// Nothing when the message is not one JSON object. All values count, also beyond the cap of
// discovered fields.
std::optional<PlainFields> read_plain_fields(std::string_view message);

// The string values of such a message, wherever they stand.
std::set<std::string> read_plain_strings(std::string_view message);

}  // namespace dn::query::testing
