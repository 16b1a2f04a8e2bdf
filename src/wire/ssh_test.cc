// SSH banners of both sides, good and bad, at every cut.
#include "wire/ssh.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "wire/testing/corpus_file.h"
#include "wire/testing/prefixes.h"

namespace dn::wire {
namespace {

using namespace testing;
using namespace std::string_literals;
using Status = ParseStatus;

auto parse_as(Side side) {
  return [side](ByteSpan stream) { return parse_ssh_banner(stream, side); };
}

struct Case {
  std::string name;
  std::string stream;
  Status status;
  std::string_view version = "";
  bool acceptable = false;
};

std::string banner_of(std::size_t bytes, std::string_view end) {
  std::string line = "SSH-2.0-";
  return line + std::string(bytes - line.size() - end.size(), 'x') + std::string(end);
}

std::vector<Case> client_cases() {
  return {
      {"plain", "SSH-2.0-OpenSSH_9.6\r\n", Status::Done, "2.0", true},
      {"LF alone", "SSH-2.0-x\n", Status::Done, "2.0", true},
      {"comments", "SSH-2.0-x_1 some comments - here\r\n", Status::Done, "2.0", true},
      {"no software version", "SSH-2.0-\r\n", Status::Done, "2.0", true},
      {"255 bytes", banner_of(255, "\r\n"), Status::Done, "2.0", true},
      {"255 bytes with LF", banner_of(255, "\n"), Status::Done, "2.0", true},
      {"256 bytes", banner_of(256, "\r\n"), Status::Malformed, "2.0"},
      {"never ends", banner_of(5000, ""), Status::Malformed, "2.0"},
      {"SSH 1", "SSH-1.5-old\r\n", Status::Done, "1.5"},
      {"1.99 is for servers", "SSH-1.99-x\r\n", Status::Done, "1.99"},
      {"future", "SSH-3.0-x\r\n", Status::Done, "3.0"},
      {"2.00 is not 2.0", "SSH-2.00-x\r\n", Status::Done, "2.00"},
      {"KEXINIT behind", "SSH-2.0-x\r\n\0\0\5\xdc\7\x14"s, Status::Done, "2.0", true},
      {"no second dash", "SSH-2.0\r\n", Status::Malformed},
      {"no version", "SSH--x\r\n", Status::Malformed},
      {"no major version", "SSH-.0-x\r\n", Status::Malformed},
      {"half a version", "SSH-2.-x\r\n", Status::Malformed},
      {"version with a letter", "SSH-2.0a-x\r\n", Status::Malformed},
      {"version with a blank", "SSH- 2.0-x\r\n", Status::Malformed},
      {"CR inside", "SSH-2.0-a\rb\r\n", Status::Malformed, "2.0"},
      {"two CR", "SSH-2.0-a\r\r\n", Status::Malformed, "2.0"},
      {"NUL", "SSH-2.0-a\0b\r\n"s, Status::Malformed, "2.0"},
      {"escape sequence", "SSH-2.0-\x1b[2J\r\n", Status::Malformed, "2.0"},
      {"tab", "SSH-2.0-a\tb\r\n", Status::Malformed, "2.0"},
      {"not ASCII", "SSH-2.0-\xc3\xa9\r\n", Status::Malformed, "2.0"},
      {"lower case", "ssh-2.0-x\r\n", Status::NotThis},
      {"text before it", "hello\r\nSSH-2.0-x\r\n", Status::NotThis},
      {"blank before it", " SSH-2.0-x\r\n", Status::NotThis},
      {"other protocol", "GET / HTTP/1.1\r\n", Status::NotThis},
      {"TLS", "\x16\x03\x01\x02\x00", Status::NotThis},
  };
}

std::vector<Case> server_cases() {
  const std::size_t most = limits::kSshPreBannerLinesMax;
  const auto lines = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "hi\r\n";
    return text;
  };
  return {
      {"plain", "SSH-2.0-dropbear_2022.83\r\n", Status::Done, "2.0", true},
      {"1.99", "SSH-1.99-x\r\n", Status::Done, "1.99", true},
      {"1.5", "SSH-1.5-x\n", Status::Done, "1.5"},
      {"lines before", "welcome\r\nto\n\r\nSSH-2.0-x\r\n", Status::Done, "2.0", true},
      {"UTF-8 before", "gr\xc3\xbc\xc3\x9f\r\nSSH-2.0-x\r\n", Status::Done, "2.0", true},
      {"SSH without a dash before", "SSH 2\r\nSSH-2.0-x\r\n", Status::Done, "2.0", true},
      {"as many lines as allowed", lines(most) + "SSH-2.0-x\r\n", Status::Done, "2.0", true},
      {"one line more", lines(most + 1) + "SSH-2.0-x\r\n", Status::Malformed},
      {"a line as long as allowed",
       std::string(limits::kSshPreBannerBytesMax - 1, 'x') + "\nSSH-2.0-x\r\n", Status::Done, "2.0",
       true},
      {"a longer line", std::string(limits::kSshPreBannerBytesMax, 'x') + "\nSSH-2.0-x\r\n",
       Status::Malformed},
      {"bad banner after lines", "a\r\nSSH-2.0\r\n", Status::Malformed},
      {"NUL before", "a\0b\r\nSSH-2.0-x\r\n"s, Status::NotThis},
      {"TLS alert", "\x15\x03\x03\x00\x02\x02\x28"s, Status::NotThis},
      {"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", Status::NotThis},
      {"other lines only", "220 mail ESMTP\r\n", Status::NeedMore},
  };
}

void check(const std::vector<Case>& cases, Side side) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const auto result = parse_ssh_banner(as_bytes(test.stream), side);
    EXPECT_EQ(result.status, test.status);
    EXPECT_EQ(slug_of(result.reason),
              test.status == Status::Malformed ? "ssh-banner-malformed" : "");
    EXPECT_EQ(result.value.version, test.version);
    if (test.status == Status::Done) {
      EXPECT_EQ(result.value.acceptable, test.acceptable);
    }
    const std::size_t step = test.stream.size() > 1000 ? 7 : 1;
    parse_growing(as_bytes(test.stream), parse_as(side), step);
    if (test.status == Status::Done) parse_valid(as_bytes(test.stream), parse_as(side), step);
  }
}

