// The C library's reader, which knows the same forms, is the judge.
#include "base/ipv6.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace dn {
namespace {

void compare_with_library(const std::string& text) {
  Ipv6Address want;
  const bool good = inet_pton(AF_INET6, text.c_str(), want.bytes.data()) == 1;
  const auto got = parse_ipv6(text);
  ASSERT_EQ(got.has_value(), good) << text;
  if (got) {
    EXPECT_EQ(got->bytes, want.bytes) << text;
  }
}

TEST(Ipv6Address, IsWhatTheLibraryReads) {
  for (const char* const text : {"",
                                 "::",
                                 "::1",
                                 "1::",
                                 "1::2",
                                 "2001:db8::1",
                                 "1:2:3:4:5:6:7:8",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1::2::3",
                                 ":::",
                                 ":1",
                                 "1:",
                                 "12345",
                                 "12345::",
                                 "g::",
                                 "FE80::AbCd",
                                 "::ffff:192.0.2.1",
                                 "1:2:3:4:5:6:192.0.2.1",
                                 "1:2:3:4:5:6:7:192.0.2.1",
                                 "::192.0.2.1:5",
                                 "192.0.2.1::",
                                 "192.0.2.1",
                                 "::1%lo",
                                 "[::1]",
                                 "::1 ",
                                 " ::1",
                                 "1:2:3:4:5:6:7::",
                                 "::2:3:4:5:6:7:8",
                                 "1:2:3:4::5:6:7:8",
                                 "::00001",
                                 "::+1",
                                 "::0x1",
                                 "::1.2.3.4.5"}) {
    compare_with_library(text);
  }
  std::mt19937_64 random(4);  // NOLINT: repeatable on purpose
  const std::string_view alphabet = "0123afF:::..:";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t size = random() % 20; size > 0; --size) {
      text += alphabet[random() % alphabet.size()];
    }
    compare_with_library(text);
  }
  EXPECT_FALSE(parse_ipv6(std::string_view("::1\0", 4)));
}

}  // namespace
}  // namespace dn
