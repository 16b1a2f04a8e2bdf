// What may be chosen, what is told about the rest, and what the candidate of a replay lets through.
#include "review/chosen_rules.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;
using policy::WildcardExposure;

auto check(const std::vector<ChosenName>& names,
           WildcardExposure exposure = WildcardExposure::ProhibitPublicSuffix) {
  return check_chosen_names(names, exposure, suffixes());
}

std::string error_of(const ChosenName& name,
                     WildcardExposure exposure = WildcardExposure::ProhibitPublicSuffix) {
  const auto checked = check({{"tls", 443, "good.example"}, name}, exposure);
  return checked ? "" : checked.error().message;
}

TEST(ChosenNames, AreTakenInTheirComparedForm) {
  const auto checked = check({{"tls", 443, "API.Example.com."},
                              {"tls", 1, "*.b.example"},
                              {"ssh", 65535, "198.51.100.7"},
                              {"tls", 443, "bücher.example"}});
  ASSERT_TRUE(checked);
  const std::vector<NameOnPort> want = {{443, Protocol::Tls, "api.example.com"},
                                        {1, Protocol::Tls, "*.b.example"},
                                        {65535, Protocol::Ssh, "198.51.100.7"},
                                        {443, Protocol::Tls, "xn--bcher-kva.example"}};
  EXPECT_EQ(*checked, want);
  EXPECT_TRUE(check({})->empty());
}

