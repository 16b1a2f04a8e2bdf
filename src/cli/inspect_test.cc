#include "cli/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace dn::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kCaptures = DN_SOURCE_DIR "/tests/captures/";

struct Outcome {
  int status = 0;
  std::string out, errors;
};

Outcome inspect(const std::vector<std::string>& paths, bool json) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.status = run_inspect(paths, json);
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.errors = ::testing::internal::GetCapturedStderr();
  return outcome;
}

// A folder of its own for one test.
struct Folder {
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) /
      ("dn-inspect-" +
       std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
};

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  return {std::istream_iterator<std::string>(stream), {}};
}

TEST(Inspect, PrintsAlignedColumnsForPeople) {
  const Outcome outcome =
      inspect({kCaptures + "client-tls10/input.pcap", kCaptures + "ipv6-curl/input.pcap"}, false);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.errors, "");
  std::istringstream lines(outcome.out);
  std::string header, old, ipv6;
  std::getline(lines, header);
  std::getline(lines, old);
  std::getline(lines, ipv6);
  EXPECT_THAT(words_of(header),
              ::testing::ElementsAre("FILE", "CLIENT", "SERVER", "PROTOCOL", "NAME", "OFFERED",
                                     "SELECTED", "VERDICT", "REASON"));
  for (const auto& [title, text] :
       {std::pair("SERVER", "192.0.2.2:443"), std::pair("NAME", "client-tls10.test"),
        std::pair("OFFERED", "TLS1.0"), std::pair("REASON", "tls-version-client-too-old")}) {
    EXPECT_EQ(old.find(text), header.find(title)) << title;
  }
  EXPECT_THAT(ipv6, HasSubstr("  [2001:db8::2]:443  "));
  EXPECT_THAT(ipv6, ::testing::EndsWith("policy   -"));
}

TEST(Inspect, PrintsOneObjectPerConnection) {
  const Outcome outcome = inspect({kCaptures + "openssl-resumption"}, true);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 2);
  EXPECT_THAT(outcome.out, StartsWith(R"({"pcap":"input.pcap","l4":"tcp","src":"192.0.2.1")"));
}

TEST(Inspect, GoesOnAfterAFileThatIsNoCapture) {
  const Folder folder;
  const std::string broken = (folder.path / "broken.pcap").string();
  std::ofstream(broken) << "no capture";
  const Outcome outcome = inspect({broken, kCaptures + "wget/input.pcap"}, true);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.errors, "discriminat inspect: " + broken + ": neither pcap nor pcapng\n");
  EXPECT_THAT(outcome.out, HasSubstr("wget.test"));
}

TEST(Inspect, SaysThatADirectoryHoldsNoCaptures) {
  const Folder folder;
  std::ofstream(folder.path / "notes.txt") << "no capture";
  const Outcome outcome = inspect({folder.path.string()}, false);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.errors, HasSubstr("no .pcap, .pcapng, .cap or .trace files"));
  EXPECT_EQ(outcome.out, "");
}

// JSON stays valid and one line whatever a client sends.
TEST(Inspect, ShowsOddBytesAsLatin1) {
  const Folder folder;
  std::string ip("\x45\0\0\0\0\1\0\0\x40\6\0\0\xc0\0\2\1\xc0\0\2\2", 20);
  ip += std::string("\x03\xe8\0\x50\0\0\0\1\0\0\0\0\x50\x10\x20\0\0\0\0\0", 20);
  ip += "GET /gr\xc3\xbcn\xff HTTP/1.1\r\nHost: a.test\r\n\r\n";
  ip[3] = static_cast<char>(ip.size());
  std::string file("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x65\0\0\0", 24);
  for (int i = 0; i < 4; ++i) {
    file += std::string(1, i < 2 ? '\0' : static_cast<char>(ip.size())) + std::string(3, '\0');
  }
  std::ofstream(folder.path / "odd.pcap", std::ios::binary) << file << ip;
  const Outcome outcome = inspect({folder.path.string()}, true);
  EXPECT_THAT(outcome.out, HasSubstr(R"("uri":"/gr\u00c3\u00bcn\u00ff")"));
}

}  // namespace
}  // namespace dn::cli
