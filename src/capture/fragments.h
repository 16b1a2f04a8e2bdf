// Fragments: IPv4 reassembly (RFC 791 section 3.2) for captures.
//
// The gateway's kernel does this before the engine sees a packet. As there, pieces that overlap
// spoil their packet (RFC 5722 says so for IPv6, Linux does it for both): nothing is guessed. An
// exact repetition is harmless. IPv6 fragments are left out, as the gateway refuses IPv6. Covered
// by fragments_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "base/bytes.h"

namespace dn::capture {

// One thread. What add() returns borrows its argument or this object, until the next call.
class Fragments {
 public:
  // The packet itself when it is no fragment; the whole one when this piece was the last missing.
  std::optional<ByteSpan> add(ByteSpan ip);

 private:
  struct Pending {
    std::vector<std::uint8_t> header;  // of the first piece
    std::map<std::size_t, std::vector<std::uint8_t>> pieces;
    std::size_t bytes = 0;            // of all pieces
    std::optional<std::size_t> size;  // known once the last piece has come
    bool spoilt = false;
  };
  using Key = std::tuple<std::uint64_t, std::uint16_t, std::uint8_t>;  // addresses, id, protocol

  std::optional<ByteSpan> finish(const Key& key, const Pending& pending);

  std::map<Key, Pending> pending_;
  std::vector<std::uint8_t> finished_;
};

}  // namespace dn::capture
