// See netlink.h.
#include "netfilter/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/check.h"

namespace dn::netfilter {
namespace {

// Large enough for any answer of a dump: the kernel fills at most 32 KiB per datagram.
constexpr std::size_t kAnswerBytesMax = 64 * 1024;

// Gives each message of one datagram to `each(header, body)`; stops when that returns false.
template <class Each>
bool for_each_message(ByteSpan datagram, Each&& each) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, datagram.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) return true;
    const ByteSpan body = datagram.subspan(sizeof header, header.nlmsg_len - sizeof header);
    if (!each(header, body)) return false;
    const std::size_t aligned = (std::size_t{header.nlmsg_len} + 3U) & ~std::size_t{3};
    datagram = datagram.subspan(std::min(aligned, datagram.size()));
  }
  return true;
}

// The error number of an NLMSG_ERROR or NLMSG_DONE body: 0 is an acknowledgement.
int error_of(ByteSpan body) {
  std::int32_t error = 0;
  if (body.size() < sizeof error) return 0;
  std::memcpy(&error, body.data(), sizeof error);
  return error < 0 ? -error : 0;
}

// One datagram from the kernel; an empty span and errno when there is none in time.
ByteSpan receive(int fd, std::vector<std::uint8_t>& buffer) {
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(fd, buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {};
    // Any process may send us netlink messages; only the kernel's count.
    if (from.nl_pid == 0) return {buffer.data(), static_cast<std::size_t>(size)};
  }
}

}  // namespace

std::uint64_t Attribute::u64() const {
  ByteCursor cursor(payload);
  const std::uint64_t high = cursor.take_u32();
  const std::uint64_t value = high << 32U | cursor.take_u32();
  return cursor.failed() ? 0 : value;
}

std::string_view Attribute::text() const {
  const std::string_view all = as_text(payload);
  return all.substr(0, all.find('\0'));
}

nlmsghdr* MessageBuffer::begin(std::uint16_t type, std::uint16_t flags, std::uint8_t family,
                               std::uint16_t resource) {
  const std::size_t used = bytes().size();
  // Half of the buffer for one message is more than any of ours takes.
  DN_CHECK(used + storage_.size() / 2 <= storage_.size(), "our own messages are small");
  last_ = used;
  begun_ = true;
  nlmsghdr* message = mnl_nlmsg_put_header(storage_.data() + used);
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  auto* extra = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
  extra->nfgen_family = family;
  extra->version = NFNETLINK_V0;
  extra->res_id = __builtin_bswap16(resource);
  return message;
}

ByteSpan MessageBuffer::bytes() const {
  if (!begun_) return {};
  nlmsghdr header{};
  std::memcpy(&header, storage_.data() + last_, sizeof header);
  const std::size_t aligned = (std::size_t{header.nlmsg_len} + 3U) & ~std::size_t{3};
  return {reinterpret_cast<const std::uint8_t*>(storage_.data()), last_ + aligned};
}

Result<NetlinkSocket> NetlinkSocket::open() {
  net::FileDescriptor fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!fd.is_open()) return fail(std::string("netfilter netlink: ") + std::strerror(errno));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  const timeval limit{.tv_sec = kAnswerTimeout.count(), .tv_usec = 0};
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) {
    return fail(std::string("netfilter netlink: ") + std::strerror(errno));
  }
  return NetlinkSocket(std::move(fd));
}

int NetlinkSocket::send(ByteSpan messages) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const ssize_t sent = ::sendto(fd_.get(), messages.data(), messages.size(), 0,
                                reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  return sent < 0 ? errno : 0;
}

int NetlinkSocket::exchange(ByteSpan messages, unsigned answers) {
  if (const int error = send(messages); error != 0) return error;
  std::vector<std::uint8_t> buffer(kAnswerBytesMax);
  int error = 0;
  while (answers > 0 && error == 0) {
    const ByteSpan datagram = receive(fd_.get(), buffer);
    if (datagram.empty()) return errno == EAGAIN ? ETIMEDOUT : errno;
    for_each_message(datagram, [&](const nlmsghdr& header, ByteSpan body) {
      if (header.nlmsg_type != NLMSG_ERROR) return true;
      error = error_of(body);
      if (answers > 0) --answers;
      return error == 0;
    });
  }
  return error;
}

int NetlinkSocket::dump(ByteSpan request, const Each& each) {
  if (const int error = send(request); error != 0) return error;
  std::vector<std::uint8_t> buffer(kAnswerBytesMax);
  for (;;) {
    const ByteSpan datagram = receive(fd_.get(), buffer);
    if (datagram.empty()) return errno == EAGAIN ? ETIMEDOUT : errno;
    int error = 0;
    const bool more = for_each_message(datagram, [&](const nlmsghdr& header, ByteSpan body) {
      if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
        error = error_of(body);
        return false;
      }
      if (body.size() >= sizeof(nfgenmsg)) {
        each(header.nlmsg_type, body.subspan(sizeof(nfgenmsg)));
      }
      return true;
    });
    if (!more) return error;
  }
}

}  // namespace dn::netfilter
