// See packet_queue.h.
#include "netfilter/packet_queue.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

#include "netfilter/netlink.h"

namespace dn::netfilter {
namespace {

constexpr std::uint32_t kCopyRange = 0xffff;
// Payload and attributes of one message.
constexpr std::size_t kMessageBytesMax = kCopyRange + 4097;

// One configuration message at a time, so that an error text can name what failed.
Result<void> configure(NetlinkSocket& socket, const MessageBuffer& message, std::uint16_t number,
                       const char* what, unsigned answers = 1) {
  const int error = socket.exchange(message.bytes(), answers);
  if (error == 0) return {};
  const std::string queue = "packet queue " + std::to_string(number) + ": ";
  if (error == EPERM) {
    return fail(queue +
                "not permitted: another instance (or program) listens on it, or "
                "CAP_NET_ADMIN is missing");
  }
  return fail(queue + what + ": " + std::strerror(error));
}

nlmsghdr* begin_config(MessageBuffer& buffer, std::uint16_t flags, std::uint16_t number) {
  return buffer.begin(message_type(NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG), flags, AF_UNSPEC, number);
}

Result<void> bind_queue(NetlinkSocket& socket, const PacketQueueSettings& settings) {
  MessageBuffer bind;
  const nfqnl_msg_config_cmd command{
      .command = NFQNL_CFG_CMD_BIND, ._pad = 0, .pf = 0};  // the family is ignored since 3.8
  mnl_attr_put(begin_config(bind, NLM_F_ACK, settings.number), NFQA_CFG_CMD, sizeof command,
               &command);
  if (auto done = configure(socket, bind, settings.number, "bind"); !done) return done;

  MessageBuffer length;
  mnl_attr_put_u32(begin_config(length, NLM_F_ACK, settings.number), NFQA_CFG_QUEUE_MAXLEN,
                   __builtin_bswap32(settings.packets_max));
  if (auto done = configure(socket, length, settings.number, "length"); !done) return done;

  MessageBuffer flags;
  nlmsghdr* message = begin_config(flags, NLM_F_ACK, settings.number);
  mnl_attr_put_u32(message, NFQA_CFG_FLAGS, __builtin_bswap32(NFQA_CFG_F_GSO));
  mnl_attr_put_u32(message, NFQA_CFG_MASK,
                   __builtin_bswap32(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
  if (auto done = configure(socket, flags, settings.number, "flags"); !done) return done;

  // Last, and without acknowledgement: from here on packets arrive, and one that stood before the
  // acknowledgement would be lost without verdict. Until here the kernel drops them.
  MessageBuffer copy;
  nfqnl_msg_config_params parameters{};
  parameters.copy_range = __builtin_bswap32(kCopyRange);
  parameters.copy_mode = NFQNL_COPY_PACKET;
  mnl_attr_put(begin_config(copy, 0, settings.number), NFQA_CFG_PARAMS, sizeof parameters,
               &parameters);
  return configure(socket, copy, settings.number, "copy mode", 0);
}

Result<void> tune_socket(int fd, const PacketQueueSettings& settings) {
  const int bytes = settings.receive_buffer_bytes;
  // Beyond net.core.rmem_max only with CAP_NET_ADMIN of the host; then as much as is allowed.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0 &&
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0) {
    return fail(std::string("packet queue: receive buffer: ") + std::strerror(errno));
  }
  const int one = 1;
  if (::setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one) != 0) {
    return fail(std::string("packet queue: NETLINK_NO_ENOBUFS: ") + std::strerror(errno));
  }
  return {};
}

template <class Struct>
bool read_struct(ByteSpan bytes, Struct& value) {
  if (bytes.size() < sizeof value) return false;
  std::memcpy(&value, bytes.data(), sizeof value);
  return true;
}

}  // namespace

// A verdict with a mark: 40 bytes, all of them known beforehand but three numbers.
struct PacketQueue::VerdictMessage {
  nlmsghdr header;
  nfgenmsg extra;
  nlattr verdict_attribute;
  nfqnl_msg_verdict_hdr verdict;
  nlattr mark_attribute;
  std::uint32_t mark;
};

struct PacketQueue::Buffers {
  static_assert(sizeof(VerdictMessage) == 40, "the layout is the wire format: no padding");
  std::array<VerdictMessage, kVerdictsMax> verdicts{};
  std::array<QueuedPacket, kBatch> packets{};
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> messages{};
  std::array<sockaddr_nl, kBatch> senders{};
  std::array<std::array<std::uint8_t, kMessageBytesMax>, kBatch> bytes;
};

void PacketQueue::BuffersDeleter::operator()(Buffers* buffers) const {
  delete buffers;
}

PacketQueue::PacketQueue(net::FileDescriptor fd, std::uint16_t number)
    : fd_(std::move(fd)),
      number_(number),
      buffers_(new Buffers) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    buffers_->parts[i] = {.iov_base = buffers_->bytes[i].data(),
                          .iov_len = buffers_->bytes[i].size()};
    buffers_->messages[i].msg_hdr.msg_iov = &buffers_->parts[i];
    buffers_->messages[i].msg_hdr.msg_iovlen = 1;
    buffers_->messages[i].msg_hdr.msg_name = &buffers_->senders[i];
  }
  const VerdictMessage blank{
      .header = {.nlmsg_len = sizeof(VerdictMessage),
                 .nlmsg_type = message_type(NFNL_SUBSYS_QUEUE, NFQNL_MSG_VERDICT),
                 .nlmsg_flags = NLM_F_REQUEST,
                 .nlmsg_seq = 0,
                 .nlmsg_pid = 0},
      .extra = {.nfgen_family = AF_UNSPEC,
                .version = NFNETLINK_V0,
                .res_id = __builtin_bswap16(number)},
      .verdict_attribute = {.nla_len = sizeof(nlattr) + sizeof(nfqnl_msg_verdict_hdr),
                            .nla_type = NFQA_VERDICT_HDR},
      .verdict = {},
      .mark_attribute = {.nla_len = sizeof(nlattr) + sizeof(std::uint32_t), .nla_type = NFQA_MARK},
      .mark = 0};
  buffers_->verdicts.fill(blank);
}

