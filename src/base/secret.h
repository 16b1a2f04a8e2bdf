// Comparing what a stranger sent with a secret, in a time that tells nothing but the length.
// Covered by secret_test.cc.
#pragma once

#include <string_view>

namespace dn {

inline bool equal_secrets(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
    asm("" : "+r"(difference));  // the compiler may not see that the loop could end early
  }
  return difference == 0;
}

}  // namespace dn
