// A strict reader of one flat JSON object, for tests: the writer's opposite, written on its own.
//
// Accepts exactly what a log line may be: one object whose values are strings, integers and
// booleans, no blanks, one final '\n', valid UTF-8, no raw control characters. Reads strings back
// to the text that a JSON tool would see. Uses nothing of the code under test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dn::records::testing {

struct JsonField {
  std::string name;
  char type = 0;      // 's' string, 'n' number, 'b' boolean
  std::string value;  // decoded text; digits; "true" or "false"
};
using JsonFields = std::vector<JsonField>;

// Nothing when the line is not well formed.
std::optional<JsonFields> read_json_line(std::string_view line);
// Nothing when the text is not exactly one well-formed JSON string with its quotes.
std::optional<std::string> read_json_text(std::string_view text);

// The value of a field; nothing when it is absent.
std::optional<std::string> value_of(const JsonFields& fields, std::string_view name);

}  // namespace dn::records::testing
