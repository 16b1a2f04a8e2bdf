// The curve, which only the console asks for; the rest stands in src/cli/allowlist_test.cc.
#include "review/allowlist_forms.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;

std::string json(const Allowlist& list, bool curve) {
  std::ostringstream out;
  print_allowlist_json(list, out, curve);
  return out.str();
}

TEST(AllowlistForms, HaveTheCurveWhereItIsAsked) {
  const auto picture_line = parse_flow_line(
      R"({"dhost":"a.example","cat":"client","outcome":"allowed","src":"10.0.1.10",)"
      R"("dst":"198.51.100.7","dpt":443,"proto":"tls","reason":"not-allowlisted: x",)"
      R"("see_thru_days_remaining":3,"see_thru_gid":"sg-open","see_thru_exerted":true})");
  AllowlistPicture picture("sg-open");
  picture.add(86'400'000, *picture_line);
  picture.add(3 * 86'400'000L, *picture_line);
  const auto list = make_allowlist("sg-open", "sg-web", picture, nullptr, suffixes(), kToday);
  const auto value = boost::json::parse(json(list, true));
  EXPECT_EQ(value.at("curve"), boost::json::parse(R"([{"day": "1970-01-02", "names": 1},
                                                      {"day": "1970-01-04", "names": 1}])"));
  EXPECT_EQ(value.at("into").as_string(), "sg-web");
  EXPECT_FALSE(boost::json::parse(json(list, false)).as_object().contains("curve"));
  const auto none = make_allowlist("x", "x", AllowlistPicture("x"), nullptr, suffixes(), kToday);
  EXPECT_TRUE(boost::json::parse(json(none, true)).at("curve").as_array().empty());
}

}  // namespace
}  // namespace dn::review
