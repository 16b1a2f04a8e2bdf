// `import`: a store on disk, read back; counts, rejections, exit codes.
#include "cli/import.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"
#include "cli/testing/cli_test_kit.h"
#include "store/log_catalog.h"

namespace dn::cli {
namespace {

class ImportTest : public CliTest {
 protected:
  ImportTest() : store_(path_of("store")) {}

  std::vector<std::string> stored(const std::string& group = "DiscrimiNAT",
                                  const std::string& stream = "flow") {
    store::CatalogSettings settings;
    settings.directory = store_;
    settings.clock = [this] { return Now{{}, wall, true}; };
    const auto catalog = store::LogCatalog::open(settings);
    EXPECT_TRUE(catalog);
    const std::vector<std::string> streams = {stream};
    const auto blocks = (*catalog)->blocks(group, streams, {}, {});
    if (!blocks) return {};
    std::vector<std::string> messages;
    store::LoadedBlock loaded;
    for (const auto& block : *blocks) {
      EXPECT_TRUE((*catalog)->load(block, loaded));
      std::size_t at = 0;
      while (const auto event = loaded.next_event(at)) messages.emplace_back(event->message);
    }
    return messages;
  }
  std::string store_;
};

constexpr std::string_view kLines =
    R"({"time":"2020-11-22T03:15:00.123Z","dhost":"a"}
{"time":"2020-11-22T03:15:00.124Z","dhost":"b"}
)";

TEST_F(ImportTest, TakesEventsOfAnyAgeIntoANewStore) {
  const auto file = put("lines", kLines);
  EXPECT_EQ(call({"import", "--store", store_, file}), kExitGood);
  EXPECT_EQ(out,
            "DiscrimiNAT/flow: 2 stored, 0 already there, 2020-11-22T03:15:00.123Z to "
            "2020-11-22T03:15:00.124Z\n");
  EXPECT_EQ(err, "");
  EXPECT_EQ(stored(),
            (std::vector<std::string>{R"({"time":"2020-11-22T03:15:00.123Z","dhost":"a"})",
                                      R"({"time":"2020-11-22T03:15:00.124Z","dhost":"b"})"}));
  EXPECT_EQ(call({"import", "--store", store_, file}), kExitGood);
  EXPECT_EQ(out,
            "DiscrimiNAT/flow: 0 stored, 2 already there, 2020-11-22T03:15:00.123Z to "
            "2020-11-22T03:15:00.124Z\n");
  EXPECT_EQ(stored().size(), 2U);
}

TEST_F(ImportTest, ReadsStandardInputIntoTheGroupAndStreamThatAreGiven) {
  const std::string document =
      R"({"events":[{"logStreamName":"config","timestamp":1,"message":"x"},{"timestamp":2,"message":"y"}]})";
  EXPECT_EQ(call({"import", "--store", store_, "--json"}, document), kExitGood);
  const auto value = boost::json::parse(out);
  EXPECT_EQ(value.at("streams").at(0).at("stream").as_string(), "config");
  EXPECT_EQ(value.at("streams").at(1).at("stored").as_int64(), 1);
  EXPECT_EQ(value.at("rejected").as_int64(), 0);
  EXPECT_EQ(call({"import", "--store", store_, "--group", "g", "--stream", "s", "-"}, document),
            kExitGood);
  EXPECT_EQ(stored("g", "s"), (std::vector<std::string>{"x", "y"}));
}

TEST_F(ImportTest, MeasuresNamesInCharacters) {
  std::string name;
  for (int i = 0; i < 512; ++i) name += "\xc3\xbc";
  const auto event = [](const std::string& stream) {
    return R"({"timestamp":1,"message":"x","logStreamName":")" + stream + "\"}\n";
  };
  EXPECT_EQ(call({"import", "--store", store_}, event(name)), kExitGood) << err;
  EXPECT_EQ(call({"import", "--store", store_, "--stream", name}, event("s")), kExitGood) << err;
  EXPECT_EQ(stored("DiscrimiNAT", name), std::vector<std::string>{"x"});
  EXPECT_EQ(call({"import", "--store", store_}, event(name + "x")), kExitNo);
}

