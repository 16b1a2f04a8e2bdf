#include "logs/json_writer.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

namespace dn::logs {
namespace {

std::string text(std::string_view value) {
  return JsonWriter().text(value).take();
}

TEST(JsonWriter, PutsCommasBetweenValues) {
  JsonWriter json;
  json.open_object().key("a").open_list().number(1).number(-2).open_object().close_object();
  json.close_list().key("b").flag(true).key("c").real(3).key("d").text("{").key("e").text("");
  json.key("f").open_list().close_list().close_object();
  EXPECT_EQ(json.take(), R"({"a":[1,-2,{}],"b":true,"c":3.0,"d":"{","e":"","f":[]})");
}

TEST(JsonWriter, EscapesWhatJsonDemandsAndNothingElse) {
  EXPECT_EQ(text("a\"b\\c\n\r\t\x01\x1f/"), R"("a\"b\\c\n\r\t\u0001\u001f/")");
  EXPECT_EQ(text("\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80 \x7f"),
            "\"\xC3\xBC \xE2\x82\xAC \xF0\x9F\x98\x80 \x7f\"");
}

TEST(JsonWriter, ReplacesEachByteThatIsNoUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  struct Case {
    std::string_view input;
    std::string want;
  };
  const std::vector<Case> cases = {
      {"\xFF", mark},
      {"a\x80z", "a" + mark + "z"},
      {"\xC0\xAF", mark + mark},  // overlong
      {"\xE0\x80\xAF", mark + mark + mark},
      {"\xED\xA0\x80", mark + mark + mark},  // a surrogate
      {"\xF4\x90\x80\x80", mark + mark + mark + mark},
      {"\xE2\x82", mark + mark},  // cut
      {"\xC3", mark},
  };
  for (const Case& c : cases) EXPECT_EQ(text(c.input), "\"" + c.want + "\"");
}

// Whatever bytes go in, a strict reader reads them, and valid text comes back unchanged.
TEST(JsonWriter, IsReadByAStrictParser) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() : random() % 0x80);
    boost::system::error_code error;
    const auto value = boost::json::parse(text(bytes), error);
    ASSERT_FALSE(error) << error.message();
    const bool ascii = std::ranges::all_of(bytes, [](char c) { return c >= 0; });
    if (ascii) {
      EXPECT_EQ(value.as_string(), bytes);
    }
  }
}

}  // namespace
}  // namespace dn::logs
