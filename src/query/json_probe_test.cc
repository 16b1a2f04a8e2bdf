#include "query/json_probe.h"

#include <gtest/gtest.h>

#include "query/json_pattern.h"
#include "query/testing/padded_text.h"

namespace dn::query {
namespace {

using testing::PaddedText;

JsonPattern parse(std::string_view text) {
  PatternCursor cursor(text);
  return JsonPattern::parse(cursor).value();
}

bool may_match(std::string_view pattern_text, std::string_view message) {
  const JsonPattern pattern = parse(pattern_text);
  return JsonQuickLook(pattern.expression, pattern.conditions)
      .may_match(PaddedText(message).view());
}

TEST(JsonQuickLook, RefusesMessagesThatLackWhatTheyMustHave) {
  const struct {
    const char *pattern, *message;
    bool want;
  } rows[] = {
      {"{ $.a = x }", R"({"a":"x"})", true},
      {"{ $.a = x }", R"({"a" : "x"})", true},
      {"{ $.a = x }", R"({"b":"x"})", false},
      {"{ $.a = x }", R"({"a":"y"})", false},
      {"{ $.a = x }", R"({"b":"a","a":"y"})", false},       // a text is not a name
      {"{ $.a = x }", R"({"a":"y","b":{"a":"x"}})", true},  // depth is for the scan
      {"{ $.a = x }", R"({"a":"x","a":"y"})", true},        // and so are later members
      {"{ $.a = x }", R"({"ba":"x"})", false},
      {"{ $.a = x }", R"({"\u0061":"x"})", true},  // an escape hides anything
      {"{ $.a = x }", R"({"a":["x"]})", false},
      {"{ $.a != x }", R"({"a":"x"})", false},
      {"{ $.a != x }", R"({"a":5})", true},
      {"{ $.a != x }", R"({"b":5})", false},
      {"{ $.a > 5 }", R"({"a":6})", true},
      {"{ $.a > 5 }", R"({"a":-6})", false},
      {"{ $.a IS TRUE }", R"({"a":true})", true},
      {"{ $.a IS TRUE }", R"({"a":false,"b":true})", false},
      {"{ $.a IS NULL }", R"({"a":null})", true},
      {"{ $.a.b = x }", R"({"b":"x"})", true},
      {"{ $.a[0] = x }", R"({"a":["y"]})", true},
      {"{ $.a[0] = x }", R"({"b":["x"]})", false},
      {"{ $[0] = x }", R"(["y"])", false},
      {"{ $[0] = x }", R"(["y","x"])", true},
      {"{ $[0] > 5 }", R"(["y"])", true},
      {"{ $['q\"q'] = x }", R"(["y"])", false},
      {"{ $.a NOT EXISTS }", R"({"b":1})", true},
      {"{ $.a = x || $.b NOT EXISTS }", R"({"c":1})", true},
      {"{ $.a = x || $.b = y }", R"({"c":1})", false},
      {"{ $.a = x || $.b = y }", R"({"b":"y"})", true},
      {"{ $.a = x && $.b NOT EXISTS }", R"({"c":1})", false},
      {"{ $.a = x && $.b = y }", R"({"a":"x"})", false},
      {"{ $.a = x }", R"({"a")", false},
      {"{ $.a = x }", R"({"a":)", false},
      {"{ $.a = x }", R"({"a":"x)", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(may_match(row.pattern, row.message), row.want) << row.pattern << " " << row.message;
  }
}

TEST(JsonQuickLook, NamesTheTextsThatTellMost) {
  const auto texts = [](std::string_view text) {
    const JsonPattern pattern = parse(text);
    return JsonQuickLook(pattern.expression, pattern.conditions).scout_texts();
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("{ $.outcome = x }"), (Texts{"\"x\"", "\\"}));
  EXPECT_EQ(texts("{ $.outcome != x }"), (Texts{"\"outcome\"", "\\"}));
  EXPECT_EQ(texts("{ $.outcome = x && $.src = \"172.16.1.9\" }"), (Texts{"\"172.16.1.9\"", "\\"}));
  EXPECT_EQ(texts("{ $.a = x || $.b > 5 }"), (Texts{"\"x\"", "\"b\"", "\\"}));
  EXPECT_EQ(texts("{ $.dpt = \"443\" }"), (Texts{"\"dpt\"", "\\"}));  // the number too
  EXPECT_EQ(texts("{ $.a NOT EXISTS }"), Texts{});
  EXPECT_EQ(texts("{ $.a = x || $.b NOT EXISTS }"), Texts{});
}

}  // namespace
}  // namespace dn::query
