// DomainName: a host name as compared everywhere in this program.
//
// Invariant: lower-case A-labels, no final dot, 1..253 bytes, labels of 1..63 bytes out of
// letters, digits, '-' and '_' (RFC 1035 2.3.4, RFC 5890 2.3.2.1; '_' because real names carry it),
// and never an IPv4 literal. Bytes on the wire are never IDNA-mapped: a full-width letter is a
// malformed name, not another spelling. Converting U-labels of rules is policy's task.
// A value type without heap memory, so that the packet path can copy it. Covered by
// domain_name_test.cc.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace dn {

class DomainName {
 public:
  static constexpr std::size_t kBytesMax = 253;

  // ASCII only; upper case is folded, one final dot is dropped. Nothing else is repaired.
  static std::optional<DomainName> parse(std::string_view text);

  std::string_view text() const { return {bytes_.data(), size_}; }
  bool operator==(const DomainName& other) const { return text() == other.text(); }
  auto operator<=>(const DomainName& other) const { return text() <=> other.text(); }

 private:
  DomainName() = default;
  std::array<char, kBytesMax> bytes_;
  std::uint8_t size_ = 0;
};

}  // namespace dn
