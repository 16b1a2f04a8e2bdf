// External lists: the content behind an ARN member.
//
// Either a JSON array of strings, or members separated by newlines, commas or blanks, with comments
// from "#" to the end of the line. A list that is broken as a whole gives an error and no members:
// half of a list is never guessed. Covered by member_list_test.cc and fuzz/annotation_fuzz.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dn::policy {

// Reads the members one by one, as they are written; none of them is empty.
class ListReader {
 public:
  // Checks the form of the whole list first. Borrows the content.
  static Result<ListReader> open(std::string_view content);

  // Nothing at the end. Valid until the next call.
  std::optional<std::string_view> next();

 private:
  ListReader(std::string_view rest, bool json) : rest_(rest), json_(json) {}
  std::optional<std::string_view> next_plain();
  std::optional<std::string_view> next_json();

  std::string_view rest_;
  bool json_;
  std::string unescaped_;
};

}  // namespace dn::policy
