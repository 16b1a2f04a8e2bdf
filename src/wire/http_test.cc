// HTTP heads, good and bad, at every cut.
#include "wire/http.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "wire/testing/corpus_file.h"
#include "wire/testing/prefixes.h"

namespace dn::wire {
namespace {

using namespace testing;
using namespace std::string_literals;
using Status = ParseStatus;

ParseResult<HttpRequest> parse(ByteSpan stream) {
  return parse_http_request(stream);
}
std::string request(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}
std::string with_host(std::string_view value) {
  return request("GET / HTTP/1.1", "Host:" + std::string(value) + "\r\n");
}

struct Good {
  std::string stream;
  std::string_view method;
  std::string_view path;
  std::string_view host;
  std::string_view name;  // "": none
  std::string_view version = "1.1";
  bool is_connect = false;
  bool asks_upgrade = false;
};

std::vector<Good> good_requests() {
  const std::string host = "Host: a.example\r\n";
  return {
      {request("GET / HTTP/1.1", host), "GET", "/", "a.example", "a.example"},
      {request("HEAD /x.crl?y=%2e HTTP/1.0", host), "HEAD", "/x.crl?y=%2e", "a.example",
       "a.example", "1.0"},
      {request("GET / HTTP/1.0", ""), "GET", "/", "", "", "1.0"},
      {"\r\n" + request("GET / HTTP/1.1", host), "GET", "/", "a.example", "a.example"},
      {with_host(" A.Example. "), "GET", "/", "A.Example.", "a.example"},
      {with_host("\ta.example:8080\t"), "GET", "/", "a.example", "a.example"},
      {with_host("a.example:"), "GET", "/", "a.example", "a.example"},
      {with_host(""), "GET", "/", "", ""},
      {with_host(" 192.0.2.1:80"), "GET", "/", "192.0.2.1", ""},
      {with_host(" [2001:db8::1]:80"), "GET", "/", "[2001:db8::1]", ""},
      {with_host(" under_score.example"), "GET", "/", "under_score.example", "under_score.example"},
      {with_host(" not..a.name"), "GET", "/", "not..a.name", ""},
      {request("GET http://A.example/p?q HTTP/1.1", host), "GET", "/p?q", "A.example", "a.example"},
      {request("GET http://a.example:80 HTTP/1.1", "Host: a.example.\r\n"), "GET", "/", "a.example",
       "a.example"},
      {request("GET http://a.example?q HTTP/1.1", host), "GET", "?q", "a.example", "a.example"},
      {request("GET ftp://a.example/f HTTP/1.0", ""), "GET", "/f", "a.example", "a.example", "1.0"},
      {request("OPTIONS * HTTP/1.1", host), "OPTIONS", "*", "a.example", "a.example"},
      {request("CONNECT a.example:443 HTTP/1.1", "Host: a.example\r\n"), "CONNECT", "", "a.example",
       "a.example", "1.1", true},
      {request("CONNECT [::1]:443 HTTP/1.0", ""), "CONNECT", "", "[::1]", "", "1.0", true},
      {request("VERSION-CONTROL / HTTP/1.1", host), "VERSION-CONTROL", "/", "a.example",
       "a.example"},
      {request("RPC_IN_DATA / HTTP/1.1", host), "RPC_IN_DATA", "/", "a.example", "a.example"},
      {request("GET / HTTP/1.1", host + "Upgrade: h2c\r\n"), "GET", "/", "a.example", "a.example",
       "1.1", false, true},
      {request("GET / HTTP/1.1", host + "cOnnection: keep-alive , UPGRADE\r\n"), "GET", "/",
       "a.example", "a.example", "1.1", false, true},
      {request("GET / HTTP/1.1", host + "Connection: upgraded, close\r\n"), "GET", "/", "a.example",
       "a.example"},
      {request("GET /\xc3\xa9 HTTP/1.1", host + "X: \xff\xfe\r\nEmpty:\r\n"), "GET", "/\xc3\xa9",
       "a.example", "a.example"},
      {request("POST / HTTP/1.1", host) + "body\r\n\r\n", "POST", "/", "a.example", "a.example"},
      {request("GET / HTTP/1.1", host) + request("GET /2 HTTP/1.1", "Host: b.example\r\n"), "GET",
       "/", "a.example", "a.example"},
  };
}

TEST(HttpRequest, ReadsMethodPathHostAndVersion) {
  for (const Good& test : good_requests()) {
    SCOPED_TRACE(test.stream);
    const auto result = parse_valid(as_bytes(test.stream), parse);
    EXPECT_EQ(result.value.method, test.method);
    EXPECT_EQ(result.value.path, test.path);
    EXPECT_EQ(result.value.host, test.host);
    EXPECT_EQ(result.value.version, test.version);
    EXPECT_EQ(result.value.is_connect, test.is_connect);
    EXPECT_EQ(result.value.asks_upgrade, test.asks_upgrade);
    ASSERT_EQ(result.value.host_name.has_value(), !test.name.empty());
    if (result.value.host_name) {
      EXPECT_EQ(result.value.host_name->text(), test.name);
    }
    parse_growing(as_bytes(test.stream), parse);
  }
}

struct Bad {
  std::string_view name;
  std::string stream;
  std::string_view reason;
  std::string_view host = "";  // what the log may still say
};

std::vector<Bad> bad_hosts() {
  return {
      {"two names in Host", with_host("a.example, b.example"), "http-malformed"},
      {"comma in Host", with_host("a.example,b.example"), "http-malformed"},
      {"userinfo", with_host("a.example@b.example"), "http-malformed"},
      {"path in Host", with_host("a.example/"), "http-malformed"},
      {"blank in Host", with_host("a.example b"), "http-malformed"},
      {"raw UTF-8 in Host", with_host("\xc3\xa9.example"), "http-malformed"},
      {"letters in the port", with_host("a.example:8o"), "http-malformed"},
      {"port too long", with_host("a.example:000080"), "http-malformed"},
      {"two ports", with_host("a.example:80:80"), "http-malformed"},
      {"IPv6 without brackets", with_host("::1"), "http-malformed"},
      {"empty brackets", with_host("[]"), "http-malformed"},
      {"a name in brackets", with_host("[a.example]"), "http-malformed"},
      {"open bracket", with_host("[::1"), "http-malformed"},
      {"text after the bracket", with_host("[::1]x"), "http-malformed"},
  };
}

std::vector<Bad> bad_requests() {
  const std::string host = "Host: a.example\r\n";
  const auto with = [&](std::string_view fields) {
    return request("GET / HTTP/1.1", host + std::string(fields));
  };
  return {
      {"HTTP/0.9", "GET /\r\n", "http-malformed"},
      {"HTTP/0.9 with fields", request("GET /", host), "http-malformed", "a.example"},
      {"1.1 without Host", request("GET / HTTP/1.1", "Accept: x\r\n"), "http-malformed"},
      {"two Hosts", with("Host: b.example\r\n"), "http-malformed", "a.example"},
      {"two equal Hosts", with("host: a.example\r\n"), "http-malformed", "a.example"},
      {"two Hosts in 1.0", request("GET / HTTP/1.0", host + host), "http-malformed", "a.example"},
      {"blank before the colon", request("GET / HTTP/1.1", "Host : a.example\r\n"),
       "http-malformed"},
      {"folded line", with("X: a\r\n b\r\n"), "http-malformed", "a.example"},
      {"folded first line", request("GET / HTTP/1.1", " Host: b\r\n" + host), "http-malformed",
       "a.example"},
      {"no colon", with("nonsense\r\n"), "http-malformed", "a.example"},
      {"empty field name", with(": x\r\n"), "http-malformed", "a.example"},
      {"NUL in a value", with("X: a\0b\r\n"s), "http-malformed", "a.example"},
      {"bare CR in a value", with("X: a\rb\r\n"), "http-malformed", "a.example"},
      {"bare LF after the first line", "GET / HTTP/1.1\n" + host + "\r\n", "http-malformed",
       "a.example"},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a.example\n\r\n", "http-malformed",
       "a.example"},
      {"bare LF as last line", "GET / HTTP/1.1\r\nHost: a.example\r\n\n", "http-malformed",
       "a.example"},
      {"bare CR in the first line", request("GET /\r HTTP/1.1", host), "http-malformed"},
      {"tab in the first line", request("GET\t/ HTTP/1.1", host), ""},
      {"tab in the target", request("GET /\tx HTTP/1.1", host), "http-malformed"},
      {"two blanks", request("GET  / HTTP/1.1", host), "http-malformed", "a.example"},
      {"blank in the target", request("GET /a b HTTP/1.1", host), "http-malformed", "a.example"},
      {"blank behind the version", request("GET / HTTP/1.1 ", host), "http-malformed", "a.example"},
      {"no target", request("GET  HTTP/1.1", host), "http-malformed", "a.example"},
      {"version 1.2", request("GET / HTTP/1.2", host), "http-malformed", "a.example"},
      {"version 2.0", request("GET / HTTP/2.0", host), "http-malformed", "a.example"},
      {"version in lower case", request("GET / http/1.1", host), "http-malformed", "a.example"},
      {"unknown method, odd version", request("FOO / HTTP/9", host), "http-malformed", "a.example"},
      {"target without a slash", request("GET index.html HTTP/1.1", host), "http-malformed",
       "a.example"},
      {"asterisk for GET", request("GET * HTTP/1.1", host), "http-malformed", "a.example"},
      {"absolute without a host", request("GET http:///x HTTP/1.1", host), "http-malformed",
       "a.example"},
      {"absolute with userinfo", request("GET http://b@a.example/ HTTP/1.1", host),
       "http-malformed", "a.example"},
      {"absolute against Host", request("GET http://b.example/ HTTP/1.1", host),
       "http-host-mismatch", "b.example"},
      {"absolute without Host", request("GET http://b.example/ HTTP/1.1", ""), "http-malformed",
       "b.example"},
      {"CONNECT against Host", request("CONNECT b.example:443 HTTP/1.1", host),
       "http-host-mismatch", "b.example"},
      {"CONNECT without a port", request("CONNECT a.example HTTP/1.1", host), "http-malformed",
       "a.example"},
      {"CONNECT with an empty port", request("CONNECT a.example: HTTP/1.1", host), "http-malformed",
       "a.example"},
      {"CONNECT with a path", request("CONNECT / HTTP/1.1", host), "http-malformed", "a.example"},
  };
}

TEST(HttpRequest, TellsThePortOfTheHostAsItWasSent) {
  const std::string host = "Host: a.example:81\r\n";
  for (const auto& [stream, want] : std::vector<std::pair<std::string, std::string>>{
           {with_host("a.example"), ""},
           {with_host("a.example:"), ""},
           {with_host("a.example:80"), "80"},
           {with_host("a.example:00080"), "00080"},
           {with_host("[::1]:99"), "99"},
           {request("GET http://a.example/ HTTP/1.1", host), ""},  // the target wins
           {request("GET http://a.example:82/ HTTP/1.1", host), "82"},
           {request("GET / HTTP/1.0", ""), ""},
       }) {
    const auto result = parse_http_request(as_bytes(stream));
    ASSERT_EQ(result.status, ParseStatus::Done) << stream;
    EXPECT_EQ(result.value.port, want) << stream;
  }
}

TEST(HttpRequest, TellsThatABodyIsAnnounced) {
  const std::string host = "Host: a.example\r\n";
  for (const auto& [field, want] : std::vector<std::pair<std::string, bool>>{
           {"", false},
           {"Content-Length: 0\r\n", false},
           {"Content-Length: 1\r\n", true},
           {"content-length:\r\n", true},
           {"CONTENT-LENGTH: 0, 0\r\n", true},
           {"Content-Length: 0\r\nContent-Length: 5\r\n", true},
           {"Content-Length: 5\r\nContent-Length: 0\r\n", true},
           {"Transfer-Encoding: chunked\r\n", true},
           {"transfer-encoding: identity\r\n", true},
           {"Content-Type: text/plain\r\nX-Content-Length: 5\r\n", false},
       }) {
    const std::string stream = request("GET / HTTP/1.1", host + field);
    const auto result = parse_http_request(as_bytes(stream));
    ASSERT_EQ(result.status, ParseStatus::Done) << stream;
    EXPECT_EQ(result.value.has_body, want) << stream;
  }
}

TEST(HttpRequest, RefusesWhatServersReadDifferently) {
  std::vector<Bad> tests = bad_requests();
  for (const Bad& test : bad_hosts()) tests.push_back(test);
  for (const Bad& test : tests) {
    SCOPED_TRACE(test.name);
    const auto result = parse_growing(as_bytes(test.stream), parse);
    EXPECT_EQ(result.status, test.reason.empty() ? Status::NotThis : Status::Malformed);
    EXPECT_EQ(slug_of(result.reason), test.reason);
    EXPECT_EQ(result.value.host, test.host);
  }
}

TEST(HttpRequest, TakesTheFirstUserAgent) {
  const std::string stream = request(
      "GET / HTTP/1.1", "Host: a\r\nuser-agent:  x \"y\" \xc3\xa9 \r\nUser-Agent: second\r\n");
  EXPECT_EQ(parse(as_bytes(stream)).value.user_agent, "x \"y\" \xc3\xa9");
}

TEST(HttpRequest, TellsOtherProtocolsApart) {
  const std::string_view others[] = {"EHLO mail.example\r\n",
                                     "HELO x\n",
                                     "PROXY TCP4 10.0.0.1 10.0.0.2 1 443\r\n",
                                     "USER anonymous\r\n",
                                     "NICK x\r\n",
                                     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                     "FOO \x01",
                                     "FOO bar\r\n",
                                     "SSH-2.0-x\r\n",
                                     "get / HTTP/1.1\r\n",
                                     "G1T / HTTP/1.1\r\n",
                                     " GET / HTTP/1.1\r\n",
                                     "\r\n\r\nGET / HTTP/1.1\r\n",
                                     "\r\n\x16\x03\x01",
                                     "\x16\x03\x01",
                                     "GET\r\n",
                                     "{\"a\":1}"};
  for (const std::string_view other : others) {
    EXPECT_EQ(parse_growing(as_bytes(other), parse).status, Status::NotThis) << other;
  }
}

TEST(HttpRequest, IsNotThisAsSoonAsNoMethodCanCome) {
  for (const std::string_view text : {"g", "Ge", "1", "GET/", "GET\r", "SSH-", "\r\r", "\r\n\n"}) {
    EXPECT_EQ(parse(as_bytes(text)).status, Status::NotThis) << text;
    EXPECT_EQ(parse(as_bytes(text.substr(0, text.size() - 1))).status, Status::NeedMore) << text;
  }
  const std::string longest(32, 'M');
  EXPECT_EQ(parse(as_bytes(longest)).status, Status::NeedMore);
  EXPECT_EQ(parse(as_bytes(longest + " ")).status, Status::NeedMore);
  EXPECT_EQ(parse(as_bytes(longest + "M")).status, Status::NotThis);
}

TEST(HttpRequest, RefusesHeadsOverTheirLimits) {
  const auto head_of = [](std::size_t bytes) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a.example\r\nX: ";
    return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(parse(as_bytes(head_of(limits::kHttpHeadBytesMax))).status, Status::Done);
  const std::string over = head_of(limits::kHttpHeadBytesMax + 1);
  EXPECT_EQ(slug_of(parse_growing(as_bytes(over), parse, 997).reason), "http-too-large");
  const std::string endless = "GET /" + std::string(limits::kHttpHeadBytesMax, 'a');
  EXPECT_EQ(slug_of(parse_growing(as_bytes(endless), parse, 997).reason), "http-too-large");

  const auto with_fields = [](std::size_t count) {
    std::string fields = "Host: a.example\r\n";
    for (std::size_t i = 1; i < count; ++i) fields += "X: y\r\n";
    return request("GET / HTTP/1.1", fields);
  };
  EXPECT_EQ(parse(as_bytes(with_fields(limits::kHttpFieldsMax))).status, Status::Done);
  EXPECT_EQ(slug_of(parse(as_bytes(with_fields(limits::kHttpFieldsMax + 1))).reason),
            "http-too-large");
}

TEST(HttpRequest, ConsumesTheHeadOnly) {
  const std::string head = request("CONNECT evil.test:443 HTTP/1.1", "Host: evil.test:443\r\n");
  const auto result = parse(as_bytes(head + "\x16\x03\x01"));  // T72
  EXPECT_EQ(result.status, Status::Done);
  EXPECT_EQ(result.consumed, head.size());
}

TEST(HttpRequest, ReadsTheRequestsOfRealClients) {
  struct Real {
    std::string file;
    std::string_view method;
    std::string_view path;
    std::string_view host;
    std::string_view version = "1.1";
  };
  const std::vector<Real> reals = {
      {"curl", "GET", "/a/b.crl?x=1", "www.example.com"},
      {"curl-proxy-absolute", "GET", "/a.crl", "www.example.com"},
      {"curl-connect", "CONNECT", "", "www.example.com"},
      {"curl-upgrade-h2c", "GET", "/", "www.example.com"},
      {"curl-http10", "GET", "/", "www.example.com", "1.0"},
      {"wget", "GET", "/x.crl", "localhost"},
      {"python-urllib", "GET", "/", "localhost"},
  };
  for (const Real& real : reals) {
    SCOPED_TRACE(real.file);
    const auto stream = corpus_file("http_request_fuzz/" + real.file);
    const auto result = parse_valid(stream, parse);
    EXPECT_EQ(result.value.method, real.method);
    EXPECT_EQ(result.value.path, real.path);
    EXPECT_EQ(result.value.host, real.host);
    EXPECT_EQ(result.value.version, real.version);
    EXPECT_FALSE(result.value.user_agent.empty());
    EXPECT_EQ(result.value.asks_upgrade, real.file == "curl-upgrade-h2c");
  }
}

TEST(HttpResponse, ReadsTheStatusLine) {
  struct Case {
    std::string stream;
    Status status;
    std::string_view version;
    int code;
  };
  const std::vector<Case> cases = {
      {"HTTP/1.1 200 OK\r\n", Status::Done, "1.1", 200},
      {"HTTP/1.0 404 Not Found\r\nServer: x", Status::Done, "1.0", 404},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", Status::Done, "1.1", 100},
      {"HTTP/1.1 204\r\n", Status::Done, "1.1", 204},
      {"HTTP/1.1 204 \r\n", Status::Done, "1.1", 204},
      {"HTTP/1.1 599 x\n", Status::Done, "1.1", 599},
      {"HTTP/1.1 099 x\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1 99 x\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1 600 x\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1 1000 x\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1 2x0 OK\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1  200 OK\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1\t200 OK\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/2.0 200 OK\r\n", Status::Malformed, "", 0},
      {"HTTP/1.10 200 OK\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/\r\n", Status::Malformed, "", 0},
      {"HTTP/1.1\r\n", Status::Malformed, "1.1", 0},
      {"HTTP/1.1 200 OK", Status::NeedMore, "", 0},
      {"ICY 200 OK\r\n", Status::NotThis, "", 0},
      {"http/1.1 200 OK\r\n", Status::NotThis, "", 0},
      {"<html>", Status::NotThis, "", 0},
      {"SSH-2.0-x\r\n", Status::NotThis, "", 0},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.stream);
    const auto result = parse_growing(as_bytes(test.stream), parse_http_response);
    EXPECT_EQ(result.status, test.status);
    EXPECT_EQ(slug_of(result.reason), test.status == Status::Malformed ? "http-malformed" : "");
    EXPECT_EQ(result.value.version, test.version);
    EXPECT_EQ(result.value.code, test.code);
    if (test.status == Status::Done) parse_valid(as_bytes(test.stream), parse_http_response);
  }
}

TEST(HttpResponse, RefusesAnEndlessLine) {
  const std::string endless = "HTTP/1.1 200 " + std::string(limits::kHttpHeadBytesMax, 'x');
  EXPECT_EQ(slug_of(parse_growing(as_bytes(endless), parse_http_response, 997).reason),
            "http-too-large");
}

TEST(HttpResponse, ReadsTheAnswersOfRealServers) {
  const std::vector<std::pair<std::string, int>> reals = {
      {"python-not-found", 404}, {"python-ok", 200}, {"python-unsupported-method", 501}};
  for (const auto& [file, code] : reals) {
    const auto stream = corpus_file("http_response_fuzz/" + file);
    EXPECT_EQ(parse_valid(stream, parse_http_response).value.code, code);
  }
}

}  // namespace
}  // namespace dn::wire
