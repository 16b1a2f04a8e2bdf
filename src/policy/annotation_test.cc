#include "policy/annotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "policy/quote.h"

namespace dn::policy {
namespace {

using ::testing::HasSubstr;
using Kind = Annotation::Kind;

std::vector<std::string> members_of(std::string_view list) {
  std::vector<std::string> members;
  MemberReader reader(list);
  while (const auto member = reader.next()) members.emplace_back(*member);
  return members;
}

Annotation good(std::string_view description) {
  const auto parsed = parse_annotation(description);
  EXPECT_TRUE(parsed && *parsed) << description;
  return parsed && *parsed ? **parsed : Annotation{};
}

TEST(Annotation, ReadsEveryKind) {
  EXPECT_EQ(good("discriminat:tls:api.github.com").kind, Kind::Tls);
  EXPECT_EQ(good("discriminat:ssh:github.com").kind, Kind::Ssh);
  EXPECT_EQ(good("discriminat:see-thru:2022-1-1").kind, Kind::SeeThru);
  EXPECT_EQ(good("discriminat:see-thru:2022-1-1").list, "2022-1-1");
  EXPECT_FALSE(good("discriminat:tls:a.com").suspicious_case);
}

TEST(Annotation, IgnoresTextThatDoesNotBeginWithThePrefix) {
  for (const char* text : {"", " ", "web servers", "discriminat", "discriminat tls:a.com",
                           "see discriminat:tls:a.com", "discriminate:tls:a.com", "discrimina:"}) {
    const auto parsed = parse_annotation(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_FALSE(parsed->has_value()) << text;
  }
}

TEST(Annotation, SplitsMembersLeniently) {
  const struct {
    const char* description;
    std::vector<std::string> want;
  } cases[] = {
      {"discriminat:tls:a.com", {"a.com"}},
      {"  discriminat:tls:a.com,b.com  ", {"a.com", "b.com"}},
      {"discriminat:tls: a.com , b.com ,\tc.com", {"a.com", "b.com", "c.com"}},
      {"discriminat:tls:a.com,\n  b.com\n", {"a.com", "b.com"}},
      {"discriminat:tls:a.com,b.com for the build", {"a.com", "b.com"}},
      {"discriminat:tls:a.com # with, a comma", {"a.com"}},
      {"discriminat:tls:a.com b.com", {"a.com"}},
      {"discriminat:tls:a.com,,b.com", {"a.com", "", "b.com"}},
      {"discriminat:tls:a.com,", {"a.com", ""}},
      {"discriminat:tls:,", {"", ""}},
      {"discriminat:tls:a.com:443,[::1]", {"a.com:443", "[::1]"}},
  };
  for (const auto& c : cases)
    EXPECT_EQ(members_of(good(c.description).list), c.want) << c.description;
}

TEST(Annotation, CutsTheCommentBehindADate) {
  EXPECT_EQ(good("discriminat:see-thru: 2026-12-24 until the migration").list, "2026-12-24");
}

TEST(Annotation, NotesAPrefixInAnotherCase) {
  for (const char* text : {"DiscrimiNAT:tls:a.com", "discriminat:TLS:a.com",
                           "DISCRIMINAT:SEE-THRU:2026-1-1", "discriminat:Ssh:a.com"}) {
    EXPECT_TRUE(good(text).suspicious_case) << text;
  }
}

TEST(Annotation, RejectsUnknownKindsAndEmptyLists) {
  const struct {
    const char* description;
    const char* want;
  } cases[] = {
      {"discriminat:foo:a.com",
       "\"foo\": not a kind of annotation; write \"discriminat:tls:\", "
       "\"discriminat:ssh:\" or \"discriminat:see-thru:\""},
      {"discriminat: tls:a.com", "\" tls\": not a kind of annotation"},
      {"discriminat:", "\"\": not a kind of annotation"},
      {"discriminat:tls", "nothing follows; write \"discriminat:tls:api.example.com\""},
      {"discriminat:tls:", "nothing follows; write \"discriminat:tls:api.example.com\""},
      {"discriminat:SSH:  ", "nothing follows; write \"discriminat:ssh:api.example.com\""},
      {"discriminat:see-thru:", "nothing follows; write \"discriminat:see-thru:2026-12-24\""},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_annotation(c.description);
    ASSERT_FALSE(parsed) << c.description;
    EXPECT_THAT(parsed.error().message, HasSubstr(c.want));
  }
}

TEST(Annotation, RejectsTextBeyondTheLimit) {
  std::string text = "discriminat:tls:";
  text.resize(limits::kAnnotationBytesMax, 'a');
  EXPECT_TRUE(parse_annotation(text));
  text += 'a';
  const auto parsed = parse_annotation(text);
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("spread the members over several rules"));
}

TEST(Quote, CutsLongTextAndEscapesControlBytes) {
  EXPECT_EQ(quote("a.com"), "\"a.com\"");
  EXPECT_EQ(quote("a\x1b[2J\n"), "\"a\\x1b[2J\\x0a\"");
  EXPECT_EQ(quote(std::string(101, 'a')), '"' + std::string(100, 'a') + "…\"");
}

}  // namespace
}  // namespace dn::policy
