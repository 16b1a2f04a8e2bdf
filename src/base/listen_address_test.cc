#include "base/listen_address.h"

#include <gtest/gtest.h>

namespace dn {
namespace {

TEST(ListenAddress, ReadsBothFamilies) {
  struct Case {
    std::string_view text, address;
    int port;
    bool loopback;
  };
  for (const auto& [text, address, port, loopback] : std::initializer_list<Case>{
           {"127.0.0.1:1043", "127.0.0.1", 1043, true},
           {"127.255.0.3:65535", "127.255.0.3", 65535, true},
           {"0.0.0.0:80", "0.0.0.0", 80, false},
           {"10.0.0.1:0", "10.0.0.1", 0, false},
           {"128.0.0.1:1", "128.0.0.1", 1, false},
           {"[::1]:1043", "::1", 1043, true},
           {"[::]:1043", "::", 1043, false},
           {"[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1, true},
           {"[::ffff:10.0.0.1]:1", "::ffff:10.0.0.1", 1, false},
           {"[fe80::1]:1", "fe80::1", 1, false},
           {"[0:0:0:0:0:0:0:1]:1", "0:0:0:0:0:0:0:1", 1, true},
       }) {
    const auto parsed = parse_listen_address(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->address, address) << text;
    EXPECT_EQ(parsed->port, port) << text;
    EXPECT_EQ(parsed->loopback, loopback) << text;
  }
}

TEST(ListenAddress, SaysWhatToWriteInstead) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text : {""sv,
                                      ":"sv,
                                      "1043"sv,
                                      ":1043"sv,
                                      "127.0.0.1"sv,
                                      "127.0.0.1:"sv,
                                      "127.0.0.1:65536"sv,
                                      "127.0.0.1:-1"sv,
                                      "127.0.0.1:+1"sv,
                                      "127.0.0.1: 1"sv,
                                      "127.0.0.1:1x"sv,
                                      "localhost:1043"sv,
                                      "127.1:80"sv,
                                      "::1:1043"sv,
                                      "[::1]"sv,
                                      "[::1:1043"sv,
                                      "[127.0.0.1]:1"sv,
                                      "[]:1"sv,
                                      "[12345]:80"sv,
                                      "[a.b]:80"sv,
                                      "[1:2:3:4:5:6:7]:80"sv,
                                      "010.0.0.1:80"sv,
                                      "[fe80::1%lo]:1"sv,
                                      "127.0.0.1\0x:1"sv,
                                      "http://127.0.0.1:1043"sv}) {
    const auto parsed = parse_listen_address(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find("127.0.0.1:1043"), std::string::npos);
  }
}

TEST(Authority, IsAHostAndPerhapsAPort) {
  struct Case {
    std::string_view text, host;
    std::optional<std::string_view> port;
  };
  for (const auto& [text, host, port] : std::initializer_list<Case>{
           {"", "", {}},
           {"h", "h", {}},
           {"h:", "h", ""},
           {"h:1", "h", "1"},
           {":1", "", "1"},
           {"h:1:2", "h", "1:2"},
           {"::1", "", ":1"},
           {"[::1]", "[::1]", {}},
           {"[::1]:", "[::1]", ""},
           {"[::1]:80", "[::1]", "80"},
           {"[]", "[]", {}},
       }) {
    const auto split = split_authority(text);
    ASSERT_TRUE(split) << text;
    EXPECT_EQ(split->host, host) << text;
    EXPECT_EQ(split->port, port) << text;
  }
  for (const std::string_view text : {"[", "[::1", "[::1]x", "[::1]]:1"}) {
    EXPECT_FALSE(split_authority(text)) << text;
  }
}

TEST(LoopbackHost, IsNotFooledByLookalikes) {
  for (const std::string_view host : {"localhost", "LocalHost", "127.0.0.1", "127.255.255.254",
                                      "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const std::string_view host :
       {"", "localhost.", "localhost.example", "xlocalhost", "127.1", "127.0.0.1.", "127.0.0.1 ",
        "127.0.0.1.example", "0x7f.0.0.1", "2130706433", "128.0.0.1", "::1", "[::1", "[127.0.0.1]",
        "[::]", "[::2]", "[::ffff:128.0.0.1]", "[]"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

}  // namespace
}  // namespace dn
