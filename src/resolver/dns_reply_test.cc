// Reading replies: what counts, every truncation, hostile compression, chains. Threat catalogue
// DNS-03, 06 to 12, 21.
#include "resolver/dns_reply.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "resolver/testing/fake_dns_server.h"

namespace dn::resolver {
namespace {

using namespace std::chrono_literals;
using engine::DnsStatus;
using testing::Bytes;
using testing::question_for;
using testing::Reply;

constexpr Ipv4Address kFirst{0xC0000201};   // 192.0.2.1
constexpr Ipv4Address kSecond{0xC0000202};  // 192.0.2.2

DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}

Reply reply() {
  return Reply(question_for("www.example.com"));
}

DnsReply parse(const Bytes& message, std::string_view asked = "www.example.com") {
  return parse_dns_reply(message, name(asked));
}

std::string text(const DnsReply& parsed) {
  std::string out;
  for (const auto& [address, ttl] : parsed.addresses) {
    out += to_text(address) + "/" +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(ttl).count()) + " ";
  }
  return out + std::string(parsed.problem);
}

TEST(DnsReply, TakesTheAddressesOfTheName) {
  const auto parsed =
      parse(reply().a("www.example.com", kFirst, 30).a("WWW.Example.com", kSecond, 60).bytes());
  EXPECT_EQ(parsed.status, DnsStatus::Answered);
  EXPECT_EQ(text(parsed), "192.0.2.1/30 192.0.2.2/60 ");
}

TEST(DnsReply, PassesOverWhatIsNotAsked) {
  const auto parsed = parse(reply()
                                .a("other.example.com", kSecond)
                                .record("www.example.com", 28, Bytes(16, 1))
                                .record("www.example.com", 65, Bytes(40, 1))
                                .record("www.example.com", 46, Bytes(90, 1))
                                .record("www.example.com", 1, {192, 0, 2, 9}, 30, 3)
                                .a("www.example.com", kFirst)
                                .a("example.com", kSecond)
                                .bytes());
  EXPECT_EQ(text(parsed), "192.0.2.1/30 ");
}

TEST(DnsReply, OnlyRecordsOfOtherNamesAreNoData) {
  const auto parsed = parse(reply().a("other.example.com", kSecond).bytes());
  EXPECT_EQ(parsed.status, DnsStatus::NoData);
  EXPECT_TRUE(parsed.addresses.empty());
  EXPECT_EQ(parse(reply().bytes()).status, DnsStatus::NoData);
}

TEST(DnsReply, ReadsTheResponseCode) {
  struct Case {
    int rcode;
    DnsStatus status;
    std::string_view problem;
  };
  for (const Case& c : {Case{0, DnsStatus::Answered, ""}, Case{1, DnsStatus::Failed, "error reply"},
                        Case{2, DnsStatus::Failed, "server failure"},
                        Case{3, DnsStatus::NoName, ""}, Case{4, DnsStatus::Failed, "error reply"},
                        Case{5, DnsStatus::Failed, "refused by the server"},
                        Case{15, DnsStatus::Failed, "error reply"}}) {
    const auto parsed = parse(reply().rcode(c.rcode).a("www.example.com", kFirst).bytes());
    EXPECT_EQ(parsed.status, c.status) << c.rcode;
    EXPECT_EQ(parsed.problem, c.problem) << c.rcode;
    EXPECT_EQ(parsed.addresses.size(), c.rcode == 0 ? 1U : 0U);
  }
}

TEST(DnsReply, FollowsCnamesInAnyOrderAndTakesTheSmallestTtl) {
  const auto parsed = parse(reply()
                                .a("end.cdn.example", kFirst, 300)
                                .cname("b.example.net", "end.cdn.example", 20)
                                .a("b.example.net", kSecond, 300)
                                .cname("www.example.com", "B.example.net", 100)
                                .bytes());
  EXPECT_EQ(text(parsed), "192.0.2.1/20 ");
}

TEST(DnsReply, ClampsNothingButReadsNegativeTtlsAsZero) {
  EXPECT_EQ(text(parse(reply().a("www.example.com", kFirst, 0).bytes())), "192.0.2.1/0 ");
  EXPECT_EQ(text(parse(reply().a("www.example.com", kFirst, 0x7fffffff).bytes())),
            "192.0.2.1/2147483647 ");
  EXPECT_EQ(text(parse(reply().a("www.example.com", kFirst, 0xffffffff).bytes())), "192.0.2.1/0 ");
}

