#include "shipper/ship_cursor.h"

#include <gtest/gtest.h>

#include <fstream>

#include "store/testing/fake_disk.h"

namespace dn::shipper {
namespace {

using store::testing::FailingDisk;
using store::testing::TemporaryDirectory;

TEST(ShipCursor, ComesBackAsItWasWritten) {
  const TemporaryDirectory root;
  const auto path = root.path() / "shipped-flow";
  EXPECT_EQ(read_cursor(path).value(), ShipPlace{});
  for (const ShipPlace place : {ShipPlace{1, 0}, ShipPlace{UINT64_MAX, UINT64_MAX}}) {
    ASSERT_TRUE(write_cursor(path, place, store::real_file_calls()));
    EXPECT_EQ(read_cursor(path).value(), place);
  }
}

TEST(ShipCursor, IsTheOldOneWhereTheDiskRefuses) {
  const TemporaryDirectory root;
  const auto path = root.path() / "shipped-flow";
  FailingDisk disk;
  ASSERT_TRUE(write_cursor(path, {1, 2}, disk));
  for (int FailingDisk::* error : {&FailingDisk::open_error, &FailingDisk::write_error,
                                   &FailingDisk::sync_error, &FailingDisk::rename_error}) {
    disk.*error = ENOSPC;
    disk.room = 0;
    EXPECT_FALSE(write_cursor(path, {3, 4}, disk));
    disk.*error = 0;
    EXPECT_EQ(read_cursor(path).value(), (ShipPlace{1, 2}));
  }
}

TEST(ShipCursor, TakesNothingElseForAPlace) {
  for (const char* text : {"", "\n", "1\n", "1 2", "1  2\n", " 1 2\n", "01 2\n", "1 2\n\n",
                           "-1 2\n", "18446744073709551616 1\n", "1 2 3\n"}) {
    EXPECT_FALSE(parse_cursor(text)) << text;
  }
  const TemporaryDirectory root;
  const auto path = root.path() / "shipped-flow";
  std::ofstream(path) << "damaged";
  const auto read = read_cursor(path);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("delete it"), std::string::npos);
}

}  // namespace
}  // namespace dn::shipper
