// Annotations: the grammar that stands in the description of an outbound rule (docs/policy.md).
//
//   annotation = blanks prefix ":" kind ":" list [ blank comment ]
//   prefix     = "discriminat"                         case-insensitive; another case is a warning
//   kind       = "tls" | "ssh" | "see-thru"            likewise
//   list       = member *( blanks "," blanks member )  for see-thru: one date
//
// What a member is stands in member.h. Everything after a blank that does not belong to a comma is
// a comment. Text that does not begin with the prefix is none of our business. Without recursion;
// limits::kAnnotationBytesMax bounds the text. Covered by annotation_test.cc and
// fuzz/annotation_fuzz.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace dn::policy {

struct Annotation {
  enum class Kind : std::uint8_t { Tls, Ssh, SeeThru };
  Kind kind = Kind::Tls;
  // Tls, Ssh: the members and a comment; SeeThru: the date, yet to be parsed (preferences.h).
  // Never empty; borrowed from the description.
  std::string_view list;
  bool suspicious_case = false;  // prefix or kind are not written in lower case
};

// Nothing for text that is no annotation; an error for one without effect.
Result<std::optional<Annotation>> parse_annotation(std::string_view description);

// Takes the next member off the front of `list`, as it is written; possibly empty, between two
// commas. Nothing at the end.
class MemberReader {
 public:
  explicit MemberReader(std::string_view list);
  std::optional<std::string_view> next();

 private:
  std::string_view rest_;
  bool done_;
};

}  // namespace dn::policy
