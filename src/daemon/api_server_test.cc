#include "daemon/api_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <set>

#include "http/testing/raw_client.h"
#include "http/testing/test_certificate.h"

namespace dn::daemon {
namespace {

const aws::Credentials kKey{"AKIDLOCAL", "a secret", ""};

WallTime noon() {
  return WallTime{std::chrono::seconds(1'795'348'800)};  // 22 November 2026
}

// Two frames, then the end.
class FakeTail : public logs::LiveTail {
 public:
  std::string next_frames(WallTime) override { return fmt::format("frame{}", ++frames_); }
  bool ended() const override { return frames_ == 3; }

 private:
  int frames_ = 0;
};

class FakeService : public logs::LogsService {
 public:
  logs::ServiceAnswer handle(std::string_view operation, std::string_view body) override {
    ++calls;
    if (operation == "Fail") {
      return {400, R"({"__type":"ResourceNotFoundException","message":"none"})",
              "ResourceNotFoundException"};
    }
    return {200, fmt::format("{}({})", operation, body), ""};
  }
  TailStart start_live_tail(std::string_view body) override {
    ++calls;
    if (body == "bad") return {nullptr, {400, "no", "InvalidParameterException"}};
    return {std::make_unique<FakeTail>(), {}};
  }
  std::atomic<int> calls = 0;
};

ApiSettings settings_with(std::vector<aws::Credentials> keys) {
  ApiSettings settings;
  settings.listen = {"127.0.0.1", 0, true};
  settings.keys = std::move(keys);
  settings.clock = noon;
  settings.elsewhere = [](const http::Request& request) {
    http::Response response;
    response.body = "elsewhere: " + request.target;
    return response;
  };
  settings.random = [] {
    static std::atomic<std::uint64_t> last = 0;
    return ++last * 0x9e3779b97f4a7c15U;
  };
  settings.times.tick = settings.times.piece = std::chrono::milliseconds(1);
  return settings;
}

http::Request request_for(std::string_view operation, std::string body = "{}") {
  http::Request request;
  request.method = "POST";
  request.target = "/";
  request.headers = {{"Host", "127.0.0.1:1043"},
                     {"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", fmt::format("Logs_20140328.{}", operation)}};
  request.body = std::move(body);
  return request;
}

void sign(http::Request& request, WallTime when = noon(), const aws::Credentials& key = kKey) {
  aws::SignableRequest signable;
  signable.method = request.method;
  const std::string_view target = request.target;
  signable.path = target.substr(0, std::min(target.find('?'), target.size()));
  signable.query = target.substr(std::min(signable.path.size() + 1, target.size()));
  signable.headers = request.headers;
  signable.body = request.body;
  for (auto& header : aws::sign(signable, key, {"eu-west-1", "logs"}, when)) {
    request.headers.push_back(header);
  }
}

void set(http::Request& request, std::string_view name, std::string value) {
  std::erase_if(request.headers, [&](const auto& field) { return field.first == name; });
  request.headers.emplace_back(name, std::move(value));
}

std::string header_of(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string type_of(const http::Response& response) {
  boost::system::error_code error;
  const auto body = boost::json::parse(response.body, error);
  const auto* object = error ? nullptr : body.if_object();
  if (object == nullptr || !object->contains("__type")) return "";
  EXPECT_FALSE(object->at("message").as_string().empty());
  return boost::json::value_to<std::string>(object->at("__type"));
}

class ApiServerTest : public testing::Test {
 protected:
  http::Response ask(const http::Request& request) {
    return answer_api_request(request, settings_, service_);
  }
  std::string type_asked(const http::Request& request) {
    const int calls = service_.calls;
    const http::Response response = ask(request);
    EXPECT_NE(response.status, 200);
    EXPECT_EQ(service_.calls, calls) << "a refused request reached the service";
    return type_of(response);
  }
  FakeService service_;
  ApiSettings settings_ = settings_with({});
};

TEST_F(ApiServerTest, CarriesOutTheOperationOfTheTarget) {
  const http::Response response = ask(request_for("FilterLogEvents", R"({"a":1})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"(FilterLogEvents({"a":1}))");
  EXPECT_EQ(header_of(response, "Content-Type"), "application/x-amz-json-1.1");
}

TEST_F(ApiServerTest, PassesOnTheErrorsOfTheService) {
  const http::Response response = ask(request_for("Fail"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(type_of(response), "ResourceNotFoundException");
}

TEST_F(ApiServerTest, GivesEachAnswerAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    const std::string id = header_of(ask(request_for("X")), "x-amzn-RequestId");
    EXPECT_EQ(id.size(), 36U) << id;
    EXPECT_EQ(id[14], '4') << id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 50U);
}

TEST_F(ApiServerTest, KnowsNothingButPostToTheRoot) {
  http::Request request = request_for("X");
  request.method = "PUT";
  EXPECT_EQ(ask(request).status, 405);
  request = request_for("X");
  for (const char* target : {"", "Logs_20140328", "Logs_20150101.X", "ssm.X"}) {
    set(request, "X-Amz-Target", target);
    EXPECT_EQ(type_asked(request), "UnknownOperationException") << target;
  }
}

TEST_F(ApiServerTest, LeavesEverythingButAPostToTheRootToTheConsole) {
  settings_.keys = {kKey};  // whom it lets in is its own affair
  for (const auto& [method, target] : {std::pair{"GET", "/"},
                                       {"HEAD", "/"},
                                       {"GET", "/?a=b"},
                                       {"GET", "/flows"},
                                       {"POST", "/api/explain"},
                                       {"POST", "//"},
                                       {"DELETE", "/v1/logs"}}) {
    http::Request request = request_for("X");
    request.method = method;
    request.target = target;
    request.headers.emplace_back("Origin", "http://127.0.0.1:1043");
    EXPECT_EQ(ask(request).body, std::string("elsewhere: ") + target) << method;
  }
  EXPECT_EQ(service_.calls, 0);
}

// ---- signatures

TEST_F(ApiServerTest, WantsEverythingSignedOnceItHasKeys) {
  settings_.keys = {kKey};
  http::Request request = request_for("X");
  EXPECT_EQ(type_asked(request), "MissingAuthenticationTokenException");
  sign(request);
  EXPECT_EQ(ask(request).body, "X({})");
  request.body = "{} ";
  EXPECT_EQ(type_asked(request), "InvalidSignatureException");
}

TEST_F(ApiServerTest, SaysWhatIsWrongWithASignature) {
  settings_.keys = {kKey};
  http::Request request = request_for("X");
  sign(request, noon() - std::chrono::minutes(6));
  EXPECT_EQ(type_asked(request), "InvalidSignatureException");
  EXPECT_NE(ask(request).body.find("Signature expired: 20261122T115400Z"), std::string::npos);
  request = request_for("X");
  sign(request, noon(), {"AKIDOTHER", "a secret", ""});
  EXPECT_EQ(type_asked(request), "UnrecognizedClientException");
  request = request_for("X");
  sign(request, noon(), {"AKIDLOCAL", "another secret", ""});
  EXPECT_EQ(type_asked(request), "InvalidSignatureException");
  request = request_for("X");
  sign(request);
  set(request, "Authorization", "Bearer x");
  EXPECT_EQ(type_asked(request), "IncompleteSignatureException");
}

TEST_F(ApiServerTest, SeesTheQueryOfTheTargetInTheSignature) {
  settings_.keys = {kKey};
  http::Request request = request_for("X");
  request.target = "/?b=2&a=1";
  sign(request);
  EXPECT_EQ(ask(request).status, 200);
  request.target = "/?b=2&a=2";
  EXPECT_EQ(type_asked(request), "InvalidSignatureException");
}

TEST_F(ApiServerTest, TakesAnySignatureWhileItHasNoKeys) {
  http::Request request = request_for("X");
  sign(request, noon() - std::chrono::hours(1));
  EXPECT_EQ(ask(request).status, 200);
}

TEST_F(ApiServerTest, RefusesTwoTargets) {
  http::Request request = request_for("X");
  request.headers.emplace_back("x-amz-target", "Logs_20140328.Y");
  EXPECT_EQ(type_asked(request), "IncompleteSignatureException");
}

// ---- browsers

TEST_F(ApiServerTest, RefusesWebPages) {
  for (const char* origin : {"https://evil.example", "null", "http://127.0.0.1:1043", ""}) {
    http::Request request = request_for("X");
    request.headers.emplace_back("origin", origin);
    EXPECT_EQ(type_asked(request), "AccessDeniedException") << origin;
    EXPECT_EQ(ask(request).status, 403);
  }
  settings_.keys = {kKey};
  http::Request request = request_for("X");
  sign(request);
  request.headers.emplace_back("Origin", "https://evil.example");
  EXPECT_EQ(type_asked(request), "AccessDeniedException");
}

TEST_F(ApiServerTest, AnswersWithoutKeysToThisHostsNamesOnly) {
  for (const char* host :
       {"evil.example", "evil.example:1043", "10.0.0.1:1043", "localhost.evil.example",
        "127.0.0.1.evil.example", "[::2]:1043", "[::1]x", "", ":", "0.0.0.0:1043"}) {
    http::Request request = request_for("X");
    set(request, "Host", host);
    EXPECT_EQ(type_asked(request), "AccessDeniedException") << host;
  }
  for (const char* host :
       {"localhost", "LocalHost:1", "127.0.0.1", "127.8.9.1:80", "[::1]", "[::1]:9"}) {
    http::Request request = request_for("X");
    set(request, "Host", host);
    EXPECT_EQ(ask(request).status, 200) << host;
  }
}

// So that the cloud's own name can be made to point here.
TEST_F(ApiServerTest, AnswersWithKeysToAnySignedName) {
  settings_.keys = {kKey};
  http::Request request = request_for("X");
  set(request, "Host", "logs.eu-west-1.amazonaws.com");
  sign(request);
  EXPECT_EQ(ask(request).status, 200);
}

// ---- over the network

TEST(ApiServer, ServesSignedRequestsBehindTls) {
  FakeService service;
  const http::TestCertificate certificate;
  ApiSettings settings = settings_with({kKey});
  settings.tls = http::TlsFiles{certificate.certificate(), certificate.key()};
  const auto server = ApiServer::start(settings, service);
  ASSERT_TRUE(server) << server.error().message;
  http::Request request = request_for("DescribeLogGroups");
  sign(request);
  std::string text = "POST / HTTP/1.1\r\nContent-Length: 2\r\n";
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  http::RawClient client((*server)->port());
  ASSERT_TRUE(client.start_tls(certificate.certificate(), "localhost"));
  client.send(text + "\r\n{}");
  EXPECT_EQ(client.read_answer().body, "DescribeLogGroups({})");
}

TEST(ApiServer, TailsAsAStreamOfEvents) {
  FakeService service;
  const auto server = ApiServer::start(settings_with({}), service);
  ASSERT_TRUE(server);
  http::RawClient client((*server)->port());
  const auto tail = [&](std::string_view body) {
    client.send(
        fmt::format("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n"
                    "X-Amz-Target: Logs_20140328.StartLiveTail\r\n\r\n{}",
                    body.size(), body));
    return client.read_answer();
  };
  const http::RawAnswer answer = tail("{}");
  EXPECT_EQ(answer.header("Content-Type"), "application/vnd.amazon.eventstream");
  EXPECT_EQ(answer.body, "frame1frame2frame3");
  const http::RawAnswer refused = tail("bad");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.body, "no");
}

TEST(ApiServer, IsOpenToOtherHostsOnlyWithKeysAndTls) {
  FakeService service;
  const http::TestCertificate certificate;
  const http::TlsFiles files{certificate.certificate(), certificate.key()};
  for (const bool tls : {false, true}) {
    for (const bool keys : {false, true}) {
      ApiSettings settings =
          settings_with(keys ? std::vector{kKey} : std::vector<aws::Credentials>());
      if (tls) settings.tls = files;
      settings.listen = {"0.0.0.0", 0, false};
      const auto server = ApiServer::start(settings, service);
      ASSERT_EQ(server.has_value(), tls && keys);
      if (server) continue;
      const std::string& message = server.error().message;
      EXPECT_EQ(message.find("tls_certificate") == std::string::npos, tls) << message;
      EXPECT_EQ(message.find("credentials_file") == std::string::npos, keys) << message;
      EXPECT_NE(message.find("127.0.0.1"), std::string::npos) << message;
    }
  }
}

TEST(ApiServer, SaysWhatToDoWhenThePortIsTaken) {
  FakeService service;
  const auto server = ApiServer::start(settings_with({}), service);
  ASSERT_TRUE(server);
  ApiSettings settings = settings_with({});
  settings.listen.port = (*server)->port();
  const auto second = ApiServer::start(settings, service);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("write another one in `listen`"), std::string::npos);
}

}  // namespace
}  // namespace dn::daemon