TEST(DnsReply, FollowsSixteenCnamesAndNotSeventeen) {
  for (const int length : {1, 8, 16, 17, 40}) {
    Reply message = reply();
    std::string owner = "www.example.com";
    for (int i = 0; i < length; ++i) {
      const std::string target = "c" + std::to_string(i) + ".example";
      message.cname(owner, target);
      owner = target;
    }
    const auto parsed = parse(message.a(owner, kFirst).bytes());
    EXPECT_EQ(parsed.status, length <= 16 ? DnsStatus::Answered : DnsStatus::Failed) << length;
  }
}

TEST(DnsReply, RefusesLoopsOfCnames) {
  for (const auto& message :
       {reply().cname("www.example.com", "www.example.com"),
        reply().cname("www.example.com", "a.example").cname("a.example", "www.example.com")}) {
    Reply with_address = message;
    const auto parsed = parse(with_address.a("www.example.com", kFirst).bytes());
    EXPECT_EQ(parsed.status, DnsStatus::Failed);
    EXPECT_EQ(parsed.problem, "the CNAME chain loops or is too long");
  }
}

TEST(DnsReply, RefusesMoreCnamesThanAnybodyNeeds) {
  Reply message = reply();
  for (int i = 0; i < 65; ++i) message.cname("x" + std::to_string(i), "y");
  EXPECT_EQ(parse(message.bytes()).problem, "too many CNAME records");
}

TEST(DnsReply, RefusesAReplyToAnotherQuestion) {
  const Bytes good = reply().a("www.example.com", kFirst).bytes();
  EXPECT_EQ(parse(good, "www.example.net").problem, "reply to another question");
  EXPECT_EQ(parse(good, "example.com").problem, "reply to another question");
  struct Case {
    std::size_t at;
    std::uint8_t value;
    std::string_view problem;
  };
  const std::size_t type_at = 12 + 17;
  for (const Case& c :
       {Case{2, 0x01, "not a reply"}, Case{2, 0xa9, "not a reply"},
        Case{5, 0, "reply without the question"}, Case{5, 2, "reply without the question"},
        Case{type_at + 1, 28, "reply to another question"},
        Case{type_at + 3, 3, "reply to another question"},
        Case{13, 'x', "reply to another question"}}) {
    Bytes bad = good;
    bad[c.at] = c.value;
    const auto parsed = parse(bad);
    EXPECT_EQ(parsed.status, DnsStatus::Failed);
    EXPECT_EQ(parsed.problem, c.problem) << c.at;
  }
}

TEST(DnsReply, EveryTruncationFails) {
  const Bytes whole = reply()
                          .cname("www.example.com", "end.example")
                          .a("end.example", kFirst)
                          .a("end.example", kSecond)
                          .bytes();
  ASSERT_EQ(parse(whole).addresses.size(), 2U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_EQ(parsed.status, DnsStatus::Failed) << size;
    EXPECT_TRUE(parsed.addresses.empty());
    EXPECT_FALSE(parsed.problem.empty());
  }
}

TEST(DnsReply, IgnoresWhatFollowsTheAnswers) {
  Bytes message = reply().a("www.example.com", kFirst).bytes();
  message.resize(message.size() + 50, 0xff);
  EXPECT_EQ(text(parse(message)), "192.0.2.1/30 ");
}

TEST(DnsReply, RefusesAddressesOfAnotherSize) {
  for (const std::size_t size : {0U, 3U, 5U, 16U}) {
    const auto parsed = parse(reply().record("www.example.com", 1, Bytes(size, 1)).bytes());
    EXPECT_EQ(parsed.problem, "malformed address record") << size;
  }
}

TEST(DnsReply, RefusesCnameDataWithARestOrTooShort) {
  Bytes data = testing::wire_name("a.example");
  data.push_back(0);
  EXPECT_EQ(parse(reply().record("www.example.com", 5, data).bytes()).problem,
            "malformed CNAME record");
  data.pop_back();
  data.pop_back();
  EXPECT_EQ(parse(reply().record("www.example.com", 5, data).a("x", kFirst).bytes()).problem,
            "malformed CNAME record");
}

