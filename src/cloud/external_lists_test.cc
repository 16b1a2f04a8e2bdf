// Wanted lists and their readings in, content and problems out.
#include "cloud/external_lists.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dn::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

struct ExternalListsTest : ::testing::Test {
  std::vector<std::string> take_all() {
    std::vector<std::string> arns;
    while (auto arn = lists.take_next()) arns.push_back(*std::move(arn));
    return arns;
  }
  std::map<std::string, std::string> contents() {
    policy::PolicyInput input;
    input.lists["stale"] = "x";
    lists.fill(input);
    return input.lists;
  }
  ExternalLists lists;
};

TEST_F(ExternalListsTest, ReadsNewListsAtOnceAndAllInARound) {
  lists.set_wanted({"arn:a", "arn:b"});
  EXPECT_THAT(take_all(), ElementsAre("arn:a", "arn:b"));
  lists.set_wanted({"arn:a", "arn:b", "arn:c"});
  EXPECT_THAT(take_all(), ElementsAre("arn:c"));
  lists.begin_round();
  lists.begin_round();
  EXPECT_THAT(take_all(), ElementsAre("arn:a", "arn:b", "arn:c"));
  EXPECT_THAT(take_all(), IsEmpty());
}

TEST_F(ExternalListsTest, TellsWhetherTheContentChanged) {
  EXPECT_TRUE(lists.changed());
  lists.set_wanted({"arn:a"});
  contents();
  EXPECT_FALSE(lists.changed());
  lists.on_content("arn:a", "a.test");
  EXPECT_TRUE(lists.changed());
  EXPECT_THAT(contents(), ElementsAre(Pair("arn:a", "a.test")));
  lists.on_content("arn:a", "a.test");
  lists.on_failure("arn:a", "access denied");
  EXPECT_FALSE(lists.changed());
}

TEST_F(ExternalListsTest, KeepsTheLastGoodContent) {
  lists.set_wanted({"arn:a"});
  lists.on_failure("arn:a", "access denied");
  EXPECT_THAT(contents(), IsEmpty());
  EXPECT_THAT(lists.problems(),
              ElementsAre("\"arn:a\": access denied; until it can be read it has no members"));
  lists.on_content("arn:a", "[\"a.test\"]");
  EXPECT_THAT(lists.problems(), IsEmpty());
  lists.on_failure("arn:a", "access denied");
  EXPECT_THAT(lists.problems(),
              ElementsAre("\"arn:a\": access denied; its last good content stays"));
  lists.on_content("arn:a", "[\"b.test\"");  // broken as a whole
  EXPECT_THAT(lists.problems(), ElementsAre(HasSubstr("its last good content stays")));
  lists.on_content("arn:a", std::string(kListBytesMax + 1, ' '));
  EXPECT_THAT(lists.problems(), ElementsAre(HasSubstr("at most 65536")));
  EXPECT_THAT(contents(), ElementsAre(Pair("arn:a", "[\"a.test\"]")));
}

TEST_F(ExternalListsTest, ForgetsAListThatNoRuleNames) {
  lists.set_wanted({"arn:a", "arn:b"});
  lists.on_content("arn:a", "a.test");
  contents();
  lists.set_wanted({"arn:b"});
  EXPECT_TRUE(lists.changed());
  EXPECT_THAT(contents(), IsEmpty());
  EXPECT_THAT(take_all(), ElementsAre("arn:b"));  // the other is not read any more
  lists.on_content("arn:a", "a.test");            // on its way when it went
  lists.on_failure("arn:a", "late");
  EXPECT_THAT(contents(), IsEmpty());
  EXPECT_THAT(lists.problems(), IsEmpty());
}

TEST_F(ExternalListsTest, LeavesOutListsBeyondItsLimit) {
  std::vector<std::string> arns;
  for (std::size_t i = 0; i < kListsMax + 2; ++i) arns.push_back(fmt::format("arn:{:04}", i));
  lists.set_wanted(arns);
  EXPECT_THAT(take_all(), SizeIs(kListsMax));
  EXPECT_THAT(lists.problems(), ElementsAre(HasSubstr("2 are not read")));
  arns.erase(arns.begin(), arns.begin() + 2);
  lists.set_wanted(arns);
  EXPECT_THAT(take_all(), SizeIs(2));
  EXPECT_THAT(lists.problems(), IsEmpty());
}

}  // namespace
}  // namespace dn::cloud
