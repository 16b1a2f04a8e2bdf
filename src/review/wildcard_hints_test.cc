// Which siblings become a hint, and which never do.
#include "review/wildcard_hints.h"

#include <gtest/gtest.h>

namespace dn::review {
namespace {

std::vector<WildcardHint> hints_for(const std::vector<std::string_view>& names, Port port = 443,
                                    Protocol protocol = Protocol::Tls) {
  static const auto kSuffixes =
      policy::PublicSuffixes::parse(policy::builtin_public_suffix_list()).value();
  std::vector<NameOnPort> list;
  for (const auto name : names) list.push_back({port, protocol, std::string(name)});
  return find_wildcard_hints(list, kSuffixes);
}

TEST(WildcardHints, NameTheParentOfThreeSiblings) {
  const auto hints = hints_for({"c.example.com", "a.example.com", "b.example.com", "example.com",
                                "x.a.example.com", "d.example.org"});
  ASSERT_EQ(hints.size(), 1U);
  EXPECT_EQ(hints[0].pattern, "*.example.com");
  EXPECT_EQ(hints[0].port, 443);
  EXPECT_EQ(hints[0].names,
            (std::vector<std::string>{"a.example.com", "b.example.com", "c.example.com"}));
  EXPECT_TRUE(hints_for({"a.example.com", "b.example.com"}).empty());
}

TEST(WildcardHints, NeverReachWhatAnybodyCouldRegister) {
  EXPECT_TRUE(hints_for({"a.com", "b.com", "c.com"}).empty());
  EXPECT_TRUE(hints_for({"a.co.uk", "b.co.uk", "c.co.uk"}).empty());
  EXPECT_TRUE(hints_for({"a.github.io", "b.github.io", "c.github.io"}).empty());
  EXPECT_TRUE(
      hints_for({"a.s3.amazonaws.com", "b.s3.amazonaws.com", "c.s3.amazonaws.com"}).empty());
  EXPECT_EQ(hints_for({"a.b.github.io", "c.b.github.io", "d.b.github.io"}).size(), 1U);
}

TEST(WildcardHints, AreForTlsOnOnePort) {
  EXPECT_TRUE(
      hints_for({"a.example.com", "b.example.com", "c.example.com"}, 22, Protocol::Ssh).empty());
  EXPECT_TRUE(hints_for({"a", "b", "c"}).empty());
  EXPECT_TRUE(hints_for({}).empty());
}

}  // namespace
}  // namespace dn::review
