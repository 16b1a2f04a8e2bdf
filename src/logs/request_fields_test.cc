#include "logs/request_fields.h"

#include <gtest/gtest.h>

#include <array>

namespace dn::logs {
namespace {

RequestFields read(std::string_view body) {
  auto fields = RequestFields::parse(body);
  EXPECT_TRUE(fields) << (fields ? "" : fields.error().message);
  return std::move(*fields);
}

std::string problem_of(const RequestFields& fields) {
  const auto problem = fields.problem();
  return problem ? std::string(to_text(problem->type)) + ": " + problem->message : "";
}

TEST(RequestFields, ReadsWhatIsThere) {
  auto fields = read(R"({"t":"x","n":5,"r":7.0,"b":true,"l":["p","q"],"o":[{"k":1},{"k":2}],
                         "m":{"a":"1"},"z":null,"more":{}})");
  EXPECT_EQ(fields.text("t", {}), "x");
  EXPECT_EQ(fields.number("n"), 5);
  EXPECT_EQ(fields.number("r"), 7);
  EXPECT_EQ(fields.flag("b"), true);
  EXPECT_EQ(fields.texts("l", {}, {}), (std::vector<std::string>{"p", "q"}));
  std::int64_t sum = 0;
  EXPECT_EQ(fields.objects("o", {}, [&](RequestFields& o) { sum += o.required_number("k"); }), 2U);
  EXPECT_EQ(sum, 3);
  EXPECT_EQ(fields.text_map_size("m", 5), 1U);
  EXPECT_FALSE(fields.text("z", {}));
  EXPECT_FALSE(fields.has("z"));
  EXPECT_EQ(problem_of(fields), "");
}

TEST(RequestFields, TakesAnEmptyBodyForNoFields) {
  auto fields = read("");
  EXPECT_FALSE(fields.has("x"));
  EXPECT_EQ(problem_of(fields), "");
}

TEST(RequestFields, RefusesWhatIsNoJsonObject) {
  const std::string deep(kDepthMax + 1, '[');
  const std::vector<std::string> bodies = {"x",
                                           "[]",
                                           "\"a\"",
                                           "null",
                                           "{",
                                           "{} {}",
                                           "{\"a\":1,}",
                                           "{'a':1}",
                                           "\xEF\xBB\xBF{}",
                                           "{\"a\":\"\xFF\"}",
                                           "{\"a\":\"\\ud800\"}",
                                           "{\"a\":" + deep,
                                           "// c\n{}"};
  for (const std::string& body : bodies) {
    const auto fields = RequestFields::parse(body);
    ASSERT_FALSE(fields) << body;
    EXPECT_EQ(fields.error().type, ErrorType::Serialization) << body;
  }
}

TEST(RequestFields, CountsValuesBeforeItBuildsThem) {
  std::string many = R"({"a":[0)";
  for (std::size_t i = 0; i < kValuesMax; ++i) many += ",0";
  const auto fields = RequestFields::parse(many + "]}");
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().message, "The request has more than 200000 values.");
  // Commas inside text are no values.
  EXPECT_TRUE(RequestFields::parse(R"({"a":"\")" + std::string(2 * kValuesMax, ',') + "\"}"));
}

TEST(RequestFields, TellsAnotherTypeByTheFieldsName) {
  auto fields = read(R"({"a":5,"n":"x"})");
  EXPECT_FALSE(fields.text("a", {}));
  EXPECT_FALSE(fields.number("n"));
  EXPECT_EQ(problem_of(fields),
            "SerializationException: NUMBER_VALUE can not be converted to a String at 'a'");
}

TEST(RequestFields, RefusesNumbersThatAreNotWholeOrDoNotFit) {
  for (const char* number : {"1.5", "1e30", "-1e30", "18446744073709551615", "9.3e18"}) {
    auto fields = read(std::string(R"({"n":)") + number + "}");
    EXPECT_FALSE(fields.number("n")) << number;
    EXPECT_TRUE(problem_of(fields).starts_with("SerializationException: ")) << number;
  }
}

