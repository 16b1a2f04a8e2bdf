#include "store/directory_names.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "store/testing/fake_disk.h"

namespace dn::store {
namespace {

using testing::names_in;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

std::string raw_name(std::uint64_t number) {
  return format_segment_name({WallTime(std::chrono::milliseconds(1'795'317'300'000)), number});
}

TEST(DirectoryNames, ListsWhatIsThereAndFollowsNoLink) {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "d" / "sub");
  write_file(root.path() / "d" / "file", "x");
  std::filesystem::create_symlink(root.path(), root.path() / "d" / "link");
  const auto entries = list_directory((root.path() / "d").string());
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 3U);
  for (const DirectoryEntry& entry : *entries) {
    EXPECT_EQ(entry.is_directory, entry.name == "sub");
    EXPECT_EQ(entry.is_file, entry.name == "file");
  }
  EXPECT_TRUE(list_directory((root.path() / "absent").string())->empty());
  EXPECT_FALSE(list_directory((root.path() / "d" / "link").string()));
  EXPECT_FALSE(list_directory((root.path() / "d" / "file").string()));
}

TEST(DirectoryNames, ListsSegmentsByNumberWithTheirForms) {
  const TemporaryDirectory root;
  write_file(root.path() / raw_name(12), "");
  write_file(root.path() / raw_name(2), "");
  write_file(root.path() / (raw_name(2) + ".zst"), "");
  write_file(root.path() / (raw_name(3) + ".zst"), "");
  write_file(root.path() / ("." + raw_name(4) + ".zst.partial"), "");
  write_file(root.path() / "notes.txt", "");
  std::filesystem::create_directories(root.path() / raw_name(5));
  std::filesystem::create_symlink(root.path() / "notes.txt", root.path() / raw_name(6));
  const auto segments = list_segments(root.path().string());
  ASSERT_TRUE(segments);
  ASSERT_EQ(segments->size(), 3U);
  const ListedSegment &both = (*segments)[0], &compressed = (*segments)[1], &raw = (*segments)[2];
  EXPECT_TRUE(both.name.number == 2 && both.raw && both.compressed);
  EXPECT_TRUE(compressed.name.number == 3 && !compressed.raw && compressed.compressed);
  EXPECT_TRUE(raw.name.number == 12 && raw.raw && !raw.compressed);
}

// Renames and unlinks as a compression does them, while somebody lists.
TEST(DirectoryNames, NeverMissesASegmentThatChangesItsForm) {
  const TemporaryDirectory root;
  constexpr std::uint64_t kSegments = 300;
  for (std::uint64_t i = 1; i <= kSegments; ++i) write_file(root.path() / raw_name(i), "");
  std::atomic<bool> done = false;
  std::thread compressor([&] {
    for (std::uint64_t i = 1; i <= kSegments; ++i) {
      write_file(root.path() / "partial", "");
      std::filesystem::rename(root.path() / "partial", root.path() / (raw_name(i) + ".zst"));
      std::filesystem::remove(root.path() / raw_name(i));
    }
    done = true;
  });
  while (!done) {
    const auto segments = list_segments(root.path().string());
    ASSERT_TRUE(segments);
    ASSERT_EQ(segments->size(), kSegments);
  }
  compressor.join();
}

TEST(DirectoryNames, RemovesADirectoryOfFilesAndNothingBehindALink) {
  const TemporaryDirectory root;
  std::filesystem::create_directories(root.path() / "d");
  std::filesystem::create_directories(root.path() / "precious");
  write_file(root.path() / "precious" / "file", "x");
  write_file(root.path() / "d" / "file", "x");
  std::filesystem::create_symlink(root.path() / "precious", root.path() / "d" / "directory");
  std::filesystem::create_symlink(root.path() / "precious" / "file", root.path() / "d" / "link");
  EXPECT_TRUE(remove_directory_of_files((root.path() / "d").string()));
  EXPECT_FALSE(std::filesystem::exists(root.path() / "d"));
  EXPECT_EQ(read_file(root.path() / "precious" / "file"), "x");
  EXPECT_TRUE(remove_directory_of_files((root.path() / "d").string())) << "it is gone already";
  std::filesystem::create_symlink(root.path() / "precious", root.path() / "d");
  EXPECT_FALSE(remove_directory_of_files((root.path() / "d").string()));
  EXPECT_EQ(read_file(root.path() / "precious" / "file"), "x");
  std::filesystem::create_directories(root.path() / "deep" / "sub");
  EXPECT_FALSE(remove_directory_of_files((root.path() / "deep").string()));
  EXPECT_TRUE(std::filesystem::exists(root.path() / "deep" / "sub"));
}

}  // namespace
}  // namespace dn::store
