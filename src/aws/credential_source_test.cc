#include "aws/credential_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>

#include "aws/testing/fake_https.h"
#include "aws/testing/scripted_server.h"

namespace dn::aws {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A source whose questions are counted, with a random number in the middle: no jitter.
class RotatingCredentialsTest : public testing::Test {
 protected:
  RotatingCredentialsTest() { world_.random = 60'000; }
  void gives(const std::string& id, std::optional<WallTime> expiration) {
    next_ = TemporaryCredentials{{id, "secret", "token"}, expiration};
  }
  void fails() { next_ = fail("no way"); }
  std::string id() {
    const auto current = credentials_.current();
    return current ? current->access_key_id : "error: " + current.error().message;
  }
  bool refuse(const std::string& which) { return credentials_.replace({which, "secret", "token"}); }

  FakeWorld world_;
  int asked_ = 0;
  Result<TemporaryCredentials> next_ = fail("not set");
  RotatingCredentials credentials_{[this] {
                                     ++asked_;
                                     return next_;
                                   },
                                   world_.surroundings()};
};

TEST_F(RotatingCredentialsTest, AreAskedForTenMinutesBeforeTheirEnd) {
  gives("ONE", kNoon + hours(6));
  EXPECT_EQ(id(), "ONE");
  gives("TWO", kNoon + hours(12));
  world_.now = kNoon + hours(6) - minutes(10) - seconds(1);
  EXPECT_EQ(id(), "ONE");
  EXPECT_EQ(asked_, 1);
  world_.now += seconds(1);
  EXPECT_EQ(id(), "TWO");
  EXPECT_EQ(asked_, 2);
}

TEST_F(RotatingCredentialsTest, AreAskedForAMinuteSoonerOrLater) {
  for (const auto& [random, offset] : {std::pair<std::uint64_t, int>{0, -60}, {120'000, 60}}) {
    FakeWorld world;
    world.random = random;
    int asked = 0;
    RotatingCredentials credentials(
        [&] {
          ++asked;
          return TemporaryCredentials{{"A", "s", "t"}, kNoon + hours(6)};
        },
        world.surroundings());
    EXPECT_TRUE(credentials.current());
    world.now = kNoon + hours(6) - minutes(10) + seconds(offset) - std::chrono::milliseconds(1);
    EXPECT_TRUE(credentials.current());
    EXPECT_EQ(asked, 1) << offset;
    world.now += std::chrono::milliseconds(1);
    EXPECT_TRUE(credentials.current());
    EXPECT_EQ(asked, 2) << offset;
  }
}

TEST_F(RotatingCredentialsTest, AreUsedOnWhileNoNewOnesCome) {
  gives("ONE", kNoon + minutes(20));
  EXPECT_EQ(id(), "ONE");
  fails();
  world_.now = kNoon + minutes(10);
  EXPECT_EQ(id(), "ONE");
  EXPECT_EQ(asked_, 2);
  world_.now += seconds(29);
  EXPECT_EQ(id(), "ONE");
  EXPECT_EQ(asked_, 2) << "not for every request";
  world_.now = kNoon + minutes(40);
  EXPECT_EQ(id(), "ONE") << "even beyond their end";
  EXPECT_EQ(asked_, 3);
  gives("TWO", kNoon + hours(6));
  world_.now += seconds(30);
  EXPECT_EQ(id(), "TWO");
}

TEST_F(RotatingCredentialsTest, AreAskedForOncePerMinuteWhileTheSameOnesComeBack) {
  gives("ONE", kNoon + minutes(5));
  EXPECT_EQ(id(), "ONE");
  world_.now += seconds(59);
  EXPECT_EQ(id(), "ONE");
  EXPECT_EQ(asked_, 1);
  world_.now += seconds(1);
  EXPECT_EQ(id(), "ONE");
  EXPECT_EQ(asked_, 2);
}

TEST_F(RotatingCredentialsTest, TellWhyThereAreNone) {
  fails();
  EXPECT_EQ(id(), "error: no way");
  EXPECT_EQ(id(), "error: no way");
  EXPECT_EQ(asked_, 1);
  gives("ONE", {});
  world_.now += seconds(5);
  EXPECT_EQ(id(), "ONE");
  world_.now += hours(24 * 365);
  EXPECT_EQ(id(), "ONE") << "without an end";
  EXPECT_EQ(asked_, 2);
}

TEST_F(RotatingCredentialsTest, OutliveAClockThatIsSetBack) {
  fails();
  world_.now = kNoon + hours(24 * 365);
  EXPECT_EQ(id(), "error: no way");
  gives("ONE", kNoon + hours(6));
  world_.now = kNoon;
  EXPECT_EQ(id(), "ONE");
}

TEST_F(RotatingCredentialsTest, AreReplacedWhenAServiceRefusesThem) {
  EXPECT_FALSE(refuse("ONE")) << "nothing was given yet";
  gives("ONE", kNoon + hours(6));
  EXPECT_EQ(id(), "ONE");
  gives("TWO", kNoon + hours(12));
  EXPECT_FALSE(refuse("ONE")) << "fetched a moment ago";
  EXPECT_EQ(asked_, 1);
  world_.now += seconds(10);
  EXPECT_TRUE(refuse("ONE"));
  EXPECT_EQ(id(), "TWO");
  EXPECT_EQ(asked_, 2);
  EXPECT_TRUE(refuse("ONE")) << "another thread was faster";
  EXPECT_EQ(asked_, 2);
  world_.now += seconds(10);
  EXPECT_FALSE(refuse("TWO")) << "the same ones again";
  world_.now += seconds(10);
  fails();
  EXPECT_FALSE(refuse("TWO"));
  EXPECT_EQ(id(), "TWO");
}

TEST_F(RotatingCredentialsTest, AreGivenUpOnceTheyHaveEndedAndAreRefusedAndThereAreNoOthers) {
  gives("ONE", kNoon + hours(1));
  EXPECT_EQ(id(), "ONE");
  fails();
  world_.now = kNoon + hours(1) - seconds(1);
  EXPECT_FALSE(refuse("ONE"));
  EXPECT_EQ(id(), "ONE") << "they have not ended";
  world_.now = kNoon + hours(1) + seconds(5);
  EXPECT_EQ(id(), "ONE") << "nobody has refused them since";
  EXPECT_FALSE(refuse("ONE"));
  EXPECT_EQ(id(), "ONE") << "the source was asked a moment ago";
  world_.now += seconds(10);
  EXPECT_FALSE(refuse("ONE"));
  EXPECT_EQ(id(), "error: no way");
  gives("TWO", kNoon + hours(3));
  world_.now += seconds(30);
  EXPECT_EQ(id(), "TWO");
}

class CredentialChain : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(home_ + "/.aws"); }
  void TearDown() override { std::filesystem::remove_all(home_); }
  CredentialFetch chain(std::map<std::string, std::string> values, std::string profile = "") {
    values.try_emplace("HOME", home_);
    return credential_chain(
        [values](const char* name) {
          const auto at = values.find(name);
          return at == values.end() ? std::nullopt : std::optional(at->second);
        },
        std::move(profile), world_.surroundings());
  }
  std::string id_of(const CredentialFetch& fetch) {
    const auto found = fetch();
    return found ? found->keys.access_key_id : "error: " + found.error().message;
  }
  std::string put(const std::string& name, std::string_view text) {
    std::ofstream(home_ + "/" + name) << text;
    return home_ + "/" + name;
  }
  static std::string document(std::string_view id) {
    return http_answer(200,
                       fmt::format(R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"s",)"
                                   R"("Token":"t","Expiration":"2026-11-22T12:00:00Z"}})",
                                   id));
  }

