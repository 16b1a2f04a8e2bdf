#include "aws/json_client.h"

#include <gtest/gtest.h>

#include <deque>

namespace dn::aws {
namespace {

using std::chrono::milliseconds;
using Outcome = tl::expected<HttpsAnswer, HttpsFailure>;

constexpr WallTime kNoon{std::chrono::seconds(1'795'348'800)};  // 22 November 2026

// Gives one prepared outcome after the other, and 200 with "{}" afterwards.
class FakeHttps : public HttpsClient {
 public:
  struct Seen {
    std::vector<Header> headers;
    std::string body;
  };
  FakeHttps(std::deque<Outcome> outcomes, std::vector<Seen>& seen)
      : outcomes_(std::move(outcomes)),
        seen_(seen) {}
  Outcome send(const HttpsRequest& request) override {
    seen_.push_back({request.headers, std::string(request.body)});
    if (outcomes_.empty()) return HttpsAnswer{200, {}, "{}"};
    Outcome next = std::move(outcomes_.front());
    outcomes_.pop_front();
    return next;
  }

 private:
  std::deque<Outcome> outcomes_;
  std::vector<Seen>& seen_;
};

Outcome error(int status, std::string type, std::vector<Header> headers = {}) {
  return HttpsAnswer{status, std::move(headers), R"({"__type":")" + type + R"(","message":"why"})"};
}

Outcome no_answer(bool may_pass) {
  return tl::unexpected(HttpsFailure{may_pass, "no answer"});
}

struct Conversation {
  tl::expected<std::string, ServiceError> result;
  std::vector<FakeHttps::Seen> seen;
  std::vector<milliseconds> waits;
};

Conversation ask(std::deque<Outcome> outcomes, JsonService service = {}) {
  Conversation said;
  service.target_prefix = "Logs_20140328.";
  service.scope = {"eu-west-1", "logs"};
  if (service.endpoint.host.empty()) service.endpoint = parse_endpoint_url("https://h").value();
  JsonSurroundings surroundings;
  surroundings.clock = [] { return kNoon; };
  surroundings.random = [] { return ~std::uint64_t{0}; };
  surroundings.sleep = [&](milliseconds wait) { said.waits.push_back(wait); };
  JsonClient client(std::make_unique<FakeHttps>(std::move(outcomes), said.seen), std::move(service),
                    std::move(surroundings));
  said.result = client.call("FilterLogEvents", "{}");
  return said;
}

std::string header_of(const FakeHttps::Seen& seen, std::string_view name) {
  for (const auto& [key, value] : seen.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(JsonClient, AsksTheOperationByItsTarget) {
  const Conversation said = ask({});
  EXPECT_EQ(said.result, "{}");
  ASSERT_EQ(said.seen.size(), 1U);
  EXPECT_EQ(said.seen[0].body, "{}");
  EXPECT_EQ(header_of(said.seen[0], "X-Amz-Target"), "Logs_20140328.FilterLogEvents");
  EXPECT_EQ(header_of(said.seen[0], "Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(header_of(said.seen[0], "Host"), "h");
  EXPECT_EQ(header_of(said.seen[0], "Authorization"), "");
}

TEST(JsonClient, SignsWhereItHasCredentials) {
  JsonService service;
  service.endpoint = parse_endpoint_url("http://127.0.0.1:1043").value();
  service.credentials = Credentials{"AKID", "secret", "token"};
  const Conversation said = ask({}, service);
  SignableRequest request;
  request.headers = said.seen.at(0).headers;
  request.body = said.seen.at(0).body;
  EXPECT_EQ(verify(request, {&*service.credentials, 1}, "logs", kNoon), SignatureFault::None);
}

TEST(JsonClient, TriesAgainWhatMayPass) {
  struct Case {
    std::string_view name;
    Outcome outcome;
  };
  const std::vector<Case> cases = {
      {"no answer", no_answer(true)},
      {"throttled", error(400, "ThrottlingException")},
      {"throttled, with a prefix", error(400, "com.amazonaws.logs#ThrottlingException")},
      {"throttled, with a suffix", error(400, "TooManyRequestsException:http://x/")},
      {"throttled, in a header", HttpsAnswer{400, {{"x-amzn-errortype", "Throttling"}}, ""}},
      {"throttled by status", error(429, "Any")},
      {"500", error(500, "InternalFailure")},
      {"502, no JSON", HttpsAnswer{502, {}, "<html>"}},
      {"503", error(503, "ServiceUnavailableException")},
      {"504", HttpsAnswer{504, {}, ""}},
      {"time-out", error(400, "RequestTimeoutException")},
  };
  for (const auto& [name, outcome] : cases) {
    const Conversation said = ask({outcome, outcome});
    EXPECT_EQ(said.result.value_or(""), "{}") << name;
    EXPECT_EQ(said.seen.size(), 3U) << name;
    const Conversation in_vain = ask(std::deque<Outcome>(10, outcome));
    EXPECT_TRUE(is_worth_a_retry(in_vain.result.error())) << name;
  }
}

TEST(JsonClient, TakesEveryOtherErrorForFinal) {
  struct Case {
    std::string_view name;
    Outcome outcome;
    std::string_view type, message;
  };
  const std::vector<Case> cases = {
      {"400", error(400, "ResourceNotFoundException"), "ResourceNotFoundException", "why"},
      {"403", error(403, "AccessDeniedException"), "AccessDeniedException", "why"},
      {"404, no JSON", HttpsAnswer{404, {}, "nothing here"}, "", "nothing here"},
      {"302", HttpsAnswer{302, {}, ""}, "", "HTTP status 302"},
      {"501", error(501, "NotImplemented"), "NotImplemented", "why"},
      {"expired", error(400, "ExpiredTokenException"), "ExpiredTokenException", "why"},
      {"bad signature", error(400, "InvalidSignatureException"), "InvalidSignatureException",
       "why"},
      {"capital M", HttpsAnswer{400, {}, R"({"__type":"A","Message":"m"})"}, "A", "m"},
      {"untrusted", no_answer(false), "", "no answer"},
  };
  for (const auto& [name, outcome, type, message] : cases) {
    const Conversation said = ask({outcome});
    ASSERT_FALSE(said.result) << name;
    EXPECT_EQ(said.seen.size(), 1U) << name;
    EXPECT_EQ(said.result.error().type, type) << name;
    EXPECT_EQ(said.result.error().message, message) << name;
    EXPECT_FALSE(is_worth_a_retry(said.result.error())) << name;
  }
}

TEST(JsonClient, GivesUpAfterItsAttempts) {
  const Conversation said = ask(std::deque<Outcome>(10, error(503, "ServiceUnavailableException")));
  ASSERT_FALSE(said.result);
  EXPECT_EQ(said.result.error().status, 503);
  EXPECT_EQ(said.seen.size(), 5U);
  EXPECT_EQ(said.waits.size(), 4U);
}

TEST(JsonClient, WaitsLongerEachTimeButNotForever) {
  const RetrySchedule schedule;
  EXPECT_EQ(longest_wait(schedule, 2), milliseconds(100));
  EXPECT_EQ(longest_wait(schedule, 3), milliseconds(200));
  EXPECT_EQ(longest_wait(schedule, 5), milliseconds(800));
  EXPECT_EQ(longest_wait(schedule, 10), milliseconds(20'000));
  EXPECT_EQ(longest_wait(schedule, 4'000'000'000U), milliseconds(20'000));
  const Conversation said = ask(std::deque<Outcome>(10, no_answer(true)));
  for (std::size_t i = 0; i < said.waits.size(); ++i) {
    EXPECT_LE(said.waits[i], longest_wait(schedule, static_cast<unsigned>(i + 2)));
  }
}

TEST(JsonClient, CorrectsAWrongClockOnce) {
  JsonService service;
  service.credentials = Credentials{"AKID", "secret", ""};
  const auto late = [] {
    return error(400, "InvalidSignatureException", {{"Date", "Sun, 22 Nov 2026 13:00:00 GMT"}});
  };
  const Conversation said = ask({late()}, service);
  EXPECT_TRUE(said.result);
  ASSERT_EQ(said.seen.size(), 2U);
  EXPECT_EQ(header_of(said.seen[0], "X-Amz-Date"), "20261122T120000Z");
  EXPECT_EQ(header_of(said.seen[1], "X-Amz-Date"), "20261122T130000Z");
  EXPECT_EQ(ask({late(), late()}, service).seen.size(), 2U);
  const Outcome right =
      error(400, "InvalidSignatureException", {{"Date", "Sun, 22 Nov 2026 12:03:00 GMT"}});
  EXPECT_EQ(ask({right}, service).seen.size(), 1U);
}

TEST(JsonClient, ReadsDatesOfOneForm) {
  EXPECT_EQ(parse_http_date("Sun, 22 Nov 2026 12:00:00 GMT"), kNoon);
  for (const char* text : {"", "Sun, 22 Nov 2026 12:00:00", "Sunday, 22-Nov-26 12:00:00 GMT",
                           "Sun, 31 Feb 2026 12:00:00 GMT", "Sun, 22 ovD 2026 12:00:00 GMT",
                           "Sun, 22 Nov 2026 -1:00:00 GMT", "Sun, 2x Nov 2026 12:00:00 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

}  // namespace
}  // namespace dn::aws
