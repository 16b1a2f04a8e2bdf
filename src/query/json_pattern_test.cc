#include "query/json_pattern.h"

#include <gtest/gtest.h>

#include "query/testing/pattern_answer.h"

namespace dn::query {
namespace {

using testing::answer;
using testing::AnswerCase;
using testing::ErrorCase;

template <std::size_t kCount>
void expect_answers(const AnswerCase (&rows)[kCount]) {
  for (const auto& [pattern, message, want] : rows) {
    EXPECT_EQ(answer(pattern, message), want) << pattern << "   " << message;
  }
}

// One message of every kind of value, and the conditions that hold for it.
TEST(JsonPattern, EachKindOfValueSatisfiesItsConditionsAndNoOther) {
  constexpr const char* kConditions[] = {
      "= x", "!= x", "= *",   "!= *",   "< 5",     "<= 5",    "> 5",      ">= 5",
      "= 5", "!= 5", "= %.%", "!= %.%", "IS NULL", "IS TRUE", "IS FALSE", "NOT EXISTS"};
  const struct {
    const char* message;
    std::vector<std::string> holds;
  } rows[] = {
      {R"({"b":1})", {"NOT EXISTS"}},
      {R"({"a":null})", {"IS NULL"}},
      {R"({"a":true})", {"IS TRUE"}},
      {R"({"a":false})", {"IS FALSE"}},
      {R"({"a":{}})", {}},
      {R"({"a":{"a":"x"}})", {}},
      {R"({"a":[]})", {}},
      {R"({"a":["x",5]})", {}},
      {R"({"a":"x"})", {"= x", "= *", "!= 5", "= %.%"}},
      {R"({"a":"true"})", {"!= x", "= *", "!= 5", "= %.%"}},
      {R"({"a":""})", {"!= x", "= *", "!= 5", "!= %.%"}},
      {R"({"a":"5"})", {"!= x", "= *", "= 5", "= %.%"}},
      {R"({"a":5})", {"!= x", "= *", "<= 5", ">= 5", "= 5", "= %.%"}},
      {R"({"a":-7.5})", {"!= x", "= *", "< 5", "<= 5", "!= 5", "= %.%"}},
      {R"({"a":6e2})", {"!= x", "= *", "> 5", ">= 5", "!= 5", "= %.%"}},
  };
  for (const auto& row : rows) {
    for (const std::string condition : kConditions) {
      const bool want = std::ranges::find(row.holds, condition) != row.holds.end();
      EXPECT_EQ(answer("{ $.a " + condition + " }", row.message), want ? "yes" : "no")
          << condition << " " << row.message;
    }
  }
}

TEST(JsonPattern, ComparesNumbersByValueAndTextsAsText) {
  expect_answers({
      {"{ $.n = 200 }", R"({"n":200})", "yes"},
      {"{ $.n = 200 }", R"({"n":200.0})", "yes"},
      {"{ $.n = 200.0 }", R"({"n":200})", "yes"},
      {"{ $.n = 2e2 }", R"({"n":200})", "yes"},
      {"{ $.n = +200 }", R"({"n":200})", "yes"},
      {"{ $.n = 0200 }", R"({"n":200})", "yes"},
      {"{ $.n = -0 }", R"({"n":0})", "yes"},
      {"{ $.n != 200.0 }", R"({"n":200})", "no"},
      {"{ $.n = 9007199254740993 }", R"({"n":9007199254740992})", "no"},
      {"{ $.n > 1e300 }", R"({"n":1e400})", "yes"},
      {"{ $.n < 0 }", R"({"n":-0.001})", "yes"},
      {"{ $.n = 200 }", R"({"n":"200"})", "yes"},
      {"{ $.n = 200 }", R"({"n":"200.0"})", "no"},
      {"{ $.n != 200 }", R"({"n":"200.0"})", "yes"},
      {"{ $.n = 10.1 }", R"({"n":"10.1"})", "yes"},
      {"{ $.n > 2 }", R"({"n":"3"})", "no"},
      {"{ $.n <= 2 }", R"({"n":"2"})", "no"},
      {"{ $.n = \"200\" }", R"({"n":200})", "yes"},
      {"{ $.n = \"200\" }", R"({"n":200.0})", "no"},
      {"{ $.n != \"200\" }", R"({"n":200.0})", "yes"},
      {"{ $.n = \"2e2\" }", R"({"n":2e2})", "yes"},
      {"{ $.n = %^20% }", R"({"n":200})", "yes"},
      {"{ $.n != %^20% }", R"({"n":300})", "yes"},
      {"{ $.s = word }", R"({"s":"word"})", "yes"},
      {"{ $.s = word }", R"({"s":"Word"})", "no"},
      {"{ $.s = word }", R"({"s":"words"})", "no"},
      {"{ $.s = \"two words\" }", R"({"s":"two words"})", "yes"},
      {"{ $.s = \"\" }", R"({"s":""})", "yes"},
      {"{ $.s = \"\" }", R"({"s":" "})", "no"},
      {"{ $.s = \"\" }", R"({"s":0})", "no"},
      {"{ $.s != \"\" }", R"({"s":0})", "yes"},
      {"{ $.s = * }", R"({"s":""})", "yes"},
      {"{ $.s = \"*\" }", R"({"s":0})", "yes"},
      {"{ $.s = .5 }", R"({"s":".5"})", "yes"},  // not a number, so a word
      {"{ $.s = 1.2.3 }", R"({"s":"1.2.3"})", "yes"},
  });
}

TEST(JsonPattern, WildcardsInValuesStandForAnyText) {
  expect_answers({
      {"{ $.s = api.* }", R"({"s":"api.example.com"})", "yes"},
      {"{ $.s = api.* }", R"({"s":"my.api.example.com"})", "no"},
      {"{ $.s = *.com }", R"({"s":"api.example.com"})", "yes"},
      {"{ $.s = \"*example*\" }", R"({"s":"api.example.com"})", "yes"},
      {"{ $.s = *example* }", R"({"s":"api.exam.com"})", "no"},
      {"{ $.s = a*c }", R"({"s":"abc"})", "yes"},
      {"{ $.s = a*c }", R"({"s":"ac"})", "yes"},
      {"{ $.s = a*a }", R"({"s":"a"})", "no"},
      {"{ $.s = a*b*c }", R"({"s":"a-c-b-c"})", "yes"},
      {"{ $.s = a*b*c }", R"({"s":"a-c-b"})", "no"},
      {"{ $.s = *111.111 }", R"({"s":"111.111.111"})", "yes"},
      {"{ $.s = ** }", R"({"s":"anything"})", "yes"},
      {"{ $.n = 1* }", R"({"n":123})", "yes"},
      {"{ $.n = *23 }", R"({"n":123})", "yes"},
      {"{ $.n = 12.3* }", R"({"n":12.34})", "yes"},
      {"{ $.n != 3* }", R"({"n":123})", "yes"},
      {"{ $.s != \"x*\" }", R"({"s":"xyz"})", "no"},
  });
}

TEST(JsonPattern, ReadsQuotedTextsAsTheyAre) {
  expect_answers({
      {R"({ $.s = "say \"hi\"" })", R"({"s":"say \"hi\""})", "yes"},
      {R"({ $.s = "back\\slash" })", R"({"s":"back\\slash"})", "yes"},
      {R"({ $.s = "back\slash" })", R"({"s":"back\\slash"})", "yes"},
      {R"({ $.s = "a && b || c } ( ) [ , 50%" })", R"({"s":"a && b || c } ( ) [ , 50%"})", "yes"},
      {R"({ $.s = "%default" })", R"({"s":"%default"})", "yes"},
      {R"({ $.s = "caf)"
       "\xc3\xa9"
       R"(" })",
       R"({"s":"caf\u00e9"})", "yes"},
      {R"({ $.s = "caf)"
       "\xc3\xa9"
       R"(" })",
       "{\"s\":\"caf\xc3\xa9\"}", "yes"},
      {R"({ $.s = 'x' })", R"({"s":"x"})",
       "Invalid character(s) in term ''': the value to "
       "compare $.s with is missing"},
  });
}

