// PacketQueue: reads packets from one NFQUEUE and writes verdicts back, in batches.
//
// Theory of operation. The kernel sends one netlink message per packet:
//
//   nlmsghdr | nfgenmsg (queue number) | attributes: PACKET_HDR (id, protocol, hook), MARK,
//   IFINDEX_INDEV, SKB_INFO (GSO, checksum state), CAP_LEN (only when cut), PAYLOAD, …
//
// receive_batch() takes up to kBatch of them by one recvmmsg() into buffers that live as long as
// the queue; verdicts collect in one buffer and leave by one sendto(). So a packet costs two
// fractions of a system call, and nothing is allocated. GSO packets come whole, up to 64 KiB.
//
// Fails closed: without a listener, or when the queue is full, the kernel drops. The fail-open flag
// is cleared explicitly. A packet without verdict stays in the kernel's queue and takes its room:
// every id must be answered once. NETLINK_NO_ENOBUFS: losing a message is counted by the kernel
// (read_queue_counters), not an error of the socket that would stop the loop.
//
// A second listener on the same number is refused by the kernel (EPERM). One thread at a time; the
// socket belongs to the network namespace of the thread that opened it. Covered by
// packet_queue_test.cc (message forms) and tests/netfilter (with the kernel).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/file_descriptor.h"

namespace dn::netfilter {

// Borrowed until the next receive_batch().
struct QueuedPacket {
  std::uint32_t id = 0;            // of the verdict
  std::uint32_t mark = 0;          // engine/mark.h
  std::uint32_t in_interface = 0;  // interface index
  std::uint16_t protocol = 0;      // EtherType: 0x0800 or 0x86dd
  std::uint8_t hook = 0;
  bool gso = false;
  bool checksum_unverified = false;  // the receiver of the packet has to check it
  bool truncated = false;            // the payload is cut: not what the packet holds
  ByteSpan payload;                  // the IP packet
};

struct PacketQueueSettings {
  std::uint16_t number = 0;
  std::uint32_t packets_max = 4096;  // waiting for a verdict; beyond: the kernel drops
  int receive_buffer_bytes = 16 << 20;
};

struct PacketQueueCounters {
  std::uint64_t received = 0;
  std::uint64_t truncated = 0;
  std::uint64_t malformed = 0;       // messages that are no packet as we know it
  std::uint64_t receive_errors = 0;  // recvmmsg, ENOBUFS among them
  std::uint64_t enobufs = 0;
  std::uint64_t accepted = 0;
  std::uint64_t dropped = 0;
  std::uint64_t verdict_errors = 0;  // sendto failed: those packets wait in the kernel
};

// What the kernel counted for one queue, from nfnetlink_queue in /proc.
struct KernelQueueCounters {
  std::uint32_t waiting = 0;        // packets without verdict
  std::uint64_t queue_dropped = 0;  // the queue was full
  std::uint64_t user_dropped = 0;   // the socket's buffer was full
};

class PacketQueue {
 public:
  static constexpr std::size_t kBatch = 32;
  static constexpr std::size_t kVerdictsMax = 256;  // collected before they are sent by themselves

  // Error: no permission, or another program (instance) listens on this number.
  static Result<PacketQueue> open(const PacketQueueSettings& settings);

  // Readable when packets wait. Non-blocking.
  int fd() const { return fd_.get(); }
  std::uint16_t number() const { return number_; }

  // Gives each waiting packet, at most kBatch, to `on_packet(const QueuedPacket&)`. Returns their
  // number; kBatch means that more may wait.
  template <class OnPacket>
  std::size_t receive_batch(OnPacket&& on_packet) {
    const std::span<const QueuedPacket> packets = receive();
    for (const QueuedPacket& packet : packets) on_packet(packet);
    return packets.size();
  }

  void add_verdict(std::uint32_t id, bool accept, std::uint32_t mark);
  void flush_verdicts();

  const PacketQueueCounters& counters() const { return counters_; }

 private:
  struct Buffers;
  struct VerdictMessage;
  PacketQueue(net::FileDescriptor fd, std::uint16_t number);

  std::span<const QueuedPacket> receive();

  net::FileDescriptor fd_;
  std::uint16_t number_ = 0;
  std::size_t verdicts_ = 0;
  PacketQueueCounters counters_;
  struct BuffersDeleter {
    void operator()(Buffers* buffers) const;
  };
  std::unique_ptr<Buffers, BuffersDeleter> buffers_;
};

// One netlink message as the kernel sends it; false when it is not a queued packet. For
// PacketQueue and tests.
bool parse_queued_packet(ByteSpan message, QueuedPacket& packet);

// Of the calling thread's network namespace. Error: no such queue is open.
Result<KernelQueueCounters> read_queue_counters(std::uint16_t number);
Result<KernelQueueCounters> parse_queue_counters(std::string_view table, std::uint16_t number);

}  // namespace dn::netfilter
