#include "capture/conversations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/testing/capture_builder.h"

namespace dn::capture {
namespace {

using namespace testing;
using ::testing::ElementsAre;

constexpr std::size_t kSyn = wire::kTcpSyn, kAck = wire::kTcpAck, kUrg = wire::kTcpUrg;

std::vector<Conversation> read(const std::vector<Bytes>& packets) {
  Conversations conversations;
  for (const Bytes& packet : packets) conversations.add(packet);
  return conversations.finish();
}
Conversation read_one(const std::vector<Bytes>& packets) {
  auto all = read(packets);
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? Conversation{} : std::move(all.front());
}
std::string client_text(const Conversation& conversation) {
  return std::string(as_text(conversation.client_bytes.prefix()));
}
std::string server_text(const Conversation& conversation) {
  return std::string(as_text(conversation.server_bytes.prefix()));
}

const Bytes kOpening = from_client({.seq = 99, .flags = kSyn});
const Bytes kAnswer = from_server({.seq = 499, .ack = 100, .flags = kSyn | kAck});
const Bytes kThird = from_client({.seq = 100, .ack = 500});
Bytes says(std::size_t seq, std::string_view words, std::size_t flags = kAck) {
  return from_client({.seq = seq, .ack = 500, .flags = flags, .payload = text(words)});
}
Bytes replies(std::size_t seq, std::string_view words) {
  return from_server({.seq = seq, .ack = 100, .payload = text(words)});
}

TEST(Conversations, ReadsBothDirectionsOfAConnection) {
  const auto one = read_one(
      {kOpening, kAnswer, kThird, says(100, "hello"), replies(500, "good "), replies(505, "day")});
  EXPECT_EQ(one.client, "192.0.2.1");
  EXPECT_EQ(one.client_port, 1000);
  EXPECT_EQ(one.server, "192.0.2.2");
  EXPECT_EQ(one.server_port, 443);
  EXPECT_TRUE(one.saw_syn);
  EXPECT_FALSE(one.server_first);
  EXPECT_EQ(client_text(one), "hello");
  EXPECT_EQ(server_text(one), "good day");
  EXPECT_EQ(one.anomaly, Reason::None);
}

TEST(Conversations, PutsSegmentsInOrderAndTellsHowThePrefixGrew) {
  const auto one = read_one({kOpening, kAnswer, kThird, says(105, " you"), says(100, "hel"),
                             says(103, "lo"), says(100, "hello you")});
  EXPECT_EQ(client_text(one), "hello you");
  EXPECT_THAT(one.client_growth, ElementsAre(3U, 9U));
  EXPECT_EQ(one.anomaly, Reason::None);
}

TEST(Conversations, SaysWhenTheClientSendsOtherBytesForAPlace) {
  EXPECT_EQ(read_one({kOpening, says(100, "hello"), says(100, "hullo")}).anomaly,
            Reason::TcpRetransmitConflict);
  EXPECT_EQ(read_one({kOpening, says(110, "hello"), says(110, "hullo")}).anomaly,
            Reason::TcpOverlapConflict);
  EXPECT_EQ(
      read_one({kOpening, says(100, "x"), replies(500, "hello"), replies(500, "hullo")}).anomaly,
      Reason::None);
}

TEST(Conversations, SaysThatASynHadAPayload) {
  const auto one = read_one({from_client({.seq = 99, .flags = kSyn, .payload = text("early")})});
  EXPECT_EQ(one.anomaly, Reason::TcpSynData);
  EXPECT_EQ(client_text(one), "");
}

TEST(Conversations, SaysThatTheFirstBytesWereUrgent) {
  EXPECT_EQ(read_one({kOpening, kAnswer, kThird, says(100, "hello", kAck | kUrg)}).anomaly,
            Reason::TcpUrgent);
}

TEST(Conversations, KnowsWhoTheServerIsWhenItSpeaksFirst) {
  const auto one =
      read_one({kOpening, kAnswer, kThird, replies(500, "220 hello"), says(100, "EHLO")});
  EXPECT_TRUE(one.server_first);
  EXPECT_EQ(one.server_port, 443);
  EXPECT_EQ(server_text(one), "220 hello");
}

TEST(Conversations, TakesTheSenderOfASynAckForTheServer) {
  const auto one = read_one({kAnswer, kThird, says(100, "hello"), replies(500, "day")});
  EXPECT_EQ(one.client_port, 1000);
  EXPECT_EQ(client_text(one), "hello");
  EXPECT_EQ(server_text(one), "day");
}

TEST(Conversations, BeginsAnewWithASynOfAnotherNumber) {
  const auto all = read({kOpening, kAnswer, says(100, "first"),
                         from_client({.seq = 7099, .flags = kSyn}), says(7100, "second")});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(client_text(all[0]), "first");
  EXPECT_EQ(client_text(all[1]), "second");
}

TEST(Conversations, TakesARepeatedSynForTheSameConnection) {
  EXPECT_EQ(client_text(read_one({kOpening, kOpening, kAnswer, says(100, "hello"), kOpening})),
            "hello");
}

TEST(Conversations, ReadsTheServerFromTheSynAckThatTheClientAcknowledged) {
  const Bytes first = from_server({.seq = 1499, .ack = 100, .flags = kSyn | kAck});
  const Bytes last = from_server({.seq = 2499, .ack = 100, .flags = kSyn | kAck});
  const std::vector<std::vector<Bytes>> openings = {
      {kOpening, first, kAnswer, last}, {first, kAnswer, last}, {kOpening, last, first, kAnswer}};
  for (auto packets : openings) {
    packets.push_back(says(100, "hello"));
    packets.push_back(replies(500, "day"));
    EXPECT_EQ(server_text(read_one(packets)), "day");
  }
}

// A lost segment of the server is a gap, whatever the client acknowledges later.
TEST(Conversations, LeavesAGapWhereTheServersBytesWereLost) {
  const auto one = read_one({kOpening, kAnswer, kThird, says(100, "hello"),
                             from_client({.seq = 105, .ack = 600}), replies(600, "later")});
  EXPECT_EQ(server_text(one), "");
  EXPECT_TRUE(one.server_bytes.has_gap());
}

TEST(Conversations, ReadsACaptureThatBeginsInTheMiddle) {
  const auto one = read_one({says(5005, "world"), says(5000, "hello"), replies(500, "day")});
  EXPECT_FALSE(one.saw_syn);
  EXPECT_EQ(one.client_port, 1000);
  EXPECT_EQ(client_text(one), "helloworld");
}

TEST(Conversations, KnowsAServerByItsWordsInTheMiddle) {
  const Bytes server_hello = {0x16, 3, 3, 0, 80, 2, 0};
  for (const Bytes& words : {text("HTTP/1.1 200 OK\r\n"), server_hello}) {
    const auto one = read_one({from_server({.seq = 500, .payload = words}), says(100, "GET")});
    EXPECT_EQ(one.server_port, 443);
    EXPECT_EQ(client_text(one), "GET");
  }
}

TEST(Conversations, KeepsSequenceNumbersThatWrapAround) {
  const auto one = read_one(
      {from_client({.seq = 0xfffffffd, .flags = kSyn}), says(0xfffffffe, "hel"), says(1, "lo")});
  EXPECT_EQ(client_text(one), "hello");
}

TEST(Conversations, IgnoresKeepAlivesBeforeTheFirstByte) {
  EXPECT_EQ(client_text(read_one({kOpening, kAnswer, says(99, "?"), says(100, "hello")})), "hello");
}

TEST(Conversations, KeepsConnectionsApart) {
  const auto all = read({says(100, "one"), from_client({.spt = 1001, .payload = text("two")}),
                         ipv4(kClient + 9, kServer, tcp({.payload = text("three")}))});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(client_text(all[2]), "three");
}

TEST(Conversations, ReadsIpv6WithoutExtensionHeaders) {
  const Bytes client = join({u32(0x20010db8), fill(11), fill(1, 1)});
  const Bytes mapped = join({fill(10), fill(2, 0xff), u32(kServer)});
  const auto one = read_one({ipv6(client, mapped, tcp({.payload = text("hello")}))});
  EXPECT_EQ(one.client, "2001:db8::1");
  EXPECT_EQ(one.server, "::ffff:192.0.2.2");
  EXPECT_EQ(client_text(one), "hello");
  EXPECT_TRUE(read({ipv6(client, mapped, join({fill(8), tcp({})}), 0)}).empty());
}

TEST(Conversations, IgnoresWhatIsNoTcp) {
  EXPECT_TRUE(read({Bytes{}, text("E"), ipv4(kClient, kServer, fill(19)), fill(60, 0x60)}).empty());
}

TEST(Conversations, BoundsTheBytesOfEachSide) {
  std::vector<Bytes> packets = {kOpening};
  const std::string words(1000, 'x');
  for (std::size_t i = 0; i < 300; ++i) packets.push_back(says(100 + i * words.size(), words));
  EXPECT_LE(read_one(packets).client_bytes.prefix().size(), 80U * 1024);
}

}  // namespace
}  // namespace dn::capture
