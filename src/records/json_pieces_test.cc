// Strings, members and lists; what is cut, and what is not.
#include "records/json_pieces.h"

#include <gtest/gtest.h>

namespace dn::records {
namespace {

TEST(JsonPieces, EscapesText) {
  EXPECT_EQ(json_field("a", "x\"y\n"), "\"a\": \"x\\\"y\\n\"");
  EXPECT_EQ(json_list({}), "[]");
  EXPECT_EQ(json_list({"a", "b"}), "[\"a\", \"b\"]");
}

TEST(JsonPieces, CutShortTextOnly) {
  const std::string text(5000, 'a');
  EXPECT_LT(json_text(text).size(), 1100U);
  EXPECT_EQ(json_long_text(text), '"' + text + '"');
  EXPECT_EQ(json_long_text(""), "\"\"");
}

TEST(JsonPieces, WriteTimes) {
  EXPECT_EQ(json_time(0), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(json_time(-1), "\"1969-12-31T23:59:59.999Z\"");
}

}  // namespace
}  // namespace dn::records
