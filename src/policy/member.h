// One member of an annotation or of an external list: a name, a pattern, an address or an ARN.
//
// The result is in the form that everything else compares: lower-case A-labels without final dot.
// What is not a member is answered with a message that says what to write instead. Whether a
// pattern is exposed is not judged here (exposure.h). Covered by member_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace dn::policy {

enum class MemberKind : std::uint8_t {
  Name,     // a fully qualified name
  Pattern,  // a name with `?` or `*`
  Address,  // an IPv4 address that is not special
  List,     // the ARN of an external list
};

class Member {
 public:
  MemberKind kind() const { return kind_; }
  // Valid as long as this object; for a list, as long as the parsed text.
  std::string_view text() const { return list_.empty() ? own_text() : list_; }

 private:
  friend class MemberParser;
  std::string_view own_text() const { return {bytes_.data(), size_}; }

  MemberKind kind_ = MemberKind::Name;
  std::string_view list_;  // only for MemberKind::List
  // No heap memory: a list may have a million members.
  std::array<char, 253> bytes_;
  std::uint8_t size_ = 0;
};

// `text` has no blanks or commas around it.
Result<Member> parse_member(std::string_view text);

}  // namespace dn::policy
