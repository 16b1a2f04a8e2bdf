#include "daemon/api_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dn::daemon {
namespace {

class KeysFile : public testing::Test {
 protected:
  void write(std::string_view text, mode_t mode) {
    std::ofstream(path_) << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  const std::string path_ = testing::TempDir() + "api-keys-test-" + std::to_string(getpid());
};

TEST(ApiKeys, ReadsOneKeyPerLine) {
  const auto keys =
      parse_api_keys("# ours\n\nAKID1 secret/+=\n  AKID2\tother \r\nAKID1 before", "f");
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ((*keys)[0].access_key_id, "AKID1");
  EXPECT_EQ((*keys)[0].secret_access_key, "secret/+=");
  EXPECT_EQ((*keys)[1].access_key_id, "AKID2");
  EXPECT_EQ((*keys)[1].secret_access_key, "other");
  EXPECT_EQ((*keys)[2].secret_access_key, "before");
}

TEST(ApiKeys, NamesTheLineButNotItsContent) {
  for (const char* line : {"AKID", "AKID secret third", "AK/ID secret", "AKID\t"}) {
    const auto keys = parse_api_keys(std::string("# c\n") + line + "\n", "f");
    ASSERT_FALSE(keys) << line;
    EXPECT_TRUE(keys.error().message.starts_with("f:2: ")) << keys.error().message;
    EXPECT_EQ(keys.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(keys.error().message.find("AKID"), std::string::npos);
  }
  EXPECT_FALSE(parse_api_keys("", "f"));
  EXPECT_FALSE(parse_api_keys("# nothing\n", "f"));
}

TEST(ApiKeys, TakesNoMoreThanItsLimit) {
  std::string text;
  for (std::size_t i = 0; i < kKeysMax; ++i) text += "A b\n";
  EXPECT_TRUE(parse_api_keys(text, "f"));
  EXPECT_FALSE(parse_api_keys(text + "A b\n", "f"));
}

TEST_F(KeysFile, IsReadWhenOnlyItsOwnerMay) {
  for (const mode_t mode : {0600U, 0400U}) {
    write("A b\n", mode);
    EXPECT_TRUE(read_api_keys(path_)) << mode;
    std::filesystem::remove(path_);
  }
}

TEST_F(KeysFile, IsRefusedWhenOthersMayUseIt) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0666U}) {
    write("A b\n", mode);
    const auto keys = read_api_keys(path_);
    ASSERT_FALSE(keys) << mode;
    EXPECT_NE(keys.error().message.find("chmod 600 " + path_), std::string::npos);
    std::filesystem::remove(path_);
  }
}

TEST_F(KeysFile, IsRefusedWhenItIsNone) {
  EXPECT_FALSE(read_api_keys(path_));
  EXPECT_FALSE(read_api_keys("/dev/null"));
  EXPECT_FALSE(read_api_keys("/tmp"));
  write(std::string(kKeysFileBytesMax + 1, '#'), 0600);
  EXPECT_FALSE(read_api_keys(path_));
}

TEST(ApiKeys, AreKnownByIdAndSecret) {
  const std::vector<aws::Credentials> keys = {
      {"ONE", "first", ""}, {"TWO", "a:b", ""}, {"TWO", "newer", ""}};
  EXPECT_TRUE(is_api_key(keys, "ONE", "first"));
  EXPECT_TRUE(is_api_key(keys, "TWO", "a:b"));
  EXPECT_TRUE(is_api_key(keys, "TWO", "newer"));
  for (const auto& [id, secret] : {std::pair{"ONE", "newer"},
                                   {"ONE", "firs"},
                                   {"ONE", "firsts"},
                                   {"one", "first"},
                                   {"ONE", ""},
                                   {"", "first"},
                                   {"", ""}}) {
    EXPECT_FALSE(is_api_key(keys, id, secret)) << id << " " << secret;
  }
  EXPECT_FALSE(is_api_key({}, "ONE", "first"));
}

}  // namespace
}  // namespace dn::daemon
