#include "capture/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "capture/testing/capture_builder.h"

namespace dn::capture {
namespace {

using namespace testing;

constexpr std::size_t kMore = 0x2000;

Bytes digits(std::size_t begin, std::size_t end) {
  Bytes bytes;
  for (std::size_t i = begin; i < end; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

// Bytes begin … end of a packet of 40; the offset field counts in eights.
Bytes piece(std::size_t begin, std::size_t end, std::size_t id = 7) {
  return ipv4(kClient, kServer, digits(begin, end), begin / 8 | (end < 40 ? kMore : 0), id);
}

// The body of the packet that the last of the pieces completed.
std::optional<Bytes> add_all(const std::vector<Bytes>& pieces) {
  Fragments fragments;
  std::optional<Bytes> body;
  for (const Bytes& bytes : pieces) {
    const auto whole = fragments.add(bytes);
    body.reset();
    if (whole) body.emplace(whole->begin() + 20, whole->end());
  }
  return body;
}

TEST(Fragments, PassesWholePacketsAndOtherThingsThrough) {
  Fragments fragments;
  for (const Bytes& packet : {from_client({}), ipv6(fill(16), fill(16), {}), text("E"), Bytes{},
                              ipv4(kClient, kServer, {}, 0x4000)}) {
    const auto whole = fragments.add(packet);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->data(), packet.data());
  }
}

TEST(Fragments, CompletesInAnyOrder) {
  std::vector<Bytes> pieces = {piece(0, 16), piece(16, 32), piece(32, 40)};
  std::ranges::sort(pieces);
  do {
    EXPECT_EQ(add_all(pieces), digits(0, 40));
  } while (std::ranges::next_permutation(pieces).found);
}

TEST(Fragments, MakesAPacketThatIsNoFragment) {
  Fragments fragments;
  fragments.add(piece(0, 16));
  const auto whole = fragments.add(piece(16, 40));
  ASSERT_TRUE(whole);
  EXPECT_EQ(Bytes(whole->begin(), whole->end()), ipv4(kClient, kServer, digits(0, 40)));
}

TEST(Fragments, TakesAnExactRepetitionAsHarmless) {
  EXPECT_EQ(add_all({piece(0, 16), piece(0, 16), piece(16, 40)}), digits(0, 40));
}

TEST(Fragments, SpoilsAPacketWhosePiecesOverlapOrContradict) {
  const Bytes other = ipv4(kClient, kServer, fill(16, 9), kMore);
  const std::vector<std::pair<const char*, std::vector<Bytes>>> cases = {
      {"overlap", {piece(0, 24), piece(16, 32), piece(32, 40)}},
      {"other bytes at one place", {piece(0, 16), other, piece(16, 40)}},
      {"other bytes first", {other, piece(0, 16), piece(16, 40)}},
      {"another size at one place", {piece(0, 8), piece(0, 16), piece(16, 40)}},
      {"two ends", {ipv4(kClient, kServer, digits(8, 16), 1), piece(16, 40), piece(0, 8)}},
      {"bytes behind the end",
       {piece(32, 40), ipv4(kClient, kServer, fill(8), 5 | kMore), piece(0, 32)}},
  };
  for (const auto& [name, pieces] : cases) {
    EXPECT_FALSE(add_all(pieces)) << name;
  }
  // Once spoilt, a packet stays so: its pieces sent again do not help.
  EXPECT_FALSE(add_all({piece(0, 16), other, piece(0, 16), piece(16, 40)}));
}

TEST(Fragments, KeepsPacketsApartByIdAndDirection) {
  EXPECT_FALSE(add_all({piece(0, 16, 1), piece(16, 40, 2)}));
  EXPECT_FALSE(add_all({piece(0, 16), ipv4(kServer, kClient, digits(16, 40), 2)}));
}

TEST(Fragments, RefusesPacketsBeyond64KiB) {
  Fragments fragments;
  fragments.add(ipv4(kClient, kServer, fill(8), kMore));
  EXPECT_FALSE(fragments.add(ipv4(kClient, kServer, fill(1400), 0x1fff)));
}

TEST(Fragments, RefusesPiecesWhoseLengthsLie) {
  Fragments fragments;
  for (const std::size_t at : {std::size_t{0}, std::size_t{2}, std::size_t{3}}) {
    Bytes lying = piece(0, 16);
    lying[at] = at == 0 ? 0x44 : 0xff;
    const auto whole = fragments.add(lying);
    EXPECT_TRUE(!whole || whole->data() == lying.data());  // left to the next parser, as it came
  }
  EXPECT_FALSE(fragments.add(piece(16, 40)));
}

TEST(Fragments, ForgetsAFloodOfUnfinishedPackets) {
  Fragments fragments;
  fragments.add(piece(0, 16, 1));
  for (std::size_t id = 2; id < 5000; ++id) fragments.add(piece(0, 16, id));
  EXPECT_FALSE(fragments.add(piece(16, 40, 1)));
  EXPECT_TRUE(fragments.add(piece(16, 40, 4999)));
}

}  // namespace
}  // namespace dn::capture
