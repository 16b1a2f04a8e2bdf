#include "base/secret.h"

#include <gtest/gtest.h>

#include <string>

namespace dn {
namespace {

TEST(EqualSecrets, ComparesEveryByteAndTheLength) {
  const std::string secret = "wJalrXUtnFEMI\0K7MDENG\xff";
  EXPECT_TRUE(equal_secrets(secret, std::string(secret)));
  EXPECT_TRUE(equal_secrets("", ""));
  EXPECT_FALSE(equal_secrets(secret, secret + "a"));
  EXPECT_FALSE(equal_secrets(secret, secret.substr(1)));
  for (std::size_t i = 0; i < secret.size(); ++i) {
    std::string other = secret;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(equal_secrets(secret, other)) << i;
  }
}

}  // namespace
}  // namespace dn
