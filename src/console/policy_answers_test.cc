// Answers over a small policy and a few lines; what they say in detail is tested in review/.
#include "console/policy_answers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "console/console.h"
#include "console/testing/small_policy.h"
#include "logs/testing/service_world.h"

namespace dn::console {
namespace {

using logs::testing::parse_json;

constexpr std::int64_t kNow = logs::testing::kNow;

class PolicyAnswers : public ::testing::Test {
 protected:
  PolicyAnswers() {
    sources_.policy = [policy = testing::small_policy()] { return policy; };
    sources_.names = [] {
      return std::vector<ResolvedName>{
          {"api.example.com", {*parse_ipv4("192.0.2.1"), *parse_ipv4("192.0.2.2")}, ""},
          {"gone.example", {}, "does not exist (NXDOMAIN); check the spelling"}};
    };
    for (const auto& line : testing::small_flow_log()) world_.catalog.append_own("flow", line);
  }
  logs::ServiceAnswer ask(std::string_view which, std::string_view body,
                          std::string_view query = "") {
    const PolicyQuestion question{
        .sources = sources_,
        .logs = *world_.service,
        .group = "DiscrimiNAT",
        .clock =
            [] { return Now{.monotonic = {}, .wall = WallTime{std::chrono::milliseconds(kNow)}}; },
        .stopping = {},
        .query = query,
        .body = body};
    return answer_policy_question(which, question, searches_);
  }
  boost::json::value get(std::string_view which, std::string_view body,
                         std::string_view query = "") {
    const auto answer = ask(which, body, query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return parse_json(answer.body);
  }
  static std::string period(std::string_view more = "") {
    return fmt::format(R"({{"from":{},"to":{}{}}})", kNow - 3'600'000, kNow + 3'600'000, more);
  }

  logs::testing::ServiceWorld world_;
  ConsoleSources sources_;
  std::atomic<int> searches_ = 0;
};

TEST_F(PolicyAnswers, ExplainSaysWhyAndWhatWouldAllowIt) {
  const auto refused = get("explain", R"({"src":"10.0.1.10","to":"unlisted.example"})");
  EXPECT_EQ(refused.at("allowed"), false);
  EXPECT_EQ(refused.at("reason"), "not-allowlisted");
  EXPECT_EQ(refused.at("annotation"), "discriminat:tls:unlisted.example");
  const auto allowed =
      get("explain", R"({"src":"10.0.1.10","to":"x.wild.example","port":443,"proto":"tls"})");
  EXPECT_EQ(allowed.at("allowed"), true);
  EXPECT_EQ(allowed.at("gid"), "sg-web");
  EXPECT_EQ(allowed.at("addr"), "*.wild.example");
}

TEST_F(PolicyAnswers, ExplainSaysWhatIsWrongWithTheQuestion) {
  for (const std::string_view body :
       {R"({"src":"10.0.1.999","to":"a.example"})", R"({"src":"10.0.1.10","to":"a b"})",
        R"({"src":"10.0.1.10"})", R"({"src":"10.0.1.10","to":"a.example","port":0})",
        R"({"src":"10.0.1.10","to":"a.example","proto":"quic"})", "[]", "{"}) {
    EXPECT_EQ(ask("explain", body).status, 400) << body;
  }
}

TEST_F(PolicyAnswers, ThePolicyHasRulesRevisionAndResolvedNames) {
  const auto policy = get("policy", "");
  EXPECT_EQ(policy.at("source"), "file");
  EXPECT_EQ(policy.at("revision"), 7);
  EXPECT_EQ(policy.at("clients").as_array().size(), 2U);
  EXPECT_EQ(policy.at("names").at("api.example.com").at("addresses").as_array().size(), 2U);
  EXPECT_NE(policy.at("names").at("gone.example").at("problem").as_string().find("NXDOMAIN"),
            std::string::npos);
  EXPECT_EQ(get("policy", "", "client=10.0.1.11").at("clients").as_array().size(), 1U);
  EXPECT_EQ(ask("policy", "", "client=x").status, 400);
}

TEST_F(PolicyAnswers, APolicyThatIsTooLargeIsShownByClient) {
  auto large = *testing::small_policy();
  auto& other = large.input.groups.emplace_back();
  other.gid = "sg-other";
  for (std::size_t size = 0; size <= kPolicyTextMax; size += 250) {
    other.egress.push_back(
        {.description = "discriminat:tls:" + std::string(234, 'a'), .where = ""});
  }
  sources_.policy = [policy = std::make_shared<const PolicyInForce>(std::move(large))] {
    return policy;
  };
  const auto refused = ask("policy", "");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("?client="), std::string::npos);
  EXPECT_EQ(ask("policy", "", "client=10.0.1.11").status, 200);
}

TEST_F(PolicyAnswers, ShortRulesWithLongListsAreTooLargeToo) {
  auto large = *testing::small_policy();
  const std::string arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/names";
  std::string& list = large.input.lists[arn];
  for (int i = 0; list.size() < 60'000; ++i) list += fmt::format("n{}.example\n", i);
  for (int i = 0; i < 100; ++i) {
    large.input.groups[0].egress.push_back({.description = "discriminat:tls:" + arn, .where = ""});
  }
  sources_.policy = [policy = std::make_shared<const PolicyInForce>(std::move(large))] {
    return policy;
  };
  EXPECT_NE(ask("policy", "").body.find("?client="), std::string::npos);
  EXPECT_NE(ask("policy", "", "client=10.0.1.10").body.find("command line"), std::string::npos);
  EXPECT_EQ(ask("policy", "", "client=10.0.1.11").status, 200);
}

TEST_F(PolicyAnswers, UsageCountsConnectionsByRule) {
  const auto usage = get("usage", period());
  ASSERT_EQ(usage.at("rules").as_array().size(), 2U) << boost::json::serialize(usage);
  for (const auto& rule : usage.at("rules").as_array()) {
    EXPECT_EQ(rule.at("gid"), "sg-web");
    EXPECT_EQ(rule.at("connections"), 1);
    const bool exact = rule.at("addr") == "api.example.com";
    EXPECT_EQ(rule.at("last"), exact ? "2026-11-22T03:10:00.000Z" : "2026-11-22T03:11:00.000Z");
  }
  EXPECT_EQ(usage.at("connections"), 3);
  EXPECT_EQ(usage.at("unmatched"), 1) << "what see-thru let through";
  EXPECT_EQ(usage.at("complete"), true);
}

TEST_F(PolicyAnswers, AnAllowlistHasNamesAndTheirCurve) {
  const auto list = get("allowlist", period(R"(,"gid":"sg-learning")"));
  ASSERT_EQ(list.at("names").as_array().size(), 1U);
  EXPECT_EQ(list.at("names").at(0).at("dhost"), "new.example");
  logs::testing::expect_json(boost::json::serialize(list.at("curve")),
                             R"([{"day":"2026-11-22","names":1}])");
}

TEST_F(PolicyAnswers, RulesForChosenNamesComeInThreeForms) {
  const auto rules = get("rules", R"({"into":"sg-learning","names":[)"
                                  R"({"proto":"tls","port":443,"dhost":"new.example"},)"
                                  R"({"proto":"tls","port":443,"dhost":"*.more.example"}]})");
  EXPECT_EQ(rules.at("rules").at(0).at("description"),
            "discriminat:tls:*.more.example,new.example");
  EXPECT_NE(rules.at("terraform").as_string().find("resource"), std::string::npos);
  EXPECT_NE(rules.at("policy_file").as_string().find("group.egress"), std::string::npos);
}

TEST_F(PolicyAnswers, ANameThatNoRuleCanHoldIsAnError) {
  for (const std::string_view name : {"*.com", "not a name", "*.*.example", ""}) {
    const auto answer = ask(
        "rules",
        fmt::format(R"({{"into":"g","names":[{{"proto":"tls","port":443,"dhost":"{}"}}]}})", name));
    EXPECT_EQ(answer.status, 400) << name;
  }
  EXPECT_EQ(ask("rules", R"({"into":"g"})").status, 400);
}

TEST_F(PolicyAnswers, AReplaySaysWhatWouldStillBeRefused) {
  const auto without = get("replay", period(R"(,"gid":"sg-learning","names":[])"));
  EXPECT_EQ(without.at("newly_refused"), 1);
  EXPECT_EQ(without.at("connections"), 1) << "the group's clients only";
  const auto with = get("replay", period(R"(,"gid":"sg-learning","names":[)"
                                         R"({"proto":"tls","port":443,"dhost":"new.example"}])"));
  EXPECT_EQ(with.at("newly_refused"), 0);
  EXPECT_EQ(ask("replay", period(R"(,"gid":"sg-none","names":[])")).status, 400);
}

TEST_F(PolicyAnswers, WithoutAPolicyItSaysHowToGetOne) {
  sources_.policy = nullptr;
  for (const std::string_view which :
       {"explain", "policy", "usage", "allowlist", "rules", "replay"}) {
    const auto answer = ask(which, "{}");
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find("--policy"), std::string::npos);
  }
}

TEST_F(PolicyAnswers, OnlyAFewSearchesRunAtOnce) {
  searches_ = kSearchesMax;
  EXPECT_EQ(ask("usage", period()).status, 429);
  EXPECT_EQ(ask("explain", R"({"src":"10.0.1.10","to":"a.example"})").status, 200);
  searches_ = kSearchesMax - 1;
  EXPECT_EQ(ask("usage", period()).status, 200);
  EXPECT_EQ(searches_, kSearchesMax - 1);
}

TEST_F(PolicyAnswers, APeriodHasABeginningAndAnEnd) {
  for (const std::string_view body :
       {"{}", R"({"from":1})", R"({"from":2,"to":1})", R"({"from":-1,"to":1})",
        R"({"from":"1","to":2})", R"({"from":0,"to":9223372036854775807})"}) {
    EXPECT_EQ(ask("usage", body).status, 400) << body;
  }
}

}  // namespace
}  // namespace dn::console
