#include "aws/endpoint_url.h"

#include <gtest/gtest.h>

namespace dn::aws {
namespace {

TEST(EndpointUrl, ReadsSchemeHostAndPort) {
  struct Case {
    std::string_view text, host_header, whole;
    bool loopback;
  };
  for (const auto& [text, host_header, whole, loopback] : std::initializer_list<Case>{
           {"http://127.0.0.1:1043", "127.0.0.1:1043", "http://127.0.0.1:1043/", true},
           {"http://localhost/", "localhost", "http://localhost/", true},
           {"http://LocalHost:1043", "LocalHost:1043", "http://LocalHost:1043/", true},
           {"http://[0::1]:1043", "[0::1]:1043", "http://[0::1]:1043/", true},
           {"https://[::1]:443", "[::1]", "https://[::1]/", true},
           {"http://[::1]:443", "[::1]:443", "http://[::1]:443/", true},
           {"https://logs.eu-west-1.amazonaws.com", "logs.eu-west-1.amazonaws.com",
            "https://logs.eu-west-1.amazonaws.com/", false},
           {"http://10.0.0.1:80", "10.0.0.1", "http://10.0.0.1/", false},
           {"http://127.0.0.1.example", "127.0.0.1.example", "http://127.0.0.1.example/", false},
       }) {
    const auto url = parse_endpoint_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->host_header(), host_header);
    EXPECT_EQ(url->to_text(), whole);
    EXPECT_EQ(url->is_loopback(), loopback) << text;
  }
}

TEST(EndpointUrl, RefusesWhatIsMoreOrLess) {
  for (const std::string_view text : {"",
                                      "127.0.0.1:1043",
                                      "ftp://h",
                                      "http://",
                                      "http:///",
                                      "http://h:0",
                                      "http://h:65536",
                                      "http://h:x",
                                      "http://h:",
                                      "http://u@h",
                                      "http://u:p@h:1",
                                      "http://h/path",
                                      "http://h?q",
                                      "http://h#f",
                                      "http://h h",
                                      "http://h\r\nX: y",
                                      "http://[::1",
                                      "http://[]",
                                      "http://[h]",
                                      "http://[12345]",
                                      "http://[::1]x",
                                      "HTTP://h",
                                      "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_endpoint_url(text)) << text;
  }
}

}  // namespace
}  // namespace dn::aws
