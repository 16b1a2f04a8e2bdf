// ByteCursor: the only way this program reads bytes that came from the wire.
//
// Three verbs: take n bytes, take a length-prefixed child, must be empty now. A failed read leaves
// the cursor at the end and marks it failed, so that a parser may read a whole structure and ask
// once. Nothing else does pointer arithmetic on outside input. Covered by bytes_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dn {

using ByteSpan = std::span<const std::uint8_t>;

inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A value type: copying a cursor copies its position. It borrows the bytes. Not thread-safe.
class ByteCursor {
 public:
  explicit ByteCursor(ByteSpan bytes) : rest_(bytes) {}

  // Takes the next `count` bytes; an empty span and a failed cursor when there are fewer.
  ByteSpan take(std::size_t count) {
    if (count > rest_.size()) return fail();
    const ByteSpan head = rest_.first(count);
    rest_ = rest_.subspan(count);
    return head;
  }

  // Unsigned integers in network byte order; 0 and a failed cursor when the bytes run out.
  std::uint8_t take_u8() { return static_cast<std::uint8_t>(take_number(1)); }
  std::uint16_t take_u16() { return static_cast<std::uint16_t>(take_number(2)); }
  std::uint32_t take_u24() { return take_number(3); }
  std::uint32_t take_u32() { return take_number(4); }

  // A child cursor over the next bytes, whose count stands before them in 1, 2 or 3 bytes.
  ByteCursor take_child_u8() { return take_child(take_u8()); }
  ByteCursor take_child_u16() { return take_child(take_u16()); }
  ByteCursor take_child_u24() { return take_child(take_u24()); }

  bool failed() const { return failed_; }
  // True when every byte was taken and no read failed: "must be empty now".
  bool done() const { return !failed_ && rest_.empty(); }
  bool empty() const { return rest_.empty(); }
  std::size_t size() const { return rest_.size(); }
  ByteSpan rest() const { return rest_; }

 private:
  ByteSpan fail() {
    failed_ = true;
    rest_ = {};
    return {};
  }
  std::uint32_t take_number(std::size_t count) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : take(count)) value = (value << 8U) | byte;
    return value;
  }
  ByteCursor take_child(std::size_t count) {
    ByteCursor child(take(count));
    child.failed_ = failed_;
    return child;
  }

  ByteSpan rest_;
  bool failed_ = false;
};

}  // namespace dn
