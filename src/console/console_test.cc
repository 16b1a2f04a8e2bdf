#include "console/console.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/ascii.h"
#include "logs/testing/service_world.h"

namespace dn::console {
namespace {

using namespace std::chrono_literals;
using logs::testing::parse_json;

constexpr std::string_view kBundle =
    R"([{"path":"/index.html","type":"text/html; charset=utf-8","immutable":false,)"
    R"("plain":[0,4],"brotli":[4,2]},)"
    R"({"path":"/app.1.js","type":"text/javascript","immutable":true,"plain":[6,2],"brotli":[8,1]}])"
    "\npageBRjsB";

std::string field_of(const http::Response& response, std::string_view name) {
  const auto found = std::ranges::find_if(
      response.headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
  return found == response.headers.end() ? "" : found->second;
}

class ConsoleTest : public testing::Test {
 protected:
  ConsoleSettings settings() {
    ConsoleSettings settings;
    settings.files = *ConsoleFiles::parse(kBundle);
    settings.sources = sources_;
    settings.tls = tls_;
    settings.clock = [this] { return now_; };
    settings.random = [this] { return ++random_; };
    return settings;
  }
  Console& console() {
    if (!console_) console_ = std::make_unique<Console>(settings(), *world_.service);
    return *console_;
  }
  void with_keys() {
    sources_.check_key = [](std::string_view id, std::string_view secret) {
      return id == "ALICE" && secret == "wonderland";
    };
  }
  static http::Request get(std::string target) {
    http::Request request;
    request.method = "GET";
    request.target = std::move(target);
    request.headers = {{"Host", "127.0.0.1:1043"}};
    return request;
  }
  static http::Request post(std::string target, std::string body) {
    http::Request request = get(std::move(target));
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    request.body = std::move(body);
    return request;
  }
  http::Response ask(const http::Request& request) { return console().answer(request); }
  // The name and value of the cookie that a login gives.
  std::string log_in(std::string_view secret = "wonderland") {
    const auto response =
        ask(post("/api/login", fmt::format(R"({{"id":"ALICE","secret":"{}"}})", secret)));
    const std::string cookie = field_of(response, "Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  std::string login_of(const http::Request& request) {
    return std::string(parse_json(ask(request).body).at("login").as_string());
  }

  logs::testing::ServiceWorld world_;
  ConsoleSources sources_;
  bool tls_ = false;
  Now now_{.monotonic = MonotonicTime{1000h},
           .wall = WallTime{std::chrono::milliseconds(logs::testing::kNow)}};
  std::uint64_t random_ = 0;
  std::unique_ptr<Console> console_;
};

// ---- files

TEST_F(ConsoleTest, EveryViewIsTheSamePage) {
  for (const char* path :
       {"/", "/flows", "/insights?query=fields", "/allowlist", "/policy?a=%2e", "/login"}) {
    const auto response = ask(get(path));
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, "page");
    EXPECT_EQ(field_of(response, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(field_of(response, "Cache-Control"), "no-cache");
    EXPECT_EQ(field_of(response, "Content-Encoding"), "");
  }
}

TEST_F(ConsoleTest, ABrowserThatTakesBrotliGetsIt) {
  http::Request request = get("/app.1.js");
  request.headers.emplace_back("Accept-Encoding", "gzip, br");
  const auto response = ask(request);
  EXPECT_EQ(response.body, "B");
  EXPECT_EQ(field_of(response, "Content-Encoding"), "br");
  EXPECT_EQ(field_of(response, "Vary"), "Accept-Encoding");
  EXPECT_NE(field_of(response, "Cache-Control").find("immutable"), std::string::npos);
}

TEST_F(ConsoleTest, NoPathLeadsOutOfTheBundle) {
  for (const char* path :
       {"/../etc/passwd", "/app.1.js/..", "//app.1.js", "/%61pp.1.js", "/index.html%00", "/flows/",
        "/..%2f..%2fetc/passwd", "/\\..\\etc", "*", "", "/apix"}) {
    EXPECT_EQ(ask(get(path)).status, 404) << path;
  }
  http::Request request = get("/flows");
  request.method = "POST";
  EXPECT_EQ(ask(request).status, 405);
  EXPECT_EQ(field_of(ask(request), "Allow"), "GET, HEAD");
}

TEST_F(ConsoleTest, WithoutABundleItSaysWhatIsHere) {
  ConsoleSettings without = settings();
  without.files = *ConsoleFiles::parse("");
  Console console(std::move(without), *world_.service);
  EXPECT_NE(console.answer(get("/")).body.find("aws logs"), std::string::npos);
  EXPECT_EQ(console.answer(get("/app.1.js")).status, 404);
}

TEST_F(ConsoleTest, EveryAnswerForbidsFramesScriptsAndGuesses) {
  for (const auto& request : {get("/"), get("/nothing"), get("/api/session"), get("/api/nothing"),
                              post("/api/explain", "{}")}) {
    const auto response = ask(request);
    EXPECT_EQ(field_of(response, "X-Frame-Options"), "DENY") << request.target;
    EXPECT_EQ(field_of(response, "X-Content-Type-Options"), "nosniff");
    const std::string policy = field_of(response, "Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(field_of(response, "Access-Control-Allow-Origin"), "");
  }
}

// ---- who may ask

TEST_F(ConsoleTest, AnotherPageGetsNothing) {
  for (const auto& [name, value] : {std::pair{"Origin", "https://evil.test"},
                                    {"Origin", "null"},
                                    {"Sec-Fetch-Site", "cross-site"}}) {
    for (http::Request request :
         {get("/api/status"), get("/api/session"), post("/api/logs/DescribeLogGroups", "{}"),
          post("/api/login", R"({"id":"ALICE","secret":"wonderland"})")}) {
      request.headers.emplace_back(name, value);
      EXPECT_EQ(ask(request).status, 403) << request.target << " " << value;
    }
  }
  http::Request rebound = get("/api/status");
  rebound.headers[0].second = "evil.test";
  EXPECT_EQ(ask(rebound).status, 403);
}

TEST_F(ConsoleTest, AFormCannotAsk) {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
    http::Request request = post("/api/logs/DescribeLogGroups", "{}");
    request.headers.back().second = type;
    EXPECT_EQ(ask(request).status, 415) << type;
  }
}

TEST_F(ConsoleTest, WithoutKeysThisHostMayAsk) {
  EXPECT_EQ(login_of(get("/api/session")), "none");
  EXPECT_EQ(ask(get("/api/status")).status, 200);
  EXPECT_EQ(ask(post("/api/logs/DescribeLogGroups", "{}")).status, 200);
}

TEST_F(ConsoleTest, WithKeysAStrangerMustLogIn) {
  with_keys();
  EXPECT_EQ(login_of(get("/api/session")), "needed");
  for (const auto& request : {get("/api/status"), get("/api/policy"), post("/api/explain", "{}"),
                              get("/api/nothing"), post("/api/logs/DescribeLogGroups", "{}")}) {
    EXPECT_EQ(ask(request).status, 401) << request.target;
  }
  EXPECT_EQ(ask(get("/")).status, 200) << "the page itself is no secret";
}

TEST_F(ConsoleTest, ALoginLastsUntilItsEnd) {
  with_keys();
  EXPECT_EQ(log_in("wrong"), "");
  const std::string cookie = log_in();
  EXPECT_EQ(cookie.size(), std::string("discriminat=").size() + 64);
  http::Request request = get("/api/status");
  request.headers.emplace_back("Cookie", cookie);
  EXPECT_EQ(ask(request).status, 200);
  request.target = "/api/session";
  EXPECT_EQ(login_of(request), "done");
  now_.monotonic += kSessionIdle;
  EXPECT_EQ(login_of(request), "needed");
}

TEST_F(ConsoleTest, LoggingOutEndsTheSessionHere) {
  with_keys();
  const std::string cookie = log_in();
  http::Request out = post("/api/logout", "{}");
  out.headers.emplace_back("Cookie", cookie);
  EXPECT_NE(field_of(ask(out), "Set-Cookie").find("Max-Age=0"), std::string::npos);
  http::Request request = get("/api/status");
  request.headers.emplace_back("Cookie", cookie);
  EXPECT_EQ(ask(request).status, 401);
}

TEST_F(ConsoleTest, TheCookieIsOutOfReachOfScriptsAndOtherSites) {
  with_keys();
  tls_ = true;
  const auto response = ask(post("/api/login", R"({"id":"ALICE","secret":"wonderland"})"));
  const std::string cookie = field_of(response, "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-discriminat="));
  for (const char* part : {"; HttpOnly", "; SameSite=Strict", "; Secure", "; Path=/"}) {
    EXPECT_NE(cookie.find(part), std::string::npos) << part;
  }
}

TEST_F(ConsoleTest, ToolsMaySendTheKeyItself) {
  with_keys();
  http::Request request = get("/api/status");
  request.headers.emplace_back("Authorization", "Basic QUxJQ0U6d29uZGVybGFuZA==");
  EXPECT_EQ(ask(request).status, 200);
  request.headers.back().second = "Basic QUxJQ0U6d29uZGVybGFuRA==";
  EXPECT_EQ(ask(request).status, 401);
}

// ---- answers

TEST_F(ConsoleTest, TheStatusOfALogEndpointSaysThatThereIsNoGateway) {
  logs::testing::expect_json(
      ask(get("/api/status")).body,
      R"({"kind":"logs","version":")" DN_VERSION
      R"(","time":"2026-11-22T03:15:00.000Z","group":"DiscrimiNAT","policy":false,"gateway":null})");
}

TEST_F(ConsoleTest, TheStatusOfAGatewayHoldsItsOwn) {
  sources_.gateway_status = [] { return std::string("{\"healthy\":true}\n"); };
  const auto status = parse_json(ask(get("/api/status")).body);
  EXPECT_EQ(status.at("kind"), "gateway");
  EXPECT_EQ(status.at("gateway").at("healthy"), true);
}

TEST_F(ConsoleTest, MetricsAreThoseOfAGateway) {
  EXPECT_EQ(ask(get("/metrics")).status, 404);
  std::string text;
  sources_.metrics = [&] { return text; };
  console_.reset();
  EXPECT_EQ(ask(get("/metrics")).status, 503);
  text = "discriminat_healthy 1\n";
  const auto response = ask(get("/metrics"));
  EXPECT_EQ(response.body, text);
  EXPECT_EQ(field_of(response, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  with_keys();
  console_.reset();
  http::Request request = get("/metrics");
  EXPECT_EQ(ask(request).status, 401);
  request.headers.emplace_back("Authorization", "Basic QUxJQ0U6d29uZGVybGFuZA==");
  EXPECT_EQ(ask(request).status, 200);
  request.headers.emplace_back("Origin", "https://evil.test");
  EXPECT_EQ(ask(request).status, 403);
}

TEST_F(ConsoleTest, OperationsThatReadAreThoseOfTheLogApi) {
  EXPECT_EQ(ask(post("/api/logs/DescribeLogGroups", "{}")).body,
            world_.ask("DescribeLogGroups", "{}").body);
  const auto refused = ask(post("/api/logs/StartQuery", R"({"logGroupName":"DiscrimiNAT",)"
                                                        R"("startTime":0,"endTime":1,)"
                                                        R"("queryString":"filter ("})"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("MalformedQueryException"), std::string::npos);
}

TEST_F(ConsoleTest, OperationsThatWriteAreNotHere) {
  for (const char* operation : {"PutLogEvents", "DeleteLogGroup", "CreateLogStream",
                                "PutRetentionPolicy", "StartLiveTail", "", "x/../StopQuery"}) {
    const auto response = ask(post(fmt::format("/api/logs/{}", operation), "{}"));
    EXPECT_EQ(response.status, 404) << operation;
  }
}

TEST_F(ConsoleTest, AWrongMethodIsToldTheRightOne) {
  EXPECT_EQ(field_of(ask(post("/api/status", "{}")), "Allow"), "GET");
  EXPECT_EQ(field_of(ask(get("/api/explain")), "Allow"), "POST");
  EXPECT_EQ(ask(get("/api/explain")).status, 405);
}

}  // namespace
}  // namespace dn::console
