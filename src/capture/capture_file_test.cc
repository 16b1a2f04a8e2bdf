#include "capture/capture_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "capture/testing/capture_builder.h"

namespace dn::capture {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Bytes kPacket = from_client({.payload = text("hello")});
const Bytes kOther = from_server({.payload = text("good day")});

struct Seen {
  bool good = false;
  std::vector<Bytes> packets;
  CaptureCounts counts;
};

Seen read(const Bytes& file) {
  Seen seen;
  const auto counts =
      read_capture(file, [&](ByteSpan ip) { seen.packets.emplace_back(ip.begin(), ip.end()); });
  seen.good = counts.has_value();
  if (counts) seen.counts = *counts;
  return seen;
}

TEST(CaptureFile, ReadsPcapInBothByteOrdersAndResolutions) {
  for (const bool big_endian : {false, true}) {
    for (const std::size_t magic : {std::size_t{0xa1b2c3d4}, std::size_t{0xa1b23c4d}}) {
      const Seen seen =
          read(pcap({ethernet(kPacket), ethernet(kOther)}, 1, Order{big_endian}, magic));
      EXPECT_TRUE(seen.good);
      EXPECT_THAT(seen.packets, ElementsAre(kPacket, kOther));
    }
  }
}

TEST(CaptureFile, IgnoresTheFrameCheckBitsOfTheLinkType) {
  EXPECT_THAT(read(pcap({ethernet(kPacket)}, 0x54000001)).packets, ElementsAre(kPacket));
}

TEST(CaptureFile, ReadsPcapngSectionsOfBothByteOrders) {
  const Order little, big{true};
  const Seen seen =
      read(join({section(little), interface(1, little), enhanced(ethernet(kPacket), 0, little),
                 section(big), interface(101, big), interface(1, big), enhanced(kOther, 0, big),
                 enhanced(ethernet(kOther), 1, big)}));
  EXPECT_THAT(seen.packets, ElementsAre(kPacket, kOther, kOther));
}

TEST(CaptureFile, ReadsSimplePacketBlocksAndSkipsOthers) {
  const Seen seen = read(join(
      {section(), interface(1), block(5, fill(20)), simple(ethernet(kPacket)), block(0x0bad, {})}));
  EXPECT_THAT(seen.packets, ElementsAre(kPacket));
}

TEST(CaptureFile, ForgetsInterfacesAtANewSection) {
  const Seen seen = read(join({section(), interface(1), section(), enhanced(ethernet(kPacket))}));
  EXPECT_TRUE(seen.good);
  EXPECT_THAT(seen.packets, IsEmpty());
}

TEST(CaptureFile, RefusesWhatIsNoCapture) {
  for (const Bytes& file : {Bytes{}, text("\xd4\xc3\xb2"), text("GET / HTTP/1.1\r\n\r\n")}) {
    EXPECT_FALSE(read(file).good);
  }
}

// A file may end anywhere: what was complete is given out, nothing else.
TEST(CaptureFile, GivesOutTheCompletePacketsOfEveryTruncation) {
  const std::vector<Bytes> files = {
      pcap({ethernet(kPacket), ethernet(kOther)}),
      join({section(), interface(1), enhanced(ethernet(kPacket)), simple(ethernet(kOther))})};
  for (const Bytes& file : files) {
    std::size_t before = 0;
    for (std::size_t size = 4; size <= file.size(); ++size) {
      const Seen seen = read({file.begin(), file.begin() + static_cast<long>(size)});
      EXPECT_TRUE(seen.good);
      EXPECT_GE(seen.packets.size(), before);
      before = seen.packets.size();
      if (before > 0) {
        EXPECT_EQ(seen.packets[0], kPacket);
      }
    }
    EXPECT_EQ(before, 2U);
  }
}

TEST(CaptureFile, StopsAtARecordLongerThanTheFile) {
  Bytes file = pcap({ethernet(kPacket), ethernet(kOther)});
  const std::size_t second = 24 + 16 + ethernet(kPacket).size();
  for (const std::uint8_t high : Bytes{0x01, 0x7f, 0xff}) {
    file[second + 11] = high;  // the most significant byte of the second captured length
    EXPECT_THAT(read(file).packets, ElementsAre(kPacket));
  }
}

TEST(CaptureFile, StopsAtABlockWhoseLengthsContradictEachOther) {
  const Bytes good = join({section(), interface(1), enhanced(ethernet(kPacket))});
  const Bytes next = enhanced(ethernet(kOther));
  struct Case {
    const char* name;
    std::size_t at;
    std::uint8_t value;
  };
  for (const Case& c : {Case{"zero", 4, 0}, Case{"below a block", 4, 8}, Case{"odd", 4, 0x2d},
                        Case{"beyond the file", 7, 0x10}, Case{"not as at its end", 4, 16},
                        Case{"the end differs", next.size() - 4, 0xff}}) {
    Bytes broken = next;
    broken[c.at] = c.value;
    EXPECT_THAT(read(join({good, broken})).packets, ElementsAre(kPacket)) << c.name;
  }
}

TEST(CaptureFile, NeverReadsAPacketBeyondItsBlock) {
  const Bytes frame = ethernet(kPacket);
  Bytes longer = enhanced(frame);
  longer[20] = static_cast<std::uint8_t>(frame.size() + 8);  // captured length
  Bytes no_room = block(3, {});
  const Seen seen = read(join(
      {section(), interface(1), longer, no_room, enhanced(frame, 9), enhanced(ethernet(kOther))}));
  EXPECT_THAT(seen.packets, ElementsAre(kOther));
}

TEST(CaptureFile, FindsThePacketBehindEveryLinkLayer) {
  const Bytes snap = join({u16(100), number(0xaaaa03000000, 6), u16(0x0800), kPacket});
  const Bytes tagged = join({u16(7), u16(0x0800), kPacket});
  const Bytes wifi = join({number(0x00000800, 4), fill(4), number(0x8801, 2), fill(22), u16(0),
                           number(0xaaaa03000000, 6), u16(0x0800), kPacket});
  struct Case {
    const char* name;
    std::size_t link_type;
    Bytes frame;
  };
  const std::vector<Case> cases = {
      {"Ethernet", 1, ethernet(kPacket)},
      {"VLAN", 1, ethernet(tagged, 0x8100)},
      {"two tags", 1, ethernet(join({u16(9), u16(0x8100), tagged}), 0x88a8)},
      {"LLC and SNAP", 1, join({fill(12), snap})},
      {"SNAP in a VLAN", 1, ethernet(join({u16(7), snap}), 0x8100)},
      {"MPLS", 1, ethernet(join({u32(0x00010040), u32(0x00020140), kPacket}), 0x8847)},
      {"MPLS in a VLAN", 1, ethernet(join({u16(7), u16(0x8847), u32(0x100), kPacket}), 0x8100)},
      {"PPPoE", 1, ethernet(join({fill(6, 0x11), u16(0x0021), kPacket}), 0x8864)},
      {"BSD loopback", 0, join({u32(0x02000000), kPacket})},
      {"OpenBSD loopback", 108, join({u32(2), kPacket})},
      {"raw", 101, kPacket},
      {"raw IPv4", 228, kPacket},
      {"PPP", 9, join({u16(0x0021), kPacket})},
      {"PPP with HDLC framing", 50, join({u16(0xff03), u16(0x0021), kPacket})},
      {"Cisco HDLC", 104, join({u16(0x0f00), u16(0x0800), kPacket})},
      {"Linux cooked", 113, join({fill(14), u16(0x0800), kPacket})},
      {"Linux cooked v2", 276, join({u16(0x0800), fill(18), kPacket})},
      {"802.11", 127, wifi},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(read(pcap({c.frame}, c.link_type)).packets, ElementsAre(kPacket)) << c.name;
    for (std::size_t size = 0; size < c.frame.size() - kPacket.size(); ++size) {
      const Bytes cut(c.frame.begin(), c.frame.begin() + static_cast<long>(size));
      EXPECT_THAT(read(pcap({cut}, c.link_type)).packets, IsEmpty()) << c.name << size;
    }
  }
}

TEST(CaptureFile, CountsWhatItSkips) {
  const Bytes arp = ethernet(fill(28), 0x0806), no_ip = ethernet(fill(28, 0x11));
  Bytes deep = ethernet({}, 0x8100);
  for (int i = 0; i < 20; ++i) deep = join({deep, u16(7), u16(0x8100)});
  const Seen seen = read(pcap({arp, no_ip, deep, {}, ethernet(kPacket)}));
  EXPECT_EQ(seen.counts.packets, 1U);
  EXPECT_EQ(seen.counts.skipped, 4U);
  EXPECT_EQ(read(pcap({ethernet(kPacket)}, 147)).counts.skipped, 1U);  // a private link type
}

TEST(CaptureFile, PutsFragmentsTogether) {
  const Bytes whole = from_client({.payload = text("0123456789abcdef")});
  const Bytes body(whole.begin() + 20, whole.end());  // 36 bytes
  const Bytes first = ipv4(kClient, kServer, {body.begin(), body.begin() + 24}, 0x2000);
  const Bytes last = ipv4(kClient, kServer, {body.begin() + 24, body.end()}, 3);
  const Seen seen = read(pcap({ethernet(last), ethernet(kOther), ethernet(first)}));
  EXPECT_THAT(seen.packets, ElementsAre(kOther, whole));
}

TEST(ReadFile, NamesTheFileThatIsMissing) {
  const auto file = read_file("/nonexistent/capture.pcap");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "/nonexistent/capture.pcap: No such file or directory");
}

}  // namespace
}  // namespace dn::capture