TEST(JsonPattern, SelectsByNameIndexAndWildcard) {
  expect_answers({
      {"{ $.a.b.c = 1 }", R"({"a":{"b":{"c":1}}})", "yes"},
      {"{ $.a.b = 1 }", R"({"a":1})", "no"},
      {"{ $.a.b NOT EXISTS }", R"({"a":1})", "yes"},
      {"{ $.a.b NOT EXISTS }", R"({"a":null})", "yes"},
      {"{ $.a-b_c = 1 }", R"({"a-b_c":1})", "yes"},
      {"{ $.0 = 1 }", R"({"0":1})", "yes"},
      {"{ $.0 = 1 }", R"([1])", "no"},
      {"{ $[0] = 1 }", R"([1])", "yes"},
      {"{ $.[0] = 1 }", R"([1])", "yes"},
      {"{ $[1] = 1 }", R"([1])", "no"},
      {"{ $[1] NOT EXISTS }", R"([1])", "yes"},
      {"{ $[0] = 1 }", R"({"0":1})", "no"},
      {"{ $[99999999999999999999] NOT EXISTS }", R"([1])", "yes"},
      {"{ $.a[1][0] = 3 }", R"({"a":[1,[3]]})", "yes"},
      {"{ $.a[1].b = 3 }", R"({"a":[{"b":1},{"b":3}]})", "yes"},
      {"{ $['a.b'] = 1 }", R"({"a.b":1})", "yes"},
      {"{ $.['a.b'].c = 1 }", R"({"a.b":{"c":1}})", "yes"},
      {"{ $[\"a b\"] = 1 }", R"({"a b":1})", "yes"},
      {"{ $.x['a\\b'] = 1 }", R"({"x":{"a\\b":1}})", "yes"},
      {"{ $[''] = 1 }", R"({"":1})", "yes"},
      {"{ $.A = 1 }", R"({"a":1})", "no"},
      {"{ $.outcome = 1 }", R"({"outc\u006fme":1})", "yes"},
      {"{ $.a[*] = 3 }", R"({"a":[1,2,3]})", "yes"},
      {"{ $.a[*] = 4 }", R"({"a":[1,2,3]})", "no"},
      {"{ $.a[*] != 3 }", R"({"a":[1,2,3]})", "yes"},  // some element differs
      {"{ $.a[*] != 3 }", R"({"a":[3,3]})", "no"},
      {"{ $.a[*] != 3 }", R"({"a":[]})", "no"},
      {"{ $.a[*].b = 3 }", R"({"a":[{"b":3},{"b":1}]})", "yes"},
      {"{ $.a[*].b = 3 }", R"({"a":[{"c":3},{"b":1}]})", "no"},
      {"{ $.a[*].b NOT EXISTS }", R"({"a":[{"c":3},{"b":1}]})", "no"},
      {"{ $.a[*].b NOT EXISTS }", R"({"a":[{"c":3}]})", "yes"},
      {"{ $.a[*] NOT EXISTS }", R"({"a":[]})", "yes"},
      {"{ $.* = 3 }", R"({"x":1,"y":3})", "yes"},
      {"{ $.*.b = 3 }", R"({"x":{"b":3},"y":3})", "yes"},
      {"{ $.* IS TRUE }", R"({"x":1,"y":true})", "yes"},
      {"{ $.x.* = 3 && $.y.* = 4 && $.*.k = 4 }", R"({"x":{"k":3},"y":{"k":4}})", "yes"},
      {"{ $.x.k = 3 && $.x.* = 4 && $.*.k = 3 && $.*.l = 4 }", R"({"x":{"k":3,"l":4}})", "yes"},
      {"{ $.x.k = 3 && $.* NOT EXISTS }", R"({"x":{"k":3,"l":4}})", "no"},
  });
}

