#include "aws/json_fields.h"

#include <gtest/gtest.h>

namespace dn::aws {
namespace {

TEST(JsonFields, ReadMembersOfTheirType) {
  const auto object = parse_object(R"({"t":"ü","n":-7,"o":{"x":"y"},"f":1.5,"z":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ(text_member(*object, "t"), "ü");
  EXPECT_EQ(number_member(*object, "n"), -7);
  ASSERT_NE(object_member(*object, "o"), nullptr);
  EXPECT_EQ(text_member(*object_member(*object, "o"), "x"), "y");
  for (const char* other : {"n", "o", "f", "z", "absent"}) {
    EXPECT_EQ(text_member(*object, other), "") << other;
  }
  EXPECT_FALSE(number_member(*object, "t"));
  EXPECT_FALSE(number_member(*object, "f"));
  EXPECT_EQ(object_member(*object, "t"), nullptr);
}

TEST(JsonFields, AreOfObjectsWithinTheDepth) {
  for (const char* text : {"", "[]", "1", "{", "{}x", "{\"a\":}"}) {
    EXPECT_FALSE(parse_object(text)) << text;
  }
  const auto nested = [](std::size_t depth) {
    std::string text = "1";
    for (std::size_t i = 0; i < depth; ++i) text = "{\"a\":" + text + "}";
    return text;
  };
  EXPECT_TRUE(parse_object(nested(kJsonDepthMax)));
  EXPECT_FALSE(parse_object(nested(kJsonDepthMax + 1)));
}

}  // namespace
}  // namespace dn::aws
