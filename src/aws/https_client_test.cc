// Certificates are the subject of cli/logs_client_test.cc, which has a TLS server.
#include "aws/https_client.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "aws/testing/scripted_server.h"

namespace dn::aws {
namespace {

std::unique_ptr<HttpsClient> client(HttpsSettings settings = {}) {
  auto opened = open_https_client(std::move(settings));
  EXPECT_TRUE(opened);
  return std::move(opened.value());
}

HttpsRequest request_to(const ScriptedServer& server, std::string_view body = "{}") {
  HttpsRequest request;
  request.endpoint = parse_endpoint_url(server.url()).value();
  request.headers = {{"Host", request.endpoint.host_header()}, {"X-A", "b"}};
  request.body = body;
  return request;
}

TEST(HttpsClient, SendsExactlyTheGivenHeadersAndBody) {
  ScriptedServer server({http_answer(200, "{\"a\":1}", "X-Thing: 1\r\nx-thing: 2\r\n")});
  const auto answer = client()->send(request_to(server, "body"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{\"a\":1}");
  EXPECT_EQ(answer->header("X-THING"), "1");
  EXPECT_EQ(answer->header("absent"), "");
  const std::string& sent = server.requests().at(0);
  EXPECT_TRUE(sent.starts_with("POST / HTTP/1.1\r\n")) << sent;
  EXPECT_NE(sent.find("\r\nHost: 127.0.0.1:"), std::string::npos);
  EXPECT_NE(sent.find("\r\nX-A: b\r\n"), std::string::npos);
  EXPECT_TRUE(sent.ends_with("\r\n\r\nbody"));
}

TEST(HttpsClient, AsksByTheGivenMethodAndPath) {
  ScriptedServer server({http_answer(200, "token"), http_answer(200, "value")});
  const auto asking = client();
  HttpsRequest request = request_to(server, "");
  request.method = "PUT";
  request.path = "/latest/api/token";
  EXPECT_EQ(asking->send(request)->body, "token");
  request.method = "GET";
  request.path = "/a/../b%20c?d=e";
  EXPECT_EQ(asking->send(request)->body, "value");
  EXPECT_TRUE(server.requests().at(0).starts_with("PUT /latest/api/token HTTP/1.1\r\n"));
  EXPECT_NE(server.requests().at(0).find("\r\nContent-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(server.requests().at(0).find("Content-Type"), std::string::npos);
  EXPECT_TRUE(server.requests().at(1).starts_with("GET /a/../b%20c?d=e HTTP/1.1\r\n"))
      << server.requests().at(1);
}

TEST(HttpsClient, NamesNoPathInAMessage) {
  HttpsRequest request;
  request.endpoint = parse_endpoint_url("http://127.0.0.1:1").value();
  request.path = "/capability";
  const auto refused = client()->send(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("capability"), std::string::npos);
  for (const char* path : {"", "capability", "/capability x", "/capability\n", "/capability#x"}) {
    request.path = path;
    const auto wrong = client()->send(request);
    ASSERT_FALSE(wrong) << path;
    EXPECT_FALSE(wrong.error().may_pass);
    EXPECT_EQ(wrong.error().message, "the path holds what a path cannot hold");
  }
}

TEST(HttpsClient, NeverWaitsForPermissionToSend) {
  ScriptedServer server({http_answer(200, "")});
  const std::string body(3UL << 20U, 'x');
  ASSERT_TRUE(client()->send(request_to(server, body)));
  EXPECT_EQ(server.requests().at(0).find("Expect"), std::string::npos);
}

TEST(HttpsClient, UsesAConnectionAgain) {
  ScriptedServer server({http_answer(200, "1"), http_answer(400, "2"), http_answer(200, "")});
  const auto asking = client();
  EXPECT_EQ(asking->send(request_to(server))->body, "1");
  EXPECT_EQ(asking->send(request_to(server))->status, 400);
  EXPECT_EQ(asking->send(request_to(server, ""))->body, "");
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpsClient, FollowsNoRedirect) {
  ScriptedServer server({http_answer(302, "", "Location: http://127.0.0.1:1/\r\n")});
  EXPECT_EQ(client()->send(request_to(server))->status, 302);
}

TEST(HttpsClient, TakesNoMoreThanItsLimit) {
  HttpsSettings settings;
  settings.answer_bytes_max = 100;
  ScriptedServer server({http_answer(200, std::string(100, 'x')),
                         http_answer(200, std::string(101, 'x'), "Connection: close\r\n")});
  const auto asking = client(settings);
  EXPECT_EQ(asking->send(request_to(server))->body.size(), 100U);
  const auto answer = asking->send(request_to(server));
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().may_pass);
  EXPECT_NE(answer.error().message.find("larger than 100 bytes"), std::string::npos);
  EXPECT_TRUE(answer.error().too_large);
}

TEST(HttpsClient, TellsWhatAnotherAttemptMayMend) {
  ScriptedServer closing(
      {"", "HTTP/1.1 200 X\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort"});
  const auto asking = client();
  for (int i = 0; i < 2; ++i) {
    const auto answer = asking->send(request_to(closing));
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().may_pass) << answer.error().message;
  }
  HttpsRequest nobody;
  nobody.endpoint = parse_endpoint_url("http://127.0.0.1:1").value();
  const auto refused = asking->send(nobody);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().may_pass);
  EXPECT_TRUE(refused.error().message.starts_with("http://127.0.0.1:1/: "))
      << refused.error().message;
}

TEST(HttpsClient, GivesUpAtItsTimeout) {
  HttpsSettings settings;
  settings.whole = std::chrono::milliseconds(50);
  ScriptedServer server({"HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nab", ""});
  const auto asking = client(settings);
  const auto answer = asking->send(request_to(server));
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().may_pass);
  EXPECT_FALSE(asking->send(request_to(server)));
}

TEST(HttpsClient, SendsNoHeaderThatHoldsALineBreak) {
  HttpsRequest request;
  request.endpoint = parse_endpoint_url("http://127.0.0.1:1").value();
  request.headers = {{"X-A", "b\r\nX-Evil: 1"}};
  const auto answer = client()->send(request);
  ASSERT_FALSE(answer);
  EXPECT_FALSE(answer.error().may_pass);
  EXPECT_EQ(answer.error().message, "the header X-A holds a line break");
}

TEST(HttpsClient, AsksDirectlyWhereItIsTold) {
  // This host, by an address that does not look like it: nobody listens but the proxy.
  ScriptedServer proxy({http_answer(200, "by proxy")});
  ASSERT_EQ(::setenv("http_proxy", proxy.url().c_str(), 1), 0);
  HttpsRequest request;
  request.endpoint = parse_endpoint_url("http://0.0.0.0:1").value();
  HttpsSettings settings;
  settings.direct = true;
  const auto direct = client(settings)->send(request);
  const auto proxied = client()->send(request);
  ::unsetenv("http_proxy");
  EXPECT_FALSE(direct);
  ASSERT_TRUE(proxied) << proxied.error().message;
  EXPECT_EQ(proxied->body, "by proxy");
}

TEST(HttpsClient, AsksLoopbackWithoutProxy) {
  ASSERT_EQ(::setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  ScriptedServer server({http_answer(200, "direct")});
  const auto answer = client()->send(request_to(server));
  ::unsetenv("http_proxy");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "direct");
}

}  // namespace
}  // namespace dn::aws