TEST(JsonPattern, TheLastOfSeveralMembersWithOneNameCounts) {
  expect_answers({
      {"{ $.a = 1 }", R"({"a":1,"a":2})", "no"},
      {"{ $.a = 2 }", R"({"a":1,"a":2})", "yes"},
      {"{ $.a = 1 }", R"({"a":1,"b":0,"\u0061":2})", "no"},
      {"{ $.a.b = 1 }", R"({"a":{"b":1},"a":{}})", "no"},
      {"{ $.a.b = 1 }", R"({"a":{"b":1},"a":7})", "no"},
      {"{ $.a.b NOT EXISTS }", R"({"a":{"b":1},"a":7})", "yes"},
      {"{ $.a NOT EXISTS }", R"({"a":1,"a":null})", "no"},
      {"{ $.a[*] = 1 }", R"({"a":[1],"a":[2]})", "no"},
      {"{ $.a[*].b = 1 }", R"({"a":[{"b":1,"b":2}]})", "no"},
      {"{ $.a[*].b = 1 }", R"({"a":[{"b":1},{"b":2,"b":3}]})", "yes"},
      {"{ $.* = 1 }", R"({"a":1,"a":2})", "yes"},  // a wildcard sees all of them
  });
}

TEST(JsonPattern, JoinsConditions) {
  expect_answers({
      {"{$.a=1&&$.b=2}", R"({"a":1,"b":2})", "yes"},
      {"{$.a=1&&$.b=2}", R"({"a":1,"b":3})", "no"},
      {"{ $.a = 9 || $.b = 2 && $.c = 9 }", R"({"a":9,"b":2,"c":3})", "yes"},
      {"{ ($.a = 9 || $.b = 2) && $.c = 9 }", R"({"a":9,"b":2,"c":3})", "no"},
      {"{ (($.a = 1)) }", R"({"a":1})", "yes"},
      {"{\n\t$.a = 1\n\t&& $.b = 2\n}\n", R"({"a":1,"b":2})", "yes"},
      {"{ $.a is null && $.b Is True && $.c IS false && $.d not exists }",
       R"({"a":null,"b":true,"c":false})", "yes"},
      {"{ $['a']IS NULL}", R"({"a":null})", "yes"},
      {"{ $.a NOT EXISTS || $.a != \"x\" }", R"({"b":1})", "yes"},
      {"{ $.a = 1 && $.a = 1 }", R"({"a":1})", "yes"},
  });
}