Result<PacketQueue> PacketQueue::open(const PacketQueueSettings& settings) {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  if (auto tuned = tune_socket(socket->fd(), settings); !tuned) {
    return tl::unexpected(tuned.error());
  }
  if (auto bound = bind_queue(*socket, settings); !bound) return tl::unexpected(bound.error());
  return PacketQueue(std::move(*socket).release(), settings.number);
}

std::span<const QueuedPacket> PacketQueue::receive() {
  for (mmsghdr& message : buffers_->messages) message.msg_hdr.msg_namelen = sizeof(sockaddr_nl);
  const int count = ::recvmmsg(fd_.get(), buffers_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) ++counters_.receive_errors;
    if (errno == ENOBUFS) ++counters_.enobufs;
    return {};
  }
  std::size_t packets = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const mmsghdr& message = buffers_->messages[i];
    QueuedPacket& packet = buffers_->packets[packets];
    const ByteSpan bytes(buffers_->bytes[i].data(), message.msg_len);
    // Only the kernel (port 0) sends packets; other processes may write to our address.
    const bool from_kernel = buffers_->senders[i].nl_pid == 0;
    if (!from_kernel || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0 ||
        !parse_queued_packet(bytes, packet)) {
      ++counters_.malformed;
      continue;
    }
    if (packet.truncated) ++counters_.truncated;
    ++packets;
  }
  counters_.received += packets;
  return {buffers_->packets.data(), packets};
}

void PacketQueue::add_verdict(std::uint32_t id, bool accept, std::uint32_t mark) {
  VerdictMessage& message = buffers_->verdicts[verdicts_];
  message.verdict.verdict =
      __builtin_bswap32(static_cast<std::uint32_t>(accept ? NF_ACCEPT : NF_DROP));
  message.verdict.id = __builtin_bswap32(id);
  message.mark = __builtin_bswap32(mark);
  ++(accept ? counters_.accepted : counters_.dropped);
  if (++verdicts_ == kVerdictsMax) flush_verdicts();
}

