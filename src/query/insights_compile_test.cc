#include "query/insights_compile.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "query/insights_functions.h"
#include "query/insights_limits.h"
#include "query/insights_query_plan.h"
#include "query/testing/insights_rig.h"

namespace dn::query::insights {
namespace {

using testing::value_of_x;

std::string error_of(std::string_view query) {
  const auto compiled = InsightsQuery::compile(query);
  return compiled ? "" : compiled.error().message;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST(InsightsCompile, BoundsTheLengthOfAQueryInCharacters) {
  const std::string query = "filter a = \"";
  const std::string fits = query + repeated("é", kQueryCharactersMax - query.size() - 1) + "\"";
  EXPECT_EQ(error_of(fits), "");
  EXPECT_EQ(error_of(fits + " "), "the query is longer than 10000 characters");
}

TEST(InsightsCompile, BoundsTheDepthOfExpressions) {
  constexpr const char* kTooDeep = "the expression is nested too deeply";
  EXPECT_EQ(error_of("filter " + repeated("(", 40) + "a" + repeated(")", 40)), "");
  EXPECT_EQ(error_of("filter " + repeated("(", 4000) + "a" + repeated(")", 4000)), kTooDeep);
  EXPECT_EQ(error_of("filter " + repeated("not ", 90) + "a"), "");
  EXPECT_EQ(error_of("filter " + repeated("not ", 2000) + "a"), kTooDeep);
  EXPECT_EQ(error_of("filter " + repeated("- ", 30) + "a"), "");
  EXPECT_EQ(error_of("filter " + repeated("- ", 4000) + "a"), kTooDeep);
  EXPECT_EQ(error_of("filter 2" + repeated("^2", 40)), "");
  EXPECT_EQ(error_of("filter 2" + repeated("^2", 4000)), kTooDeep);
  EXPECT_EQ(error_of("filter a" + repeated("+1", 90)), "");
  EXPECT_EQ(error_of("filter a" + repeated("+1", 4000)), kTooDeep);
  EXPECT_EQ(error_of("filter " + repeated("abs(", 1900) + "a" + repeated(")", 1900)), kTooDeep);
  EXPECT_EQ(error_of("filter " + repeated("(", 9000)), kTooDeep);
  EXPECT_EQ(error_of("filter " + repeated("a in [", 1000)),
            "unexpected symbol found in: a list ends with ]");
}

TEST(InsightsCompile, LongChainsAndListsAreNotDeep) {
  EXPECT_EQ(error_of("filter a" + repeated(" or a", 1900)), "");
  EXPECT_EQ(error_of("filter a" + repeated(" and a or a", 800)), "");
  EXPECT_EQ(error_of("filter a in [1" + repeated(",1", 4900) + "]"), "");
  EXPECT_EQ(error_of("fields concat(a" + repeated(",a", 4900) + ")"), "");
  EXPECT_EQ(error_of("filter a" + repeated("|filter a", 1000)), "");
  EXPECT_EQ(error_of("fields a" + repeated(".a", 4900)), "");
}

TEST(InsightsCompile, BoundsRegularExpressions) {
  EXPECT_EQ(error_of("filter a like /x/" + repeated(" or a like /x/", kRegexesMax - 1)), "");
  EXPECT_EQ(error_of("filter a like /x/" + repeated(" or a like /x/", kRegexesMax)),
            "a query has at most 64 regular expressions");
  EXPECT_TRUE(
      error_of("filter a like /((a{100}){100}){100}/").starts_with("the regular expression"));
  EXPECT_TRUE(error_of("filter a like /" + repeated("(x{1000})", 900) + "/")
                  .starts_with("the regular expression is wrong"));
}

// Linear time is not enough where each byte may take a million steps.
TEST(InsightsCompile, BoundsTheStepsOfAllRegularExpressions) {
  constexpr const char* kTooLarge =
      "the regular expression is wrong: it is too large, with the others of the query";
  EXPECT_EQ(error_of("filter a like /.{1000}/"), "");
  EXPECT_EQ(error_of("filter a like /.{1000}.{1000}/"), kTooLarge);
  EXPECT_EQ(error_of("filter a like /.{900}/ | parse a /(?<x>.{900})/"), kTooLarge);
  const auto groups = [](std::size_t count) {
    std::string query = "parse a /";
    for (std::size_t i = 0; i < count; ++i) query += fmt::format("(?<x{}>a)", i);
    return query + "/";
  };
  EXPECT_EQ(error_of(groups(60)), "");
  EXPECT_EQ(error_of(groups(120)), kTooLarge);
}

TEST(InsightsCompile, NamesOfGroupsAreWrittenAsTheLibraryReadsThem) {
  const std::string message = "{\"a\":\"(?<b>c\"}";
  EXPECT_EQ(value_of_x("parse a /(?<x>c)/ | display x", message), "c");
  EXPECT_EQ(value_of_x("parse a /(?P<x>c)/ | display x", message), "c");
  EXPECT_EQ(value_of_x("parse a /(?<x>\\(\\?<b>)/ | display x", message), "(?<b>");
  EXPECT_EQ(value_of_x("parse a /(?<x>[(?<]+)/ | display x", message), "(?<");
  EXPECT_EQ(value_of_x("parse a /[](?<]+(?<x>.)/ | display x", message), "b");
  EXPECT_TRUE(error_of("filter a like /(?<=x)y/").starts_with("the regular expression is wrong"));
  EXPECT_TRUE(error_of("filter a like /(?<!x)y/").starts_with("the regular expression is wrong"));
}

TEST(InsightsCompile, OnlyFieldsThatArePartOfTheAnswerAreRead) {
  const auto names = [](std::string_view query) {
    std::string all;
    const auto compiled = InsightsQuery::compile(query);
    for (const auto& [name, slot] : compiled->plan().fields.names()) {
      all += name + " ";
    }
    return all;
  };
  EXPECT_EQ(names("filter a = 1 | stats count(*) by b, c.0.d"), "a b c.0.d ");
  EXPECT_EQ(names("fields a, b | filter c | stats max(d)"), "c d ");
  EXPECT_EQ(names("fields a, b | display b"), "b ");
  EXPECT_EQ(names("fields a | sort b | limit 5 | filter c"), "a b c ");
  EXPECT_EQ(names("parse @message \"*\" as a | stats count(*) by a"), "");
  EXPECT_EQ(names("fields @timestamp, @message, @@x"), "@x ");
  EXPECT_EQ(names("stats count(*) as n by a | filter n > b"), "a ");
  EXPECT_EQ(names("fields jsonParse(a) as m | fields m.b.c, n.m"), "a n.m ");
}

TEST(InsightsCompile, FiltersThatNeedNoFieldComeBeforeReadingThem) {
  const auto steps = [](std::string_view query) {
    return InsightsQuery::compile(query)->plan().before_fields;
  };
  EXPECT_EQ(steps("filter @message like \"x\" | filter a = 1 | fields b"), 1U);
  EXPECT_EQ(steps("filter a = 1 | filter @message like \"x\""), 0U);
  EXPECT_EQ(steps("fields toupper(@message) as u | filter u like \"X\" | fields a"), 2U);
  EXPECT_EQ(steps("fields jsonParse(@message) as m | unnest m.a into b | fields c"), 1U);
}

TEST(InsightsCompile, RequiresTextsOfFilters) {
  const auto required = [](std::string_view query) {
    std::string text;
    const auto compiled = InsightsQuery::compile(query);
    for (const auto& clause : compiled->required_values()) {
      text += "(";
      for (const std::string& value : clause) text += value + ";";
      text += ")";
    }
    return text;
  };
  const struct {
    const char* query;
    const char* want;
  } cases[] = {
      {"filter a = \"x\"", "(x;)"},
      {"filter \"x\" = a.b.0", "(x;)"},
      {"filter a in [\"x\", \"y\"]", "(x;y;)"},
      {"filter a = \"x\" and b = \"y\"", "(x;)(y;)"},
      {"filter a = \"x\" | filter b = \"y\"", "(x;)(y;)"},
      {"filter a = \"x\" or b = \"y\"", "(x;y;)"},
      {"filter a = \"x\" and (b = \"y\" or c = \"z\")", "(x;)(y;z;)"},
      {"filter (a = \"p\" and b = \"q\") or (a = \"r\" and b = \"s\")", "(p;r;)(q;r;)(p;s;)(q;s;)"},
      {"filter @@at = \"x\"", "(x;)"},
      {"sort b | filter a = \"x\"", "(x;)"},
      {"filter see_thru_exerted AND see_thru_gid = \"sg-0\" | stats count() by a", "(sg-0;)"},
      {"parse @message \"*:\" as p | unnest p into q | filter a = \"x\"", "(x;)"},
      // A number or a boolean may be equal.
      {"filter a = \"1\"", ""},
      {"filter a = \"1.0\"", ""},
      {"filter a = 1", ""},
      {"filter a = \"1e999\"", ""},
      {"filter a in [\"x\", \"5\"]", ""},
      {"filter a in [\"x\", b]", ""},
      // Absent fields and others match.
      {"filter a != \"x\"", ""},
      {"filter not (a = \"x\")", ""},
      {"filter a not in [\"x\"]", ""},
      {"filter a like \"x\"", ""},
      {"filter a > \"x\"", ""},
      {"filter a = \"x\" or b", ""},
      {"filter a = \"x\" or b = 5", ""},
      {"filter a = \"\"", ""},
      // Not the value of a JSON string.
      {"filter @message = \"x\"", ""},
      {"filter @logStream = \"x\"", ""},
      {"filter a = b", ""},
      {"filter toupper(a) = \"X\"", ""},
      {"fields toupper(a) as a | filter a = \"X\"", ""},
      {"parse @message \"*:\" as p | filter p = \"x\"", ""},
      // Behind the turn other events count, too.
      {"limit 5 | filter a = \"x\"", ""},
      {"stats count(*) by a | filter a = \"x\"", ""},
      {"fields a", ""},
  };
  for (const auto& [query, want] : cases) EXPECT_EQ(required(query), want) << query;
}

TEST(InsightsCompile, EveryFunctionHasOneNameAndSensibleArguments) {
  for (const Function& function : all_functions()) {
    EXPECT_EQ(find_function(function.name)->code, function.code) << function.name;
    EXPECT_FALSE(find_aggregate(function.name)) << function.name;
    EXPECT_LE(function.least, function.most) << function.name;
    // Whatever they are given, they answer.
    for (const char* const argument : {"absent", "\"\"", "\"x\"", "5", "-1e300", "@timestamp",
                                       "jsonParse(\"[1]\")", "@message"}) {
      std::string query = fmt::format("fields {}(", function.name);
      for (std::size_t i = 0; i < std::min<std::size_t>(function.most, 9); ++i) {
        query += fmt::format("{}{}", i > 0 ? ", " : "", argument);
      }
      if (function.takes_period) query += function.most > 0 ? ", 1mo" : "1mo";
      EXPECT_FALSE(value_of_x(query + ") as x").starts_with("error")) << query;
    }
  }
}

}  // namespace
}  // namespace dn::query::insights
