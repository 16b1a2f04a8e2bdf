// Tables: texts that are resources, and texts that are none.
#include "base/http_uri.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace dn {
namespace {

struct Good {
  std::string_view text, host, path;
  Port port = 80;
};

TEST(HttpUri, ReadsHostPortAndPath) {
  for (const Good& test : {
           Good{"http://crl.example.com/a.crl", "crl.example.com", "/a.crl"},
           Good{"HTTP://CRL.Example.com/A.crl", "crl.example.com", "/A.crl"},
           Good{"http://crl.example.com./a.crl", "crl.example.com", "/a.crl"},
           Good{"http://crl.example.com", "crl.example.com", "/"},
           Good{"http://crl.example.com?n=1", "crl.example.com", "/?n=1"},
           Good{"http://crl.example.com/?n=1&m=a?/", "crl.example.com", "/?n=1&m=a?/"},
           Good{"http://crl.example.com:80/x", "crl.example.com", "/x"},
           Good{"http://crl.example.com:8080/x", "crl.example.com", "/x", 8080},
           Good{"http://crl.example.com:65535", "crl.example.com", "/", 65535},
           Good{"http://c/a%20b%2Fc/../d//e", "c", "/a%20b%2Fc/../d//e"},
           Good{"http://c/-._~!$&'()*+,;=:@/", "c", "/-._~!$&'()*+,;=:@/"},
       }) {
    const auto uri = parse_http_uri(test.text);
    ASSERT_TRUE(uri) << test.text;
    EXPECT_EQ(uri->host.text(), test.host) << test.text;
    EXPECT_EQ(uri->path, test.path) << test.text;
    EXPECT_EQ(uri->port, test.port) << test.text;
    EXPECT_EQ(parse_http_uri(to_text(*uri)), uri) << to_text(*uri);
  }
}

TEST(HttpUri, IsNothingElse) {
  for (const std::string_view text : {
           "",
           "http",
           "http:",
           "http:/",
           "http://",
           "http:///a.crl",
           "http://?x",
           "https://crl.example.com/a.crl",
           "ftp://crl.example.com/a.crl",
           "ldap:///CN=CA?certificateRevocationList",
           "ldap://crl.example.com/CN=CA",
           "file:///etc/passwd",
           "crl.example.com/a.crl",
           "/a.crl",
           "a.crl",
           "//crl.example.com/a",
           " http://crl.example.com/a",
           "http://crl.example.com/a ",
           "http://crl.example.com/a b",
           "http://198.51.100.7/a.crl",
           "http://[2001:db8::1]/a.crl",
           "http://u@crl.example.com/a",
           "http://u:p@crl.example.com/a",
           "http://crl.example.com:/a",
           "http://crl.example.com:0/a",
           "http://crl.example.com:65536/a",
           "http://crl.example.com:+80/a",
           "http://crl.example.com:80x/a",
           "http://crl.example.com:80:80/a",
           "http://crl.example.com/a#b",
           "http://crl.example.com#b",
           "http://crl_.example..com/a",
           "http://crl.example.com/%",
           "http://crl.example.com/%2",
           "http://crl.example.com/%2g",
           "http://crl.example.com/\\a",
           "http://crl.example.com/\"a",
           "http://crl.example.com/<a>",
           "http://crl.example.com/{a}",
           "http://crl.example.com/a\r\nHost: b",
           "http://crl.example.com/\xc3\xa9",
           "http://crl.example.com\\@evil.example/a",
       }) {
    EXPECT_FALSE(parse_http_uri(text)) << text;
  }
  using namespace std::string_view_literals;
  EXPECT_FALSE(parse_http_uri("http://crl.example.com/a\0b"sv));
  EXPECT_FALSE(parse_http_uri("http://crl.example.com\0.evil.example/a"sv));
}

TEST(HttpUri, HasAPathOfBoundedLength) {
  const std::string site = "http://crl.example.com";
  const std::string longest = "/" + std::string(limits::kHttpUriPathBytesMax - 2, 'a');
  EXPECT_TRUE(parse_http_uri(site + longest));
  EXPECT_FALSE(parse_http_uri(site + longest + "a"));
  EXPECT_FALSE(parse_http_uri(site + "?" + std::string(limits::kHttpUriPathBytesMax, 'a')));
  EXPECT_FALSE(parse_http_uri("http://" + std::string(254, 'a') + "/"));
}

TEST(HttpUri, NamesAPortOnlyWhereItIsUnusual) {
  EXPECT_EQ(to_text(*parse_http_uri("http://c.test:80")), "http://c.test/");
  EXPECT_EQ(to_text(*parse_http_uri("http://c.test:81/a?b")), "http://c.test:81/a?b");
}

}  // namespace
}  // namespace dn
