#include "aws/credentials.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "aws/small_file.h"

namespace dn::aws {
namespace {

class FindIdentity : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(home_ + "/.aws"); }
  void TearDown() override { std::filesystem::remove_all(home_); }
  void write(const std::string& name, std::string_view text) {
    std::ofstream(home_ + "/.aws/" + name) << text;
  }
  Result<Identity> find(std::map<std::string, std::string> variables,
                        const std::string& profile = "") {
    variables.try_emplace("HOME", home_);
    return find_identity(
        [&](const char* name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return {};
          return found->second;
        },
        profile);
  }
  std::string id_found(std::map<std::string, std::string> variables,
                       const std::string& profile = "") {
    const auto identity = find(std::move(variables), profile);
    if (!identity) return "error: " + identity.error().message;
    return identity->credentials ? identity->credentials->access_key_id : "";
  }
  std::string region_found(std::map<std::string, std::string> variables) {
    const auto identity = find(std::move(variables));
    return identity ? identity->region : "error: " + identity.error().message;
  }
  const std::string home_ = testing::TempDir() + "identity-test-" + std::to_string(getpid());
};

const std::map<std::string, std::string> kKeys = {
    {"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};

constexpr std::string_view kCredentials =
    "[default]\naws_access_key_id = DEF\naws_secret_access_key=s/+=\n"
    "[work]\nAWS_Access_Key_Id=WORK\naws_secret_access_key=w\naws_session_token = tok\n";
constexpr std::string_view kConfig =
    "[default]\nregion = eu-west-1\n[profile work]\nregion=eu-west-2\n"
    "[profile conf]\naws_access_key_id=CONF\naws_secret_access_key=c\n"
    "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n"
    "[profile half]\naws_access_key_id=HALF\n";

TEST_F(FindIdentity, FindsNothingWhereNothingIs) {
  const auto identity = find({});
  ASSERT_TRUE(identity);
  EXPECT_FALSE(identity->credentials);
  EXPECT_EQ(identity->region, "");
  EXPECT_TRUE(find_identity([](const char*) { return std::nullopt; }, ""));
}

TEST_F(FindIdentity, PrefersTheEnvironment) {
  write("credentials", kCredentials);
  const auto identity = find(kKeys);
  ASSERT_TRUE(identity && identity->credentials);
  EXPECT_EQ(identity->credentials->access_key_id, "ENV");
  EXPECT_EQ(identity->credentials->session_token, "t");
  EXPECT_EQ(id_found(kKeys, "work"), "WORK") << "but for a profile by option";
}

TEST_F(FindIdentity, ReadsTheProfile) {
  write("credentials", kCredentials);
  write("config", kConfig);
  EXPECT_EQ(id_found({}), "DEF");
  EXPECT_EQ(id_found({{"AWS_PROFILE", "work"}}), "WORK");
  EXPECT_EQ(id_found({{"AWS_PROFILE", "work"}}, "default"), "DEF");
  EXPECT_EQ(id_found({}, "conf"), "CONF");
  EXPECT_EQ(find({}, "work")->credentials->session_token, "tok");
  EXPECT_EQ(find({})->credentials->secret_access_key, "s/+=");
}

TEST_F(FindIdentity, ReadsTheFilesThatAreNamed) {
  write("other", "[default]\naws_access_key_id=OTHER\naws_secret_access_key=s\n");
  write("other-config", "[default]\nregion=local\n");
  const std::string folder = home_ + "/.aws/";
  EXPECT_EQ(id_found({{"AWS_SHARED_CREDENTIALS_FILE", folder + "other"}}), "OTHER");
  EXPECT_EQ(region_found({{"AWS_CONFIG_FILE", folder + "other-config"}}), "local");
}

TEST_F(FindIdentity, FindsTheRegion) {
  write("config", kConfig);
  EXPECT_EQ(region_found({}), "eu-west-1");
  EXPECT_EQ(region_found({{"AWS_PROFILE", "work"}}), "eu-west-2");
  EXPECT_EQ(region_found({{"AWS_DEFAULT_REGION", "b"}}), "b");
  EXPECT_EQ(region_found({{"AWS_REGION", "a"}, {"AWS_DEFAULT_REGION", "b"}}), "a");
}

TEST_F(FindIdentity, SaysWhatItCannotDo) {
  write("config", kConfig);
  const std::string role = id_found({}, "role");
  EXPECT_NE(role.find("gets its credentials by role_arn"), std::string::npos) << role;
  EXPECT_NE(role.find("aws configure export-credentials --profile role"), std::string::npos);
  EXPECT_EQ(
      id_found({}, "half"),
      "error: the profile \"half\" has an access key id or a secret access key alone; set both, "
      "or none");
  EXPECT_EQ(id_found({{"AWS_ACCESS_KEY_ID", "x"}}).substr(0, 26), "error: the environment has");
  EXPECT_EQ(id_found({{"AWS_PROFILE", "gone"}}).substr(0, 26), "error: the profile \"gone\" ");
  write("credentials", std::string(kSmallFileBytesMax + 1, '#'));
  EXPECT_EQ(id_found({}).substr(0, 6), "error:");
}

TEST(ParseProfiles, PassesOverWhatIsNoSetting) {
  const Profiles profiles = parse_profiles(
      "before = 1\n# c\n; c\n[ profile  a b ]\r\nkey =  v = w \r\nnested =\n  inner = 1\n\tinner = "
      "2\n"
      "no equals\n[\"quoted\"]\nk=\n[sso-session x]\nk=1\n[services y]\nk=1\n[open\nk=1\n[]\nk=1\n"
      "[a b]\nkey2=2");
  const Profiles want = {{"a b", {{"key", "v = w"}, {"nested", ""}, {"key2", "2"}}},
                         {"quoted", {{"k", ""}}}};
  EXPECT_EQ(profiles, want);
}

}  // namespace
}  // namespace dn::aws
