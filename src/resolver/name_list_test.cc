// The compact set of names.
#include "resolver/name_list.h"

#include <gtest/gtest.h>

namespace dn::resolver {
namespace {

TEST(NameList, SortsAndDropsDoubles) {
  NameList list;
  for (const auto name : {"b.example", "a.example", "b.example", "c", "a.example"}) {
    list.add(std::string_view(name));
  }
  list.sort();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0], "a.example");
  EXPECT_EQ(list[1], "b.example");
  EXPECT_EQ(list[2], "c");
}

TEST(NameList, FindsEachNameAndNoOther) {
  NameList list;
  for (int i = 100; i < 200; i += 2) list.add("n" + std::to_string(i));
  list.sort();
  for (int i = 99; i < 201; ++i) {
    const bool there = i >= 100 && i < 200 && i % 2 == 0;
    EXPECT_EQ(list.find("n" + std::to_string(i)).has_value(), there) << i;
  }
  EXPECT_EQ(list.find("n110").value(), 5U);
  EXPECT_FALSE(NameList().find("a"));
}

TEST(NameList, LeavesOutWhatIsNoName) {
  NameList list;
  list.add(std::string(254, 'a'));
  EXPECT_EQ(list.size(), 0U);
  EXPECT_EQ(list.left_out(), 1U);
}

}  // namespace
}  // namespace dn::resolver