TEST(JsonPattern, MessagesThatAreNotOneJsonObjectOrArrayMatchNothing) {
  for (const char* pattern : {"{ $.a NOT EXISTS }", "{ $.a = 1 || $.a NOT EXISTS }", "{ $.b = 1 }",
                              "{ $.b != 2 }", "{ $.* = 1 }"}) {
    for (const char* message : {"",
                                "text",
                                "1",
                                "null",
                                "\"b\"",
                                "{\"b\":1",
                                "{\"b\":1}}",
                                "{\"b\":1} x",
                                "x {\"b\":1}",
                                "{\"b\":1,}",
                                "{\"b\":1 \"c\":2}",
                                "{\"b\":01}",
                                "{'b':1}",
                                "{\"b\":1,\"c\":\"\\x\"}",
                                "{\"b\":1,\"c\":\"\n\"}",
                                "{\"b\":1,\"c\":tru}",
                                "{\"b\":1}{\"b\":1}",
                                "[{\"b\":1}",
                                "{\"b\":1,\"c\":\"\xff\"}",
                                "{\"b\":1,\"\xc3\":2}",
                                "{\"b\":1,\"c\":\"\xed\xa0\x80\"}"}) {
      EXPECT_EQ(answer(pattern, message), "no") << pattern << " " << message;
    }
  }
  EXPECT_EQ(answer("{ $.a NOT EXISTS }", " {\"b\":1}\r\n"), "yes");
  EXPECT_EQ(answer("{ $.a NOT EXISTS }", "[]"), "yes");
  const std::string deep = std::string(2000, '[') + std::string(2000, ']');
  EXPECT_EQ(answer("{ $.a NOT EXISTS }", deep), "no");
  EXPECT_EQ(answer("{ $.a NOT EXISTS }", deep.substr(1500, 1000)), "yes");
}

