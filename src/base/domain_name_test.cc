// Domain names: what is one, what is not, and that equal names compare equal.
#include "base/domain_name.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <type_traits>
#include <vector>

namespace dn {
namespace {

std::string parsed(std::string_view text) {
  const auto name = DomainName::parse(text);
  return name ? std::string(name->text()) : "none";
}

std::string labels(std::size_t count, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += std::string(bytes, 'a') + ".";
  return text;
}

TEST(DomainName, FoldsCaseAndDropsOneFinalDot) {
  EXPECT_EQ(parsed("a.example"), "a.example");
  EXPECT_EQ(parsed("API.Example.COM"), "api.example.com");
  EXPECT_EQ(parsed("a.example."), "a.example");
  EXPECT_EQ(parsed("localhost"), "localhost");
  EXPECT_EQ(parsed("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(parsed("_sip._tcp.a-b.example"), "_sip._tcp.a-b.example");
  EXPECT_EQ(parsed("1.2.3.example"), "1.2.3.example");
  EXPECT_EQ(parsed("-a-.example"), "-a-.example");
}

TEST(DomainName, RepairsNothingElse) {
  const std::vector<std::string> cases = {"",
                                          ".",
                                          "..",
                                          ".example",
                                          "a..example",
                                          "a.example..",
                                          " a.example",
                                          "a.example ",
                                          "a example",
                                          "a.example\n",
                                          "*.example",
                                          "?.example",
                                          "a.example:443",
                                          "a.example/",
                                          "a@b.example",
                                          "[::1]",
                                          "::1",
                                          "b\xc3\xbc.example",
                                          "\xef\xbd\x81.example",
                                          std::string("a.example\0.b", 12),
                                          std::string("\0", 1),
                                          "a.ex\x80mple",
                                          "a.ex\x7fmple"};
  for (const std::string& text : cases) EXPECT_EQ(parsed(text), "none") << text;
}

TEST(DomainName, TakesOnlyLettersDigitsHyphenUnderscoreAndDot) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte) + "b";
    const bool allowed =
        byte < 128 && (std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.');
    EXPECT_EQ(DomainName::parse(text).has_value(), allowed) << byte;
  }
}

TEST(DomainName, IsNeverAnIpv4Literal) {
  EXPECT_EQ(parsed("192.0.2.1"), "none");
  EXPECT_EQ(parsed("192.0.2.1."), "none");
  EXPECT_EQ(parsed("192.0.2.1.example"), "192.0.2.1.example");
  EXPECT_EQ(parsed("192.0.2.256"), "192.0.2.256");  // no address; matches no sensible rule either
}

TEST(DomainName, HasLabelsOfAtMost63Bytes) {
  EXPECT_NE(parsed(std::string(63, 'a') + ".example"), "none");
  EXPECT_EQ(parsed(std::string(64, 'a') + ".example"), "none");
  EXPECT_EQ(parsed("example." + std::string(64, 'a')), "none");
}

TEST(DomainName, HasAtMost253Bytes) {
  const std::string most = labels(3, 63) + std::string(61, 'b');
  ASSERT_EQ(most.size(), 253U);
  EXPECT_EQ(parsed(most), most);
  EXPECT_EQ(parsed(most + "."), most);
  EXPECT_EQ(parsed(most + "b"), "none");
  EXPECT_EQ(parsed(labels(126, 1) + "a"), labels(126, 1) + "a");
  EXPECT_EQ(parsed(labels(127, 1) + "a"), "none");
}

TEST(DomainName, ComparesByItsText) {
  const DomainName a = *DomainName::parse("a.example");
  EXPECT_EQ(a, *DomainName::parse("A.EXAMPLE."));
  EXPECT_NE(a, *DomainName::parse("b.example"));
  EXPECT_NE(a, *DomainName::parse("a.example.org"));
  EXPECT_LT(a, *DomainName::parse("b.example"));
  EXPECT_LT(a, *DomainName::parse("a.example.org"));
}

TEST(DomainName, CopiesWithoutTheHeap) {
  static_assert(std::is_trivially_copyable_v<DomainName>);
  const DomainName a = *DomainName::parse("a.example");
  const DomainName copy = a;
  EXPECT_EQ(copy.text(), "a.example");
  EXPECT_NE(copy.text().data(), a.text().data());
}

}  // namespace
}  // namespace dn
