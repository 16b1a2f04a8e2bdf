// Pieces of JSON as text: strings, members and lists, escaped as json_text.h says.
//
// For documents that are put together by hand, so that each line of them is what a reader expects
// there. Covered by json_pieces_test.cc.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dn::records {

// A JSON string, and `"name": "text"`. Text beyond the log's cap of a field is cut.
std::string json_text(std::string_view text);
std::string json_field(std::string_view name, std::string_view text);
// A JSON string of any length: nothing is cut.
std::string json_long_text(std::string_view text);
// `["a", "b"]`
std::string json_list(const std::vector<std::string>& texts);

// Milliseconds since 1970 as a JSON string: "2026-11-22T03:15:00.123Z" with its quotes.
std::string json_time(std::int64_t ms);

// The elements of a JSON list, one per line: next() comes in front of each.
class JsonLines {
 public:
  explicit JsonLines(std::ostream& out) : out_(out) {}
  std::ostream& next() { return out_ << std::exchange(separator_, ",\n"); }

 private:
  std::ostream& out_;
  std::string_view separator_ = "\n";
};

}  // namespace dn::records
