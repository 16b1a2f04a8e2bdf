// What counts as an answer to the probe; the device itself is tested in tests/netfilter.
#include "netfilter/path_probe.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <vector>

#include "engine/tcp_packet.h"

namespace dn::netfilter {
namespace {

constexpr Port kPort = 50000;

engine::TcpPacketFields answer() {
  engine::TcpPacketFields fields;
  fields.src = {0xc0000211};  // 192.0.2.17
  fields.dst = kProbeSource;
  fields.spt = 443;
  fields.dpt = kPort;
  fields.flags = TH_RST | TH_ACK;
  return fields;
}

std::uint8_t parse(const engine::TcpPacketFields& fields) {
  const engine::TcpPacket packet(fields, {});
  return parse_probe_answer(packet.bytes(), kPort);
}

TEST(PathProbe, KnowsAnAnswerByItsDestination) {
  EXPECT_EQ(parse(answer()), 17);
}

TEST(PathProbe, TakesNoOtherPacketForAnAnswer) {
  using Fields = engine::TcpPacketFields;
  const std::vector<void (*)(Fields&)> kOthers = {
      [](Fields& fields) { fields.src = {0xc0000311}; },
      [](Fields& fields) { fields.dst = {0xc0000009}; },
      [](Fields& fields) { fields.spt = 444; },
      [](Fields& fields) { fields.dpt = kPort - 1; },
      [](Fields& fields) { fields.flags = TH_SYN | TH_ACK; },
  };
  for (const auto& change : kOthers) {
    Fields fields = answer();
    change(fields);
    EXPECT_EQ(parse(fields), 0);
  }
}

TEST(PathProbe, TakesNoPieceOfAPacketForAnAnswer) {
  const engine::TcpPacket packet(answer(), {});
  for (std::size_t size = 0; size < 34; ++size) {  // 34: up to the flags
    EXPECT_EQ(parse_probe_answer(packet.bytes().first(size), kPort), 0) << size;
  }
  std::vector<std::uint8_t> other(packet.bytes().begin(), packet.bytes().end());
  other[0] = 0x60;
  EXPECT_EQ(parse_probe_answer(other, kPort), 0);
  other[0] = 0x45;
  other[9] = 17;
  EXPECT_EQ(parse_probe_answer(other, kPort), 0);
}

}  // namespace
}  // namespace dn::netfilter
