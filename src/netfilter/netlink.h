// Netlink: the request, answer and attribute forms that all NETLINK_NETFILTER users here share.
//
// libmnl builds messages; reading is ours, bounded by ByteCursor. Numbers inside nfnetlink
// attributes are big-endian, lengths and types are host order:
//
//   +--------------+--------------+------------------ - - -+---------+
//   | length (u16) | type (u16)   | length - 4 bytes       | 0..3 pad|
//   +--------------+--------------+------------------ - - -+---------+
//
// The sockets of this file serve control paths and wait at most kAnswerTimeout for the kernel.
// Covered by netlink_test.cc.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/file_descriptor.h"

namespace dn::netfilter {

inline constexpr std::chrono::seconds kAnswerTimeout{5};

// Without the flags for nested and network-byte-order attributes.
inline constexpr unsigned kAttributeTypeMask = 0x3fff;

struct Attribute {
  std::uint16_t type = 0;
  ByteSpan payload;

  // Numbers as nfnetlink writes them, network byte order; 0 when the payload is shorter.
  std::uint16_t u16() const { return ByteCursor(payload).take_u16(); }
  std::uint32_t u32() const { return ByteCursor(payload).take_u32(); }
  std::uint64_t u64() const;
  // A string without its final NUL.
  std::string_view text() const;
};

// Walks a list of attributes; stops at the end or at the first that does not fit. Inline: the
// packet path reads with it.
class AttributeReader {
 public:
  explicit AttributeReader(ByteSpan bytes) : rest_(bytes) {}
  bool next(Attribute& attribute) {
    if (rest_.size() < sizeof(nlattr)) return false;
    nlattr header{};
    std::memcpy(&header, rest_.data(), sizeof header);
    const std::size_t length = header.nla_len;
    if (length < sizeof header || length > rest_.size()) return false;
    attribute.type = static_cast<std::uint16_t>(header.nla_type & kAttributeTypeMask);
    attribute.payload = rest_.subspan(sizeof header, length - sizeof header);
    const std::size_t aligned = (length + 3U) & ~std::size_t{3};
    rest_ = rest_.subspan(aligned < rest_.size() ? aligned : rest_.size());
    return true;
  }

 private:
  ByteSpan rest_;
};

// A buffer in which libmnl writes one or more messages one after the other. Ours, so it is large
// enough by construction (checked).
class MessageBuffer {
 public:
  // Begins a message: netlink and nfnetlink headers. `type` is subsystem << 8 | message.
  nlmsghdr* begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family,
                  std::uint16_t resource = 0);
  ByteSpan bytes() const;

 private:
  alignas(8) std::array<char, 4096> storage_{};
  std::size_t last_ = 0;  // where the newest message begins
  bool begun_ = false;
};

constexpr std::uint16_t message_type(unsigned subsystem, unsigned message) {
  return static_cast<std::uint16_t>(subsystem << 8U | message);
}

// One socket per conversation; used by one thread at a time.
class NetlinkSocket {
 public:
  static Result<NetlinkSocket> open();

  int fd() const { return fd_.get(); }
  // The socket itself, for a user that reads it in its own way.
  net::FileDescriptor release() && { return std::move(fd_); }
  // Sends messages of which `answers` ask for an acknowledgement (NLM_F_ACK), and waits for those.
  // Returns 0, or the first error number that the kernel (or the socket) reports.
  int exchange(ByteSpan messages, unsigned answers = 1);
  // Sends a dump request and gives each answer's attributes (behind nfgenmsg) to `each`, together
  // with the message type. Returns 0 or an error number.
  using Each = std::function<void(std::uint16_t type, ByteSpan attributes)>;
  int dump(ByteSpan request, const Each& each);

 private:
  explicit NetlinkSocket(net::FileDescriptor fd) : fd_(std::move(fd)) {}
  int send(ByteSpan messages);

  net::FileDescriptor fd_;
};

}  // namespace dn::netfilter