TEST(JsonPattern, TheRecipesWork) {
  constexpr const char* kAllowlist =
      R"({$.dhost != "" && $.see_thru_gid = sg-00replaceme00 && $.see_thru_exerted is true})";
  expect_answers({
      {R"({ $.outcome = "disallowed" })", R"({"outcome":"disallowed"})", "yes"},
      {R"({ $.outcome = "disallowed" })", R"({"outcome":"allowed","reason":"disallowed"})", "no"},
      {R"({ $.outcome = "allowed" && $.proto != "tls" })", R"({"outcome":"allowed","proto":"ssh"})",
       "yes"},
      {R"({ $.outcome = "allowed" && $.proto != "tls" })", R"({"outcome":"allowed"})", "no"},
      {R"({ $.cat = "client" && $.src = "172.16.1.9" && $.dhost != "api.github.com" })",
       R"({"dhost":"pypi.org","cat":"client","src":"172.16.1.9"})", "yes"},
      {R"({ $.cat = "client" && $.src = "172.16.1.9" && $.dhost != "api.github.com" })",
       R"({"dhost":"pypi.org","cat":"client","src":"172.16.1.90"})", "no"},
      {R"({ $.src = 172.16.1.* })", R"({"src":"172.16.1.90"})", "yes"},
      {"{ $.see_thru_days_remaining <= 2 }", R"({"see_thru_days_remaining":2})", "yes"},
      {"{ $.see_thru_days_remaining <= 2 }", R"({"see_thru_days_remaining":0})", "yes"},
      {"{ $.see_thru_days_remaining <= 2 }", R"({"see_thru_days_remaining":-3})", "yes"},
      {"{ $.see_thru_days_remaining <= 2 }", R"({"see_thru_days_remaining":3})", "no"},
      {"{ $.see_thru_days_remaining <= 2 }", R"({"dhost":"a.example"})", "no"},
      {R"({ $.see_thru_exerted is true && $.dhost != "ec2-instance-connect.*" })",
       R"({"dhost":"a.example","see_thru_exerted":true})", "yes"},
      {R"({ $.see_thru_exerted is true && $.dhost != "ec2-instance-connect.*" })",
       R"({"dhost":"ec2-instance-connect.eu-west-1.amazonaws.com","see_thru_exerted":true})", "no"},
      {R"({ $.see_thru_exerted is true })", R"({"see_thru_exerted":"true"})", "no"},
      {kAllowlist, R"({"dhost":"a.b","see_thru_gid":"sg-00replaceme00","see_thru_exerted":true})",
       "yes"},
      {kAllowlist, R"({"dhost":"","see_thru_gid":"sg-00replaceme00","see_thru_exerted":true})",
       "no"},
      {kAllowlist, R"({"see_thru_gid":"sg-00replaceme00","see_thru_exerted":true})", "no"},
      {kAllowlist, R"({"dhost":"a.b","see_thru_gid":"sg-00replaceme00","see_thru_exerted":false})",
       "no"},
      {kAllowlist, R"({"dhost":"a.b","see_thru_gid":"sg-other","see_thru_exerted":true})", "no"},
      {"{ $.dpt = 443 && $.dpt = \"443\" }", R"({"dpt":443})", "yes"},
  });
}