TEST(RequestFields, TellsBrokenConstraintsInTheFormOfTheApi) {
  constexpr std::array<std::string_view, 2> kWords = {"red", "blue"};
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string one = "InvalidParameterException: 1 validation error detected: ";
  struct Case {
    std::string_view body;
    std::function<void(RequestFields&)> look;
    std::string want;
  };
  const std::vector<Case> cases = {
      {R"({"limit":10001})", [](RequestFields& f) { f.number("limit", {.min = 1, .max = 10'000}); },
       one + "Value '10001' at 'limit' failed to satisfy constraint: Member must have value less "
             "than or equal to 10000"},
      {R"({"limit":0})", [](RequestFields& f) { f.number("limit", {.min = 1, .max = 10'000}); },
       one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater "
             "than or equal to 1"},
      {R"({"a":""})", [](RequestFields& f) { f.text("a", {.min = 1}); },
       one + "Value at 'a' failed to satisfy constraint: Member must have length greater than or "
             "equal to 1"},
      {R"({"a":"xüy"})", [](RequestFields& f) { f.text("a", {.max = 2}); },
       one + "Value at 'a' failed to satisfy constraint: Member must have length less than or "
             "equal to 2"},
      {R"({"a":"xüy"})", [](RequestFields& f) { f.text("a", {.max = 3}); }, ""},
      {R"({"a":"1x"})",
       [&](RequestFields& f) { f.text("a", {.allows = is_digit, .pattern = "[0-9]*"}); },
       one + "Value at 'a' failed to satisfy constraint: Member must satisfy regular expression "
             "pattern: [0-9]*"},
      {R"({"a":"green"})", [&](RequestFields& f) { f.text("a", {.one_of = kWords}); },
       one + "Value at 'a' failed to satisfy constraint: Member must satisfy enum value set: "
             "[red, blue]"},
      {R"({"a":null})", [](RequestFields& f) { f.required_text("a", {}); },
       one + "Value null at 'a' failed to satisfy constraint: Member must not be null"},
      {R"({"a":["x",""]})", [](RequestFields& f) { f.texts("a", {}, {.min = 1}); },
       one + "Value at 'a.2.member' failed to satisfy constraint: Member must have length greater "
             "than or equal to 1"},
      {R"({"a":[]})", [](RequestFields& f) { f.texts("a", {.min = 1}, {}); },
       one + "Value at 'a' failed to satisfy constraint: Member must have length greater than or "
             "equal to 1"},
      {R"({"a":[{"b":"x"},{}]})",
       [](RequestFields& f) {
         f.objects("a", {}, [](RequestFields& o) { o.required_text("b", {}); });
       },
       one + "Value null at 'a.2.member.b' failed to satisfy constraint: Member must not be null"},
      {R"({"a":"xyz"})", [](RequestFields& f) { f.text("a", {.max = 2, .too_long = "Too long."}); },
       "InvalidParameterException: Too long."},
      {R"({"n":0})",
       [](RequestFields& f) {
         f.number("n", {.min = 1});
         f.required_text("t", {});
       },
       "InvalidParameterException: 2 validation errors detected: Value '0' at 'n' failed to "
       "satisfy "
       "constraint: Member must have value greater than or equal to 1; Value null at 't' failed to "
       "satisfy constraint: Member must not be null"},
  };
  for (const Case& c : cases) {
    auto fields = read(c.body);
    c.look(fields);
    EXPECT_EQ(problem_of(fields), c.want) << c.body;
  }
}

TEST(RequestFields, TellsNoMoreProblemsThanItsLimit) {
  auto fields = read("{}");
  for (int i = 0; i < 1000; ++i) fields.require("missing");
  EXPECT_TRUE(fields.problem()->message.starts_with("10 validation errors detected: "));
  EXPECT_LT(fields.problem()->message.size(), 2000U);
}

}  // namespace
}  // namespace dn::logs
