// TextArena: many short texts in one block of memory, each named by a 32-bit offset.
//
// A million names as separate strings would cost more for their headers than for their letters. A
// text is stored as its length in one byte and then its bytes. Texts are never removed. Built by
// one thread; read by any number afterwards. Covered by rule_index_test.cc.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace dn::policy {

using TextOffset = std::uint32_t;

class TextArena {
 public:
  // `text` has at most 255 bytes; whoever fills the arena bounds its size below 4 GiB.
  TextOffset add(std::string_view text) {
    DN_CHECK(text.size() <= 255 && bytes_.size() < UINT32_MAX - 256, "members are bounded");
    const auto offset = static_cast<TextOffset>(bytes_.size());
    bytes_.push_back(static_cast<char>(text.size()));
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return offset;
  }

  std::string_view at(TextOffset offset) const { return text_at(bytes_.data(), offset); }
  const char* data() const { return bytes_.data(); }
  void shrink() { bytes_.shrink_to_fit(); }

  static std::string_view text_at(const char* bytes, TextOffset offset) {
    return {bytes + offset + 1, static_cast<unsigned char>(bytes[offset])};
  }

 private:
  std::vector<char> bytes_;
};

}  // namespace dn::policy
