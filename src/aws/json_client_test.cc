#include "aws/json_client.h"

#include <gtest/gtest.h>

#include "aws/testing/fake_https.h"

namespace dn::aws {
namespace {

using std::chrono::milliseconds;

Outcome error(int status, std::string type, std::vector<Header> headers = {},
              std::string message = "why") {
  return answer_of(status, R"({"__type":")" + type + R"(","message":")" + message + R"("})",
                   std::move(headers));
}

struct Conversation {
  ServiceResult<std::string> result;
  std::vector<SeenRequest> seen;
  std::vector<milliseconds> waits;
};

Conversation ask(std::deque<Outcome> outcomes, SignedService service = {}) {
  Conversation said;
  FakeWorld world;
  service.scope = {"eu-west-1", "logs"};
  if (service.endpoint.host.empty()) service.endpoint = parse_endpoint_url("https://h").value();
  JsonClient client(std::make_unique<FakeHttps>(std::move(outcomes), said.seen), "Logs_20140328.",
                    std::move(service), world.surroundings());
  said.result = client.call("FilterLogEvents", "{}");
  said.waits = std::move(world.waits);
  return said;
}

SignedService signed_by(Credentials credentials) {
  SignedService service;
  service.credentials = std::make_shared<FixedCredentials>(std::move(credentials));
  return service;
}

TEST(JsonClient, AsksTheOperationByItsTarget) {
  const Conversation said = ask({});
  EXPECT_EQ(said.result, "{}");
  ASSERT_EQ(said.seen.size(), 1U);
  EXPECT_EQ(said.seen[0].body, "{}");
  EXPECT_EQ(said.seen[0].header("X-Amz-Target"), "Logs_20140328.FilterLogEvents");
  EXPECT_EQ(said.seen[0].header("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(said.seen[0].header("Host"), "h");
  EXPECT_EQ(said.seen[0].header("Authorization"), "");
}

TEST(JsonClient, SignsWhereItHasCredentials) {
  const Credentials credentials{"AKID", "secret", "token"};
  SignedService service = signed_by(credentials);
  service.endpoint = parse_endpoint_url("http://127.0.0.1:1043").value();
  const Conversation said = ask({}, service);
  SignableRequest request;
  request.headers = said.seen.at(0).headers;
  request.body = said.seen.at(0).body;
  EXPECT_EQ(verify(request, {&credentials, 1}, "logs", kNoon), SignatureFault::None);
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
  const SignedService service = signed_by({"AKID", "secret", ""});
  const auto late = [] {
    return error(400, "InvalidSignatureException", {{"Date", "Sun, 22 Nov 2026 13:00:00 GMT"}});
  };
  const Conversation said = ask({late()}, service);
  EXPECT_TRUE(said.result);
  ASSERT_EQ(said.seen.size(), 2U);
  EXPECT_EQ(said.seen[0].header("X-Amz-Date"), "20261122T120000Z");
  EXPECT_EQ(said.seen[1].header("X-Amz-Date"), "20261122T130000Z");
  EXPECT_EQ(ask({late(), late()}, service).seen.size(), 2U);
  const Outcome right =
      error(400, "InvalidSignatureException", {{"Date", "Sun, 22 Nov 2026 12:03:00 GMT"}});
  EXPECT_EQ(ask({right}, service).seen.size(), 1U);
}

// Has another pair after each refusal, up to its last.
class Renewable final : public CredentialProvider {
 public:
  explicit Renewable(int last) : last_(last) {}
  Result<Credentials> current() override {
    return Credentials{"AKID" + std::to_string(number_), "secret", ""};
  }
  bool replace(const Credentials&) override {
    if (number_ == last_) return false;
    ++number_;
    return true;
  }

 private:
  const int last_;
  int number_ = 1;
};

TEST(JsonClient, AsksOnceMoreWithNewCredentials) {
  const auto expired = error(400, "ExpiredTokenException");
  SignedService service;
  service.credentials = std::make_shared<Renewable>(2);
  const Conversation renewed = ask({expired}, service);
  EXPECT_TRUE(renewed.result);
  ASSERT_EQ(renewed.seen.size(), 2U);
  EXPECT_NE(renewed.seen[0].header("Authorization").find("=AKID1/"), std::string::npos);
  EXPECT_NE(renewed.seen[1].header("Authorization").find("=AKID2/"), std::string::npos);
  service.credentials = std::make_shared<Renewable>(1);
  EXPECT_EQ(ask({expired}, service).seen.size(), 1U) << "no others are there";
  service.credentials = std::make_shared<Renewable>(9);
  EXPECT_EQ(ask({expired, expired, expired}, service).seen.size(), 2U) << "once for each call";
}

TEST(JsonClient, TellsWhyItHasNoCredentials) {
  class None final : public CredentialProvider {
   public:
    Result<Credentials> current() override { return fail("set them"); }
    bool replace(const Credentials&) override { return false; }
  };
  SignedService service;
  service.credentials = std::make_shared<None>();
  const Conversation said = ask({}, service);
  ASSERT_FALSE(said.result);
  EXPECT_EQ(to_text(said.result.error()), "set them");
  EXPECT_TRUE(is_worth_a_retry(said.result.error())) << "somebody may set them";
  EXPECT_TRUE(said.seen.empty());
}

TEST(JsonClient, TakesWhatItSignedWithOutOfAnError) {
  const Credentials credentials{"ASIAEXAMPLEEXAMPLE00", "c2VjcmV0c2VjcmV0c2VjcmV0",
                                "dG9rZW4="
                                "dG9rZW4tdG9rZW4tdG9rZW4="};
  const std::string told = "sign ASIAEXAMPLEEXAMPLE00 with " + credentials.session_token + " and " +
                           credentials.session_token + ", " + credentials.secret_access_key;
  for (const char* type : {"InvalidSignatureException", "AccessDeniedException"}) {
    const Conversation said = ask({error(403, type, {}, told)}, signed_by(credentials));
    ASSERT_FALSE(said.result);
    EXPECT_EQ(said.result.error().message, "sign *** with *** and ***, ***");
    EXPECT_EQ(said.result.error().body.find("dG9rZW4"), std::string::npos);
  }
  const Conversation longer = ask({error(403, "X", {}, std::string(5000, 'x'))});
  EXPECT_EQ(longer.result.error().message.size(), kErrorTextMax);
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