void PacketQueue::flush_verdicts() {
  if (verdicts_ == 0) return;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const std::size_t size = verdicts_ * sizeof(VerdictMessage);
  ssize_t sent = -1;
  do {
    sent = ::sendto(fd_.get(), buffers_->verdicts.data(), size, 0,
                    reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) ++counters_.verdict_errors;
  verdicts_ = 0;
}

bool parse_queued_packet(ByteSpan message, QueuedPacket& packet) {
  nlmsghdr header{};
  if (!read_struct(message, header) || header.nlmsg_len > message.size() ||
      header.nlmsg_type != message_type(NFNL_SUBSYS_QUEUE, NFQNL_MSG_PACKET) ||
      header.nlmsg_len < sizeof header + sizeof(nfgenmsg)) {
    return false;
  }
  packet = {};
  bool has_header = false;
  AttributeReader reader(message.first(header.nlmsg_len).subspan(sizeof header + sizeof(nfgenmsg)));
  for (Attribute attribute; reader.next(attribute);) {
    switch (attribute.type) {
      case NFQA_PACKET_HDR: {
        nfqnl_msg_packet_hdr packet_header{};
        if (!read_struct(attribute.payload, packet_header)) return false;
        packet.id = __builtin_bswap32(packet_header.packet_id);
        packet.protocol = __builtin_bswap16(packet_header.hw_protocol);
        packet.hook = packet_header.hook;
        has_header = true;
        break;
      }
      case NFQA_MARK: packet.mark = attribute.u32(); break;
      case NFQA_IFINDEX_INDEV: packet.in_interface = attribute.u32(); break;
      case NFQA_SKB_INFO: {
        const std::uint32_t info = attribute.u32();
        packet.gso = (info & NFQA_SKB_GSO) != 0;
        packet.checksum_unverified = (info & NFQA_SKB_CSUM_NOTVERIFIED) != 0;
        break;
      }
      case NFQA_CAP_LEN: packet.truncated = true; break;
      case NFQA_PAYLOAD: packet.payload = attribute.payload; break;
      default: break;
    }
  }
  return has_header;
}

Result<KernelQueueCounters> parse_queue_counters(std::string_view table, std::uint16_t number) {
  // Columns: queue, port, waiting, copy mode, copy range, queue dropped, user dropped, last id, 1.
  while (!table.empty()) {
    std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(line.size() < table.size() ? line.size() + 1 : table.size());
    std::array<std::uint64_t, 7> columns{};
    std::size_t filled = 0;
    while (filled < columns.size()) {
      const std::size_t start = line.find_first_not_of(' ');
      if (start == std::string_view::npos) break;
      line.remove_prefix(start);
      const auto [end, error] =
          std::from_chars(line.data(), line.data() + line.size(), columns[filled]);
      if (error != std::errc()) break;
      line.remove_prefix(static_cast<std::size_t>(end - line.data()));
      ++filled;
    }
    if (filled == columns.size() && columns[0] == number) {
      return KernelQueueCounters{.waiting = static_cast<std::uint32_t>(columns[2]),
                                 .queue_dropped = columns[5],
                                 .user_dropped = columns[6]};
    }
  }
  return fail("packet queue " + std::to_string(number) + ": nobody listens");
}

Result<KernelQueueCounters> read_queue_counters(std::uint16_t number) {
  // Not /proc/net: that is the namespace of the first thread.
  constexpr const char* kFile = "/proc/thread-self/net/netfilter/nfnetlink_queue";
  const net::FileDescriptor fd(::open(kFile, O_RDONLY | O_CLOEXEC));
  std::string table(16384, '\0');
  const ssize_t size = fd.is_open() ? ::read(fd.get(), table.data(), table.size()) : -1;
  if (size < 0) return fail(std::string(kFile) + ": " + std::strerror(errno));
  table.resize(static_cast<std::size_t>(size));
  return parse_queue_counters(table, number);
}

}  // namespace dn::netfilter
