// Further members beside those of `policy show --json`, which src/cli/policy_show_test.cc covers.
#include "review/policy_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "review/testing/policies.h"

namespace dn::review {
namespace {

using namespace testing;

TEST(PolicyJson, TakesFurtherMembers) {
  const auto input = one_group("sg-web", {"discriminat:tls:a.example"});
  const auto view = view_policy(input, suffixes(), kToday, {});
  const RuleJudge judge(input, suffixes(), kToday);
  const ShownPolicy shown{.source = "file",
                          .file = "p.toml",
                          .input = input,
                          .view = view,
                          .judge = judge,
                          .problems = {},
                          .today = kToday};
  std::ostringstream plain;
  print_policy_json(shown, plain);
  auto value = boost::json::parse(plain.str()).as_object();
  EXPECT_FALSE(value.contains("revision"));
  std::ostringstream more;
  print_policy_json(shown, more, ", \"revision\": 3");
  EXPECT_EQ(boost::json::parse(more.str()).at("revision").as_int64(), 3);
  value["revision"] = 3;
  EXPECT_EQ(boost::json::parse(more.str()).as_object(), value);
  EXPECT_EQ(value.at("groups").at(0).at("rules").at(0).at("annotation").as_string(),
            "discriminat:tls:a.example");
}

}  // namespace
}  // namespace dn::review
