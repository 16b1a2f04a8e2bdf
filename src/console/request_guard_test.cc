#include "console/request_guard.h"

#include <gtest/gtest.h>

#include <vector>

namespace dn::console {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

http::Request request_with(Fields fields) {
  http::Request request;
  request.method = "POST";
  request.target = "/api/explain";
  request.headers = std::move(fields);
  return request;
}

TEST(RequestGuard, TellsItsOwnPagesFromOthers) {
  struct Case {
    const char* name;
    Fields fields;
    bool without_keys, with_keys;  // answered
  };
  const std::vector<Case> cases = {
      {"a tool", {{"Host", "127.0.0.1:1043"}}, true, true},
      {"the page", {{"Host", "localhost:1043"}, {"Origin", "http://localhost:1043"}}, true, true},
      {"the page over TLS", {{"Host", "[::1]:1043"}, {"Origin", "https://[::1]:1043"}}, true, true},
      {"the page, told by the browser",
       {{"Host", "127.0.0.1:1043"}, {"Sec-Fetch-Site", "same-origin"}},
       true,
       true},
      {"an address that was typed",
       {{"Host", "127.0.0.1"}, {"Sec-Fetch-Site", "none"}},
       true,
       true},
      {"another host's page",
       {{"Host", "127.0.0.1:1043"}, {"Origin", "https://evil.test"}},
       false,
       false},
      {"another port's page",
       {{"Host", "127.0.0.1:1043"}, {"Origin", "http://127.0.0.1:8080"}},
       false,
       false},
      {"a prefix of ours",
       {{"Host", "127.0.0.1:10"}, {"Origin", "http://127.0.0.1:1043"}},
       false,
       false},
      {"no origin that could be named",
       {{"Host", "127.0.0.1:1043"}, {"Origin", "null"}},
       false,
       false},
      {"an empty origin", {{"Host", "127.0.0.1:1043"}, {"Origin", ""}}, false, false},
      {"an origin without scheme",
       {{"Host", "127.0.0.1:1043"}, {"Origin", "127.0.0.1:1043"}},
       false,
       false},
      {"an image elsewhere",
       {{"Host", "127.0.0.1:1043"}, {"Sec-Fetch-Site", "cross-site"}},
       false,
       false},
      {"a sister's page", {{"Host", "gw.test"}, {"Sec-Fetch-Site", "same-site"}}, false, false},
      {"a name that was rebound",
       {{"Host", "evil.test"}, {"Origin", "http://evil.test"}, {"Sec-Fetch-Site", "same-origin"}},
       false,
       true},
      {"no host", {}, false, true},
      {"two origins",
       {{"Host", "127.0.0.1"}, {"Origin", "http://127.0.0.1"}, {"origin", "http://evil.test"}},
       false,
       false},
      {"two cookies", {{"Host", "127.0.0.1"}, {"Cookie", "a=1"}, {"Cookie", "a=2"}}, false, false},
  };
  for (const Case& test : cases) {
    const http::Request request = request_with(test.fields);
    EXPECT_EQ(refuse_origin(request, false).empty(), test.without_keys) << test.name;
    EXPECT_EQ(refuse_origin(request, true).empty(), test.with_keys) << test.name;
  }
}

TEST(RequestGuard, FindsACookieAmongOthers) {
  const auto cookie = [](const char* field) {
    const http::Request request = request_with({{"Cookie", field}});
    const auto found = find_cookie(request, "discriminat");
    return found ? std::string(*found) : "(none)";
  };
  EXPECT_EQ(cookie("discriminat=abc"), "abc");
  EXPECT_EQ(cookie("a=b; discriminat=abc ;c=d"), "abc");
  EXPECT_EQ(cookie("discriminat="), "");
  EXPECT_EQ(cookie("discriminat=a; discriminat=b"), "(none)");
  EXPECT_EQ(cookie("xdiscriminat=a; discriminatx=b; discriminat"), "(none)");
  EXPECT_EQ(cookie(""), "(none)");
}

TEST(RequestGuard, KnowsWhatCodingIsTaken) {
  const auto takes = [](const char* field) {
    return accepts_coding(request_with({{"Accept-Encoding", field}}), "br");
  };
  EXPECT_TRUE(takes("gzip, deflate, br, zstd"));
  EXPECT_TRUE(takes("BR"));
  EXPECT_TRUE(takes("gzip;q=1, br;q=0.5"));
  EXPECT_FALSE(takes("br;q=0"));
  EXPECT_FALSE(takes("br ; q=0.000"));
  EXPECT_FALSE(takes("gzip, brx"));
  EXPECT_FALSE(takes(""));
  EXPECT_FALSE(accepts_coding(request_with({}), "br"));
}

TEST(RequestGuard, WantsJsonThatIsCalledSo) {
  const auto json = [](const char* type) {
    return has_json_body(request_with({{"Content-Type", type}}));
  };
  EXPECT_TRUE(json("application/json"));
  EXPECT_TRUE(json("Application/JSON; charset=utf-8"));
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "",
                           "multipart/form-data; boundary=application/json", "application/jsonx"}) {
    EXPECT_FALSE(json(type)) << type;
  }
}

TEST(RequestGuard, ReadsBasicAuthentication) {
  const auto read = [](const char* field) {
    const auto basic = parse_basic(field);
    return basic ? basic->id + "|" + basic->secret : "(none)";
  };
  EXPECT_EQ(read("Basic QUxBRERJTjpvcGVuOnNlc2FtZQ=="), "ALADDIN|open:sesame");
  EXPECT_EQ(read("basic QTpi"), "A|b");
  EXPECT_EQ(read("Basic QTpiYw=="), "A|bc");
  EXPECT_EQ(read("Basic QTpiY2Q="), "A|bcd");
  EXPECT_EQ(read("Basic Og=="), "|");
  for (const char* field : {"", "Basic", "Basic ", "Bearer QTpi", "Basic QTp", "Basic QT*i",
                            "Basic QQ==", "Basic ====", "Basic  QTpi", "Basic QTpi ",
                            "Basic QT\npi", "Basic =QTp", "AWS4-HMAC-SHA256 Credential=A"}) {
    EXPECT_EQ(read(field), "(none)") << field;
  }
  EXPECT_EQ(read(("Basic " + std::string(8196, 'Q')).c_str()), "(none)");
}

}  // namespace
}  // namespace dn::console