TEST(JsonPattern, RefusesWithTheTokenAndItsPlace) {
  constexpr ErrorCase kRows[] = {
      {"{}", 1, "'}': expected a selector, such as $.name"},
      {"{ a = 1 }", 2, "'a': expected a selector, such as $.name"},
      {"{ $ = 1 }", 2, "'$': expected $.name"},
      {"{ $.a = }", 8, "'}': the value to compare $.a with is missing"},
      {R"({$.x != "" && $.see_thru_gid =  && $.y is true})", 32,
       "'&&': the value to compare $.see_thru_gid with is missing"},
      {"{ $.a == 1 }", 7, "'=': the value to compare $.a with is missing"},
      {"{ $.a }", 6, "'}': expected =, !=, <, <=, > or >="},
      {"{ $.a ! 1 }", 6, "'!': expected =, !=, <, <=, > or >="},
      {"{ $.a <> 1 }", 7, "'>': the value to compare $.a with is missing"},
      {"{ $.a < \"5\" }", 8, "'\"5\"': <, <=, > and >= need a number without quotes"},
      {"{ $.a >= abc }", 9, "'abc': <, <=, > and >= need a number without quotes"},
      {"{ $.a > 5* }", 8, "'5*': <, <=, > and >= need a number without quotes"},
      {"{ $.a < %5% }", 8, "'%5%': <, <=, > and >= need a number without quotes"},
      {"{ $.a EXISTS }", 6, "'EXISTS': expected IS, NOT EXISTS or an operator"},
      {"{ $.a IS NOT NULL }", 9, "'NOT': expected NULL, TRUE or FALSE"},
      {"{ $.a IS }", 9, "'}': expected NULL, TRUE or FALSE"},
      {"{ $.a NOT NULL }", 10, "'NULL': expected EXISTS"},
      {"{ $.a ISNULL }", 6, "'ISNULL': expected IS, NOT EXISTS or an operator"},
      {"{ $.a = 1 $.b = 2 }", 10, "'$.': expected &&, || or the closing }"},
      {"{ $.a = x@y }", 9, "'@': expected &&, || or the closing }"},
      {"{ $.a = \"x\", $.b = 1 }", 11, "',': expected &&, || or the closing }"},
      {"{ $.a = 1 & $.b = 2 }", 10, "'&': expected &&, || or the closing }"},
      {"{ $.a = 1 && }", 13, "'}': expected a selector, such as $.name"},
      {"{ $.a = 1 || () }", 14, "')': expected a selector, such as $.name"},
      {"{ ($.a = 1 }", 11, "'}': a closing parenthesis is missing"},
      {"{ $.a = 1) }", 9, "')': expected &&, || or the closing }"},
      {"{ $.a = 1 } }", 12, "'}': nothing may follow the closing }"},
      {"{ $.a = \"open }", 8, "'\"open }': the closing quote is missing"},
      {"{ $.a = %default }", 8,
       "'%default }': the closing % of the regular expression is missing; a text with a % needs "
       "quotes"},
      {"{ $.a = %% }", 9, "'%%': the regular expression is empty"},
      {"{ $.a = %a(b)% }", 10, "'(': not allowed in a regular expression"},
      {"{ $.a = %a% && $.b = %b% && $.c = %c% }", 34,
       "'%c%': more than 2 regular expressions in one pattern"},
      {"{ $.a.*.* = 1 }", 2, "'$.a.*.*': more than one wildcard in a selector"},
      {"{ $[*].x[*] = 1 }", 2, "'$[*].x[*]': more than one wildcard in a selector"},
      {"{ $.* = 1 || $.a.* = 1 || $[*] = 1 || $.b[*] = 1 }", 38,
       "'$.b[*] = 1': more than 3 wildcards in one pattern"},
      {"{ $.a[x] = 1 }", 6, "'x': expected an index, * or a quoted name"},
      {"{ $.a[-1] = 1 }", 6, "'-': expected an index, * or a quoted name"},
      {"{ $.a[1 = 1 }", 8, "'=': expected ]"},
      {"{ $.a['x] = 1 }", 6, "''x] = 1 }': the closing quote is missing"},
      {"{ $.\"a-b\" = 1 }", 4, "'\"': expected a name or *"},
      {"{ $..a = 1 }", 4, "'.': expected a name or *"},
      {"{ $.a.= 1 }", 6, "'=': expected a name or *"},
      {"{ $.a = 'x' }", 8, "''': the value to compare $.a with is missing"},
      {"{ $.a = \xe2\x80\x9cx\xe2\x80\x9d }", 8,
       "'\xe2\x80\x9c': the value to compare $.a with is missing"},
      {"{ $.a = \xff }", 8, "'?': the value to compare $.a with is missing"},
  };
  for (const auto& [pattern, offset, message] : kRows) {
    const auto compiled = FilterPattern::compile(pattern);
    ASSERT_FALSE(compiled.has_value()) << pattern;
    EXPECT_EQ(compiled.error().message, std::string("Invalid character(s) in term ") + message)
        << pattern;
    EXPECT_EQ(compiled.error().offset, offset) << pattern;
  }
}

TEST(JsonPattern, RequiresTheTextsThatAStringMustBe) {
  using Values = records::RequiredValues;
  const struct {
    const char* pattern;
    Values want;
  } rows[] = {
      {"{ $.a = x }", {{"x"}}},
      {"{ $.a = \"two words\" }", {{"two words"}}},
      {"{ $.a = x && $.b = \"y\" }", {{"x"}, {"y"}}},
      {"{ $.a = x || $.b = y }", {{"x", "y"}}},
      {"{ $.a = x && $.b > 5 }", {{"x"}}},
      {"{ $.a = x || $.b > 5 }", {}},
      {"{ ($.a = x || $.b = y) && $.c = z }", {{"x", "y"}, {"z"}}},
      {"{ $.a = x && $.b = y || $.c = z }", {{"x", "z"}, {"y", "z"}}},
      {"{ $.a[*] = x }", {{"x"}}},
      {"{ $.a = +5.x }", {{"+5.x"}}},
      {"{ $.a = \"007\" }", {{"007"}}},  // no number is written so
      {"{ $.a = \"5\" }", {}},           // the number 5 too
      {"{ $.a = 5 }", {}},
      {"{ $.a = -1.5e3 }", {}},
      {"{ $.a = x* }", {}},
      {"{ $.a = \"*\" }", {}},
      {"{ $.a = %x% }", {}},
      {"{ $.a != x }", {}},
      {"{ $.a NOT EXISTS }", {}},
      {"{ $.a IS TRUE }", {}},
      {"{ $.a NOT EXISTS || $.a = x }", {}},
      {"{ $.a = \"\" }", {}},
      {"x", {}},
      {"[a = x]", {}},
      {"", {}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(FilterPattern::compile(row.pattern)->required_values(), row.want) << row.pattern;
  }
}

}  // namespace
}  // namespace dn::query
