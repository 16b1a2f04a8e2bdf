#include "policy/member_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dn::policy {
namespace {

using ::testing::HasSubstr;

TEST(MemberList, ReadsEveryForm) {
  const struct {
    std::string content;
    std::vector<std::string> want;
  } cases[] = {
      {"", {}},
      {"\n# only a comment", {}},
      {"a.com", {"a.com"}},
      {"a.com\nb.com\r\n\r\nc.com\n", {"a.com", "b.com", "c.com"}},
      {"a.com, b.com,c.com,,", {"a.com", "b.com", "c.com"}},
      {"a.com b.com\tc.com", {"a.com", "b.com", "c.com"}},
      {"# top\na.com # why, who\n#b.com\nc.com#d.com", {"a.com", "c.com"}},
      {"\xef\xbb\xbf"
       "a.com",
       {"a.com"}},
      {"[]", {}},
      {" [ ] ", {}},
      {"[\"a.com\"]", {"a.com"}},
      {"\n[\"a.com\" ,\n \" b.com \", \"\"]\n", {"a.com", "b.com"}},
      {R"(["\u0061.com", "m\u00fcnchen.de", "\u20ac.com", "a\/b\\\"\n"])",
       {"a.com", "münchen.de", "€.com", "a/b\\\""}},
  };
  for (const auto& c : cases) {
    auto reader = ListReader::open(c.content);
    ASSERT_TRUE(reader) << c.content << reader.error().message;
    std::vector<std::string> members;
    while (const auto member = reader->next()) members.emplace_back(*member);
    EXPECT_EQ(members, c.want) << c.content;
  }
}

TEST(MemberList, RefusesABrokenListAsAWhole) {
  const struct {
    std::string content;
    std::string want;
  } cases[] = {
      {"{\"a\": \"b.com\"}", "the list is a JSON object"},
      {"[", "a string expected at byte 1"},
      {"[\"a.com\"", "\",\" or \"]\" expected at byte 8"},
      {"[\"a.com\",]", "a string expected at byte 9"},
      {"[\"a.com\" \"b.com\"]", "\",\" or \"]\" expected at byte 9"},
      {"[\"a.com\"] x", "the end expected at byte 10"},
      {"[a.com]", "a string expected at byte 1"},
      {"[1]", "a string expected"},
      {"[[\"a.com\"]]", "a string expected"},
      {"[\"a.com]", "a string expected"},
      {"[\"a\nb\"]", "a string expected"},
      {"[\"\\x41\"]", "a string expected"},
      {"[\"\\u00g0\"]", "a string expected"},
      {"[\"\\ud83d\\ude00.com\"]", "a string expected"},
      {"[\"\\", "a string expected"},
      {"[\"\\u12", "a string expected"},
  };
  for (const auto& c : cases) {
    const auto reader = ListReader::open(c.content);
    ASSERT_FALSE(reader) << c.content;
    EXPECT_THAT(reader.error().message, HasSubstr(c.want)) << c.content;
  }
}

TEST(MemberList, EveryTruncationOfAnArrayIsRefused) {
  const std::string content = R"(["a.com", "\u0062.com", "c\\"])";
  ASSERT_TRUE(ListReader::open(content));
  for (std::size_t size = 1; size < content.size(); ++size) {
    EXPECT_FALSE(ListReader::open(content.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace dn::policy