TEST(ChosenNames, AreRefusedWithWhatToWriteInstead) {
  struct Case {
    ChosenName name;
    std::string_view want;
  };
  const std::vector<Case> cases = {
      {{"http", 80, "a.example"},
       R"("a.example": no rule is for the protocol "http"; write "tls" or "ssh")"},
      {{"", 80, "a.example"}, R"("a.example": no rule is for the protocol ""; write "tls" or )"},
      {{"unknown", 80, "a.example"}, R"("a.example": no rule is for the protocol "unknown"; )"},
      {{"tls", 0, "a.example"}, R"("a.example": 0 is no port; write one from 1 to 65535)"},
      {{"tls", 65536, "a.example"}, R"("a.example": 65536 is no port; write one from 1 to 65535)"},
      {{"tls", -1, "a.example"}, R"("a.example": -1 is no port; )"},
      {{"tls", 443, "https://a.example/x"}, R"("https://a.example/x": a URL; write "a.example")"},
      {{"tls", 443, "10.1.2.3"}, R"("10.1.2.3": a special address (private use))"},
      {{"tls", 443, "arn:aws:ssm:eu-west-1:123456789012:parameter/x"},
       R"("arn:aws:ssm:eu-west-1:123456789012:parameter/x": this is a list; write a name)"},
      {{"ssh", 22, "*.a.example"}, R"("*.a.example": SSH carries no host name, so a wildcard )"},
      {{"tls", 443, "*.github.io"},
       "\"*.github.io\": publicsuffix[.]org list matched with "
       "`github.io`; anybody could register"},
  };
  for (const Case& c : cases) EXPECT_TRUE(error_of(c.name).starts_with(c.want)) << error_of(c.name);
  // Nothing may end the member, the annotation or the string that it is put into.
  for (const std::string_view text :
       {"", "a.example,b.example", "a.example b", "a.example\"", "a.example\n", "a.example\\",
        "${a}.example", "a.example;", "a.example]", "#a.example"}) {
    EXPECT_NE(error_of({"tls", 443, std::string(text)}), "") << text;
  }
}

TEST(ChosenNames, ReachAsFarAsThePreferenceAllows) {
  const ChosenName exposed{"tls", 443, "*.github.io"};
  const ChosenName pattern{"tls", 443, "*.a.example"};
  EXPECT_EQ(error_of(exposed, WildcardExposure::Nuclear), "");
  EXPECT_EQ(error_of(pattern, WildcardExposure::None),
            "\"*.a.example\": the preference wildcard_exposure \"none\" prohibits wildcards; list "
            "the names");
  EXPECT_NE(error_of(pattern, WildcardExposure::ProhibitAsterisk), "");
  EXPECT_EQ(error_of({"tls", 443, "?.a.example"}, WildcardExposure::ProhibitAsterisk), "");
}

TEST(ChosenNames, HaveAMost) {
  std::vector<ChosenName> names(kChosenNamesMax, {"tls", 443, "a.example"});
  EXPECT_TRUE(check(names));
  names.push_back(names.front());
  EXPECT_EQ(check(names).error().message,
            "10001 names are more than 10000; ask in parts, or put them into a list");
}

WrittenRules written() {
  return write_rules(*check({{"tls", 443, "a.example"}, {"tls", 443, "*.b.example"}}), {});
}

TEST(ChosenRules, PrintJson) {
  std::ostringstream out;
  print_chosen_rules_json(written(), "sg-\"web\"", out);
  const auto value = boost::json::parse(out.str());
  ASSERT_EQ(value.at("rules").as_array().size(), 1U);
  const auto& rule = value.at("rules").at(0);
  EXPECT_EQ(rule.at("protocol").as_string(), "tcp");
  EXPECT_EQ(rule.at("port").as_int64(), 443);
  EXPECT_EQ(rule.at("destination").as_string(), "0.0.0.0/0");
  EXPECT_EQ(rule.at("description").as_string(), "discriminat:tls:*.b.example,a.example");
  EXPECT_TRUE(value.at("terraform").as_string().starts_with("\nresource \"aws_vpc_"));
  EXPECT_NE(value.at("terraform").as_string().find("= \"sg-\\\"web\\\"\""),
            boost::json::string::npos);
  EXPECT_EQ(value.at("policy_file").as_string(),
            "[[group.egress]]\ndescription = \"discriminat:tls:*.b.example,a.example\"\n"
            "ports = 443\n");
  EXPECT_TRUE(value.at("notes").as_array().empty());
}

std::string long_name(int number) {
  return "some-rather-long-name-" + std::to_string(number) + ".example";
}

TEST(ChosenRules, PrintTextOfAnyLength) {
  std::vector<ChosenName> names;
  for (int i = 0; i < 2000; ++i) names.push_back({"tls", 443, long_name(i)});
  std::ostringstream out;
  print_chosen_rules_json(write_rules(*check(names), {}), "sg-web", out);
  const auto value = boost::json::parse(out.str());
  const auto& terraform = value.at("terraform").as_string();
  EXPECT_NE(terraform.find(long_name(1999)), boost::json::string::npos);
  EXPECT_EQ(value.at("notes").as_array().size(), 1U);  // more rules than AWS allows
}

bool allows(const policy::PolicyInput& input, std::string_view address, std::string_view name) {
  const auto policy = compile(input);
  const auto* client = policy->find_client(*parse_ipv4(address));
  return client != nullptr &&
         client->match_name(Protocol::Tls, 443, *DomainName::parse(name)).has_value();
}

bool has_see_thru(const policy::PolicyInput& input, std::string_view address) {
  const auto policy = compile(input);
  const auto* client = policy->find_client(*parse_ipv4(address));
  return client != nullptr && client->see_thru() != nullptr;
}

policy::PolicyInput learning() {
  auto input =
      one_group("sg-open", {"discriminat:tls:old.example", "discriminat:see-thru:2026-11-30",
                            "DISCRIMINAT:see-thru:2026-11-29"});
  input.groups.push_back(group("sg-other", {"discriminat:see-thru:2026-11-30"}));
  input.clients.push_back(client("10.0.1.11", {"sg-other"}));
  return input;
}

TEST(Candidate, HasTheRulesAndNotTheSeeThruOfItsGroup) {
  const auto made = make_candidate(learning(), "sg-open", written());
  ASSERT_TRUE(made);
  for (const auto name : {"old.example", "a.example", "x.b.example"}) {
    EXPECT_TRUE(allows(*made, "10.0.1.10", name)) << name;
    EXPECT_FALSE(allows(*made, "10.0.1.11", name)) << name;
  }
  EXPECT_FALSE(has_see_thru(*made, "10.0.1.10"));
  EXPECT_TRUE(has_see_thru(*made, "10.0.1.11"));
}

TEST(Candidate, KeepsTheSeeThruOfThePreferencesUnlessThatIsAsked) {
  auto input = learning();
  input.preferences.see_thru = kToday;
  EXPECT_TRUE(has_see_thru(*make_candidate(input, "sg-open", written()), "10.0.1.10"));
  input.groups[0] = group("sg-open", {"discriminat:tls:old.example"});
  const auto made = make_candidate(input, "%default", written());
  ASSERT_TRUE(made);
  EXPECT_FALSE(has_see_thru(*made, "10.0.1.10"));
  EXPECT_FALSE(has_see_thru(*made, "10.9.9.9"));
  EXPECT_TRUE(has_see_thru(*made, "10.0.1.11"));  // by its own group
  EXPECT_TRUE(allows(*made, "10.0.1.10", "a.example"));
  EXPECT_TRUE(allows(*made, "10.0.1.11", "a.example"));
  EXPECT_FALSE(allows(*made, "10.9.9.9", "a.example"));
}

TEST(Candidate, NeedsAGroupThatThereIs) {
  const auto made = make_candidate(learning(), "sg-nobody", written());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "\"sg-nobody\": the policy has no such group; write the id of one");
}

}  // namespace
}  // namespace dn::review