  const std::string home_ =
      testing::TempDir() + "credential-chain-test-" + std::to_string(getpid());
  FakeWorld world_;
};

TEST_F(CredentialChain, BeginsWithEnvironmentAndFiles) {
  // Nothing listens there: an answer would be a mistake.
  const std::pair<std::string, std::string> nobody = {"AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                                      "http://127.0.0.1:1/"};
  EXPECT_EQ(id_of(chain({nobody, {"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}})),
            "ENV");
  put(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  const auto from_file = chain({nobody});
  EXPECT_EQ(id_of(from_file), "FILE");
  put(".aws/credentials", "[default]\naws_access_key_id=ROTATED\naws_secret_access_key=s\n");
  EXPECT_EQ(id_of(from_file), "ROTATED") << "read anew";
  EXPECT_TRUE(id_of(chain({nobody}, "other")).starts_with("error: the profile \"other\""))
      << "no other identity than the one that was meant";
}

TEST_F(CredentialChain, GoesOnWithTheContainer) {
  ScriptedServer server(
      {document("CONTAINER"), document("AGAIN"), http_answer(503, ""), document("LATER")});
  const auto fetch = chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/v2/x?y=z"},
                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", put("token", "first\n")},
                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "not this"}});
  EXPECT_EQ(id_of(fetch), "CONTAINER");
  put("token", "second");
  EXPECT_EQ(id_of(fetch), "AGAIN");
  EXPECT_EQ(id_of(fetch), "LATER");
  EXPECT_TRUE(server.requests().at(0).starts_with("GET /v2/x?y=z HTTP/1.1\r\n"));
  EXPECT_NE(server.requests().at(0).find("\r\nAuthorization: first\r\n"), std::string::npos);
  EXPECT_NE(server.requests().at(1).find("\r\nAuthorization: second\r\n"), std::string::npos);
}

TEST_F(CredentialChain, TellsNothingOfWhatTheContainerSays) {
  ScriptedServer server({http_answer(403, "HIDDEN"), http_answer(200, "HIDDEN")});
  const auto fetch = chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/HIDDEN"},
                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN"}});
  EXPECT_EQ(id_of(fetch), "error: the container's credentials: HTTP status 403");
  EXPECT_EQ(id_of(fetch), "error: the credentials are no JSON object");
  const auto broken = chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/HIDDEN"},
                             {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN\nX-Evil: 1"}});
  EXPECT_EQ(id_of(broken),
            "error: the container's credentials: the header Authorization holds a line break");
  const auto empty = chain({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url()},
                            {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", put("token", "\n")}});
  EXPECT_EQ(id_of(empty), "error: " + home_ + "/token: there is no token in it");
}

TEST_F(CredentialChain, EndsWithTheInstance) {
  ScriptedServer server({http_answer(200, "TOKEN"), http_answer(200, "role"), document("ROLE"),
                         http_answer(200, "role"), document("NEXT"),
                         // Its token was forgotten by the service: a new one, once.
                         http_answer(401, ""), http_answer(200, "TOKEN2"), http_answer(200, "role"),
                         document("LAST"), http_answer(404, "")});
  const auto fetch = chain({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}});
  const auto found = fetch();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys, (Credentials{"ROLE", "s", "t"}));
  EXPECT_EQ(found->expiration, kNoon);
  EXPECT_EQ(id_of(fetch), "NEXT");
  EXPECT_EQ(id_of(fetch), "LAST");
  EXPECT_EQ(id_of(fetch),
            "error: no credentials: give the instance a role, name a profile by AWS_PROFILE, or "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (instance metadata: the instance has "
            "no role; attach an instance profile to it)");
  EXPECT_EQ(server.requests().size(), 10U) << "one token served two questions";
}

// Six hours of an instance: its token ends before its credentials, and one question fails.
TEST_F(CredentialChain, KeepsTheCredentialsOfAnInstanceFresh) {
  const auto until = [](std::string_view id, std::string_view end) {
    return http_answer(200, fmt::format(R"({{"Code":"Success","AccessKeyId":"{}",)"
                                        R"("SecretAccessKey":"s","Token":"t","Expiration":"{}"}})",
                                        id, end));
  };
  const std::string role = http_answer(200, "role");
  ScriptedServer server({http_answer(200, "TOKEN1"), role, until("ONE", "2026-11-22T18:00:00Z"),
                         http_answer(200, "TOKEN2"), role, http_answer(500, ""),
                         http_answer(500, ""), role, until("TWO", "2026-11-23T00:00:00Z")});
  world_.random = 60'000;  // no jitter
  RotatingCredentials credentials(chain({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}}),
                                  world_.surroundings());
  const auto id = [&] { return credentials.current()->access_key_id; };
  EXPECT_EQ(id(), "ONE");
  world_.now = kNoon + hours(6) - minutes(3);
  EXPECT_EQ(id(), "ONE") << "the old ones while no new ones come";
  world_.now += seconds(30);
  EXPECT_EQ(id(), "TWO");
  world_.now += hours(5);
  EXPECT_EQ(id(), "TWO");
  const auto token = [&](std::size_t i) { return server.requests().at(i).find("TOKEN2"); };
  EXPECT_NE(token(4), std::string::npos);
  EXPECT_NE(token(8), std::string::npos);
}

TEST_F(CredentialChain, AsksNoInstanceWhereThatIsSwitchedOff) {
  EXPECT_EQ(id_of(chain({{"AWS_EC2_METADATA_DISABLED", "true"}})),
            "error: AWS_EC2_METADATA_DISABLED switches instance metadata off");
}

TEST(FindContainer, TakesSafePlacesOnly) {
  const auto found = [](const char* variable, const std::string& value) -> std::string {
    const auto place = find_container([&](const char* name) -> std::optional<std::string> {
      if (std::string_view(name) == variable) return value;
      return {};
    });
    if (!place) return "error";
    return *place ? (*place)->endpoint.to_text() + " " + (*place)->path : "none";
  };
  constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  EXPECT_EQ(found("OTHER", "x"), "none");
  EXPECT_EQ(found(kRelative, "/v2/credentials/x"), "http://169.254.170.2/ /v2/credentials/x");
  EXPECT_EQ(found(kRelative, "@evil.example/"), "error");
  EXPECT_EQ(found(kFull, "http://127.0.0.1:8080/a?b=c"), "http://127.0.0.1:8080/ /a?b=c");
  EXPECT_EQ(found(kFull, "http://[::1]/a"), "http://[::1]/ /a");
  EXPECT_EQ(found(kFull, "http://localhost"), "http://localhost/ /");
  EXPECT_EQ(found(kFull, "http://169.254.170.2/a"), "http://169.254.170.2/ /a");
  EXPECT_EQ(found(kFull, "https://credentials.example/a"), "https://credentials.example/ /a");
  for (const char* bad : {"http://credentials.example/a", "http://169.254.169.254/a",
                          "http://127.0.0.1@evil.example/", "http://127.0.0.1.evil.example/",
                          "ftp://127.0.0.1/", "127.0.0.1/", "", "http:///a"}) {
    EXPECT_EQ(found(kFull, bad), "error") << bad;
  }
}

}  // namespace
}  // namespace dn::aws
