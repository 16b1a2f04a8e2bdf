// See injector.h.
#include "netfilter/injector.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace dn::netfilter {
namespace {

constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kDestinationOffset = 16;

}  // namespace

Result<Injector> Injector::open() {
  net::FileDescriptor fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
  if (!fd.is_open()) {
    return fail(std::string("raw socket: ") + std::strerror(errno) + "; CAP_NET_RAW is needed");
  }
  return Injector(std::move(fd));
}

bool Injector::send(ByteSpan ip_packet, std::uint32_t mark) {
  if (ip_packet.size() < kHeaderBytes || ip_packet[0] >> 4U != 4) {
    ++counters_.failed;
    return false;
  }
  sockaddr_in destination{};
  destination.sin_family = AF_INET;
  std::memcpy(&destination.sin_addr, ip_packet.data() + kDestinationOffset,
              sizeof destination.sin_addr);

  // The mark travels with the packet: one system call, no state of the socket between packets.
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof mark)> control{};
  iovec part{.iov_base = const_cast<std::uint8_t*>(ip_packet.data()), .iov_len = ip_packet.size()};
  msghdr message{};
  message.msg_name = &destination;
  message.msg_namelen = sizeof destination;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SO_MARK;
  header->cmsg_len = CMSG_LEN(sizeof mark);
  std::memcpy(CMSG_DATA(header), &mark, sizeof mark);

  if (::sendmsg(fd_.get(), &message, MSG_DONTWAIT) >= 0) {
    ++counters_.sent;
    return true;
  }
  ++counters_.failed;
  if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) ++counters_.no_room;
  if (errno == EMSGSIZE) ++counters_.too_large;
  return false;
}

}  // namespace dn::netfilter