TEST_F(ImportTest, UsesTheStateDirectoryOfAConfiguration) {
  const auto file =
      put("p.toml",
          "[gateway]\ninside = [\"lan0\"]\noutside = \"wan0\"\nstate_dir = \"" + store_ + "\"\n");
  EXPECT_EQ(call({"import", "--config", file}, kLines), kExitGood);
  EXPECT_EQ(stored().size(), 2U);
  EXPECT_EQ(call({"import", "--config", path_of("none")}, kLines), kExitCannot);
}

TEST_F(ImportTest, KeepsWhatIsGoodAndNamesTheRest) {
  std::string text(kLines);
  for (int i = 0; i < 30; ++i) text += "{\"broken\n" + std::string(i == 29 ? kLines : "");
  EXPECT_EQ(call({"import", "--store", store_}, text), kExitNo);
  EXPECT_TRUE(err.starts_with("discriminat: standard input:3: a line ends inside a string\n"));
  EXPECT_TRUE(
      err.ends_with("discriminat: standard input:22: a line ends inside a string\n"
                    "discriminat: 10 more such places\n"))
      << err;
  EXPECT_TRUE(out.ends_with("30 places rejected\n")) << out;
  EXPECT_EQ(stored().size(), 4U);  // the same two lines twice, in one input
}

TEST_F(ImportTest, SaysThatNothingWasThere) {
  EXPECT_EQ(call({"import", "--store", store_}, ""), kExitGood);
  EXPECT_EQ(out, "no events\n");
}

TEST_F(ImportTest, SaysWhyItCannot) {
  EXPECT_EQ(call({"import", "--store", store_, path_of("none")}), kExitCannot);
  EXPECT_EQ(err, "discriminat: none: No such file or directory\n");
  std::filesystem::create_directories(path_of("dir"));
  EXPECT_EQ(call({"import", "--store", store_, path_of("dir")}), kExitCannot);
  EXPECT_EQ(err, "discriminat: dir: this is a directory; name a file\n");
  EXPECT_EQ(call({"import", "--store", store_}, "\x28\xb5\x2f\xfd and so on"), kExitCannot);
  EXPECT_EQ(err,
            "discriminat: standard input: this is compressed; write `zstdcat FILE | discriminat "
            "import -`\n");
  EXPECT_EQ(call({"import", "--store", store_}, "\x1f\x8b and so on"), kExitCannot);
  put("file", "x");
  EXPECT_EQ(call({"import", "--store", path_of("file") + "/below"}, kLines), kExitCannot);
  EXPECT_FALSE(err.empty());
}

TEST_F(ImportTest, NeverWritesBesideAGatewayThatRuns) {
  store::CatalogSettings settings;
  settings.directory = store_;
  settings.writable = true;
  settings.clock = [this] { return Now{{}, wall, true}; };
  const auto gateway = store::LogCatalog::open(settings);
  ASSERT_TRUE(gateway);
  const store::NewEvent event{1, "theirs"};
  (void)(*gateway)->create_group("DiscrimiNAT");
  ASSERT_TRUE((*gateway)->create_stream("DiscrimiNAT", "flow"));
  ASSERT_TRUE((*gateway)->put("DiscrimiNAT", "flow", {&event, 1}, 1));
  EXPECT_EQ(call({"import", "--store", store_}, kLines), kExitCannot);
  EXPECT_FALSE(err.empty());
  EXPECT_EQ(stored(), std::vector<std::string>{"theirs"});
}

TEST_F(ImportTest, StopsAtCtrlC) {
  interrupted = true;
  EXPECT_EQ(call({"import", "--store", store_}, kLines), kExitInterrupted);
  EXPECT_EQ(out, "no events\n");
}

}  // namespace
}  // namespace dn::cli
