#include "http/response_text.h"

#include <gtest/gtest.h>

#include <tuple>

namespace dn::http {
namespace {

constexpr WallTime kTime{std::chrono::seconds(784'111'777)};

TEST(ResponseText, WritesTheHead) {
  Response response;
  response.headers = {{"Content-Type", "text/plain"}, {"X-A", "b"}};
  EXPECT_EQ(format_head(response, {Framing::Length, 7, false}, kTime),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain\r\nX-A: b\r\nContent-Length: 7\r\n\r\n");
}

TEST(ResponseText, WritesTheFramingThatIsAskedFor) {
  struct Case {
    int status;
    HeadSettings settings;
    std::string_view want;
  };
  for (const auto& [status, settings, want] : std::initializer_list<Case>{
           {200, {Framing::Length, 0, true}, "Content-Length: 0\r\nConnection: close\r\n\r\n"},
           {200, {Framing::Chunked, 9, false}, "Transfer-Encoding: chunked\r\n\r\n"},
           {200, {Framing::Close, 9, false}, "Connection: close\r\n\r\n"},
           {204, {Framing::Length, 9, false}, "\r\n"},
           {304, {Framing::Length, 9, false}, "\r\n"},
       }) {
    Response response;
    response.status = status;
    const std::string text = format_head(response, settings, kTime);
    EXPECT_EQ(text.substr(text.find("GMT\r\n") + 5), want);
  }
}

TEST(ResponseText, SendsNoStatusThatIsNone) {
  for (const int status : {0, -1, 100, 199, 600, 99'999}) {
    Response response;
    response.status = status;
    EXPECT_TRUE(format_head(response, {}, kTime).starts_with("HTTP/1.1 500 ")) << status;
  }
  Response teapot;
  teapot.status = 418;
  EXPECT_TRUE(format_head(teapot, {}, kTime).starts_with("HTTP/1.1 418 \r\n"));
}

TEST(ResponseText, LeavesOutFieldsThatWouldBreakTheHead) {
  Response response;
  response.headers = {{"content-LENGTH", "1"}, {"Date", "x"}, {"Connection", "x"}, {"A", "b\nC: d"},
                      {"A", "b\rC: d"},        {"A:", "b"},   {"", "b"},           {"A b", "c"},
                      {"A", {'\0'}},           {"A", "\x7f"}, {"\xc3\xa4", "b"}};
  EXPECT_EQ(format_head(response, {}, kTime), format_head({}, {}, kTime));
}

TEST(ResponseText, CutsNoStreamShort) {
  EXPECT_EQ(format_chunk("abc"), "3\r\nabc\r\n");
  EXPECT_EQ(format_chunk(std::string(300, 'x')), "12c\r\n" + std::string(300, 'x') + "\r\n");
  EXPECT_EQ(format_chunk(""), "");
}

TEST(ResponseText, WritesDatesOfAnyDay) {
  EXPECT_EQ(format_http_date(WallTime{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(WallTime{std::chrono::seconds(1'709'251'199)}),
            "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(Request, TellsItsPathQueryAndFields) {
  Request request;
  request.headers = {{"Origin", "a"}, {"origin", "b"}, {"Host", "h"}};
  EXPECT_EQ(request.count("ORIGIN"), 2U);
  EXPECT_EQ(request.count("Cookie"), 0U);
  for (const auto& [target, path, query] : {std::tuple{"/a?b=c?d", "/a", "b=c?d"},
                                            {"/a", "/a", ""},
                                            {"/a?", "/a", ""},
                                            {"?x", "", "x"},
                                            {"", "", ""}}) {
    request.target = target;
    EXPECT_EQ(request.path(), path) << target;
    EXPECT_EQ(request.query(), query) << target;
  }
}

}  // namespace
}  // namespace dn::http