// A reply whose answer's owner is given as raw bytes.
Bytes with_owner(const Bytes& owner) {
  Bytes message = reply().bytes();
  message[7] = 1;
  message.insert(message.end(), owner.begin(), owner.end());
  const Bytes rest = {0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1};
  message.insert(message.end(), rest.begin(), rest.end());
  return message;
}

TEST(DnsReply, FollowsCompressionBackwardsOnly) {
  EXPECT_EQ(text(parse(with_owner({0xc0, 12}))), "192.0.2.1/30 ");
  EXPECT_EQ(text(parse(with_owner({3, 'w', 'w', 'w', 0xc0, 16}))), "192.0.2.1/30 ");
  const std::uint8_t self = 12 + 17 + 4;
  for (const Bytes& owner : std::vector<Bytes>{{0xc0, self},                    // itself
                                               {3, 'w', 'w', 'w', 0xc0, self},  // its own start
                                               {0xc0, self + 2},                // forwards
                                               {0xff, 0xff},                    // past the end
                                               {0x40, 1, 0},                    // reserved forms
                                               {0x80, 1, 0}}) {
    EXPECT_EQ(parse(with_owner(owner)).problem, "malformed answer section");
  }
}

TEST(DnsReply, RefusesNamesThatAreTooLong) {
  Bytes owner;
  for (int i = 0; i < 4; ++i) {
    owner.push_back(63);
    owner.insert(owner.end(), 63, 'a');
  }
  owner.push_back(0);  // 257 bytes
  EXPECT_EQ(parse(with_owner(owner)).problem, "malformed answer section");
}

TEST(DnsReply, BoundsChainsOfPointers) {
  // Records whose data are pointers, each to the one before; the last owner starts the walk.
  Bytes message = reply().bytes();
  std::size_t target = 12;
  std::uint16_t records = 0;
  const auto add = [&](const Bytes& bytes) {
    message.insert(message.end(), bytes.begin(), bytes.end());
  };
  const auto pointer = [](std::size_t to) {
    return Bytes{static_cast<std::uint8_t>(0xc0U | to >> 8U),
                 static_cast<std::uint8_t>(to & 0xffU)};
  };
  for (; records < 200; ++records) {
    add({0, 0, 99, 0, 1, 0, 0, 0, 30, 0, 2});
    const std::size_t here = message.size();
    add(pointer(target));
    target = here;
  }
  add(pointer(target));
  add({0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1});
  message[7] = static_cast<std::uint8_t>(records + 1);
  EXPECT_EQ(parse(message).problem, "malformed answer section");
}

TEST(DnsReply, ReadsFourThousandAddresses) {
  Reply message = reply();
  for (std::uint32_t i = 0; i < 1900; ++i) message.a("www.example.com", {0xC6120000 + i});
  const auto parsed = parse(message.bytes());
  EXPECT_EQ(parsed.addresses.size(), 1900U);
  // The real thing is compressed, so that 4000 fit in 64 KiB.
  Bytes compressed = reply().bytes();
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const Bytes record = {0xc0,
                          12,
                          0,
                          1,
                          0,
                          1,
                          0,
                          0,
                          0,
                          5,
                          0,
                          4,
                          198,
                          18,
                          static_cast<std::uint8_t>(i >> 8U),
                          static_cast<std::uint8_t>(i & 0xffU)};
    compressed.insert(compressed.end(), record.begin(), record.end());
  }
  compressed[6] = 4000 >> 8U;
  compressed[7] = 4000 & 0xffU;
  EXPECT_EQ(parse(compressed).addresses.size(), 4000U);
}

TEST(DnsReply, SurvivesEveryByteBeingAnother) {
  const Bytes whole =
      reply().cname("www.example.com", "end.example").a("end.example", kFirst).bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      Bytes changed = whole;
      changed[at] = static_cast<std::uint8_t>(value);
      const auto parsed = parse(changed);
      EXPECT_EQ(parsed.status == DnsStatus::Answered, !parsed.addresses.empty());
      EXPECT_EQ(parsed.status == DnsStatus::Failed, !parsed.problem.empty());
    }
  }
}

}  // namespace
}  // namespace dn::resolver
