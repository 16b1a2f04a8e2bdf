#include "policy/idna.h"

#include <gtest/gtest.h>

namespace dn::policy {
namespace {

TEST(Idna, FoldsAsciiAndConvertsTheRest) {
  EXPECT_EQ(to_a_labels("API.Example.com"), "api.example.com");
  EXPECT_EQ(to_a_labels("münchen.de"), "xn--mnchen-3ya.de");
  EXPECT_EQ(to_a_labels("mu\xcc\x88nchen.de"), "xn--mnchen-3ya.de") << "a combining diaeresis";
  EXPECT_EQ(to_a_labels("faß.de"), "xn--fa-hia.de") << "non-transitional";
  EXPECT_EQ(to_a_labels("例え。テスト"), "xn--r8jz45g.xn--zckzah") << "an ideographic full stop";
}

TEST(Idna, RefusesWhatCannotBeConverted) {
  EXPECT_FALSE(to_a_labels("\xff.de"));
  EXPECT_FALSE(to_a_labels(std::string("ü\0.de", 6)));
  EXPECT_FALSE(to_a_labels("ü" + std::string(2000, 'a')));
  EXPECT_FALSE(to_a_labels("ü" + std::string(63, 'a') + ".de")) << "a label of more than 63 bytes";
}

}  // namespace
}  // namespace dn::policy
