#include "review/flow_pattern.h"

#include <gtest/gtest.h>

namespace dn::review {
namespace {

TEST(FlowPattern, NamesTheGroupWhereItCanBeWritten) {
  EXPECT_EQ(allowlist_pattern("sg-1"),
            "{ $.see_thru_gid = \"sg-1\" && $.see_thru_exerted IS TRUE && ($.cat = \"client\" || "
            "$.reason = \"*server*\") }");
  for (const char* odd : {"a\"b", "a\\b", "a*", "a\nb", "gr\xc3\xbc"}) {
    EXPECT_EQ(pattern_text(odd), std::nullopt) << odd;
    EXPECT_TRUE(allowlist_pattern(odd).starts_with("{ $.see_thru_exerted")) << odd;
  }
}

}  // namespace
}  // namespace dn::review