TEST(SshBanner, OfAClientIsItsFirstLine) {
  check(client_cases(), Side::Client);
}

TEST(SshBanner, OfAServerMayFollowOtherLines) {
  check(server_cases(), Side::Server);
}

TEST(SshBanner, GivesTheLineWithoutItsEndAndWhereItEnds) {
  const std::string stream = "motd\r\nSSH-2.0-x y\r\nrest";
  const auto result = parse_ssh_banner(as_bytes(stream), Side::Server);
  ASSERT_EQ(result.status, Status::Done);
  EXPECT_EQ(result.value.line, "SSH-2.0-x y");
  EXPECT_EQ(result.consumed, stream.size() - 4);
}

TEST(SshBanner, IsRefusedAtTheFirstByteThatContradicts) {
  for (const std::string_view text : {"T", "SX", "SSh", "SSH_"}) {
    EXPECT_EQ(parse_ssh_banner(as_bytes(text), Side::Client).status, Status::NotThis) << text;
    EXPECT_EQ(parse_ssh_banner(as_bytes(text.substr(0, text.size() - 1)), Side::Client).status,
              Status::NeedMore)
        << text;
  }
  EXPECT_EQ(parse_ssh_banner(as_bytes("SSH-2.0-a\x01"), Side::Client).status, Status::Malformed);
}

TEST(SshBanner, OfRealImplementations) {
  for (const std::string file : {"openssh-client", "openssh-client-with-kexinit"}) {
    const auto stream = corpus_file("ssh_banner_fuzz/" + file);
    const auto result = parse_valid(stream, parse_as(Side::Client));
    EXPECT_TRUE(result.value.acceptable);
    EXPECT_EQ(result.consumed, 41U);
  }
  const auto server = corpus_file("ssh_banner_fuzz/openssh-server");
  EXPECT_TRUE(parse_valid(server, parse_as(Side::Server)).value.acceptable);
}

}  // namespace
}  // namespace dn::wire
