#include "netfilter/path_probe.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>

#include "engine/tcp_packet.h"

namespace dn::netfilter {
namespace {

constexpr std::uint32_t kDestinations = 0xc0000200;  // 192.0.2.0/24
constexpr unsigned kDestinationCount = 254;
constexpr Port kDestinationPort = 443;
constexpr std::uint16_t kFirstPort = 49152;
constexpr unsigned kTries = 3;
constexpr std::uint8_t kIpv4NoOptions = 0x45;

tl::unexpected<Error> no_device(std::string_view what) {
  return fail(std::string(what) + ": " + std::strerror(errno));
}

ifreq request_for_device() {
  ifreq request{};
  std::ranges::copy(kProbeInterface, request.ifr_name);
  return request;
}

void set_address(sockaddr& into, std::uint32_t address) {
  sockaddr_in value{};
  value.sin_family = AF_INET;
  value.sin_addr.s_addr = htonl(address);
  std::memcpy(&into, &value, sizeof value);
}

Result<void> bring_up() {
  const net::FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for_device();
  request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_NOARP;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) {
    return no_device("the device of the self-test cannot be switched on");
  }
  rtentry route{};
  set_address(route.rt_dst, kProbeSource.value);
  set_address(route.rt_genmask, ~0U);
  route.rt_flags = RTF_UP | RTF_HOST;
  route.rt_dev = request.ifr_name;
  if (::ioctl(socket.get(), SIOCADDRT, &route) != 0) {
    return no_device("the route of the self-test cannot be made");
  }
  return {};
}

bool is_missing(unsigned missing, unsigned index) {
  return (missing >> index & 1U) != 0;
}

}  // namespace

Result<PathProbe> PathProbe::open() {
  net::FileDescriptor fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return no_device("/dev/net/tun");
  ifreq request = request_for_device();
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    return no_device("the device of the self-test cannot be made");
  }
  if (auto up = bring_up(); !up) return tl::unexpected(up.error());
  return PathProbe(std::move(fd));
}

ProbeCounts PathProbe::run(std::chrono::milliseconds patience) {
  ProbeCounts counts;
  // Other ports and addresses than before: an answer that comes late is none to this run.
  own_port_ = std::max(kFirstPort, static_cast<std::uint16_t>(own_port_ + 1));
  first_ = static_cast<std::uint8_t>((first_ + kProbePackets - 1) % kDestinationCount + 1);
  unsigned missing = (1U << kProbePackets) - 1;
  for (unsigned attempt = 0; attempt < kTries && missing != 0; ++attempt) {
    send(missing, counts);
    missing = receive(patience, missing);
  }
  counts.answered = kProbePackets - static_cast<unsigned>(std::popcount(missing));
  return counts;
}

void PathProbe::send(unsigned missing, ProbeCounts& counts) {
  constexpr std::array<std::uint8_t, 1> kPayload = {0};
  for (unsigned i = 0; i < kProbePackets; ++i) {
    if (!is_missing(missing, i)) continue;
    engine::TcpPacketFields fields;
    fields.src = kProbeSource;
    fields.dst = {kDestinations + (first_ + i - 1) % kDestinationCount + 1};
    fields.spt = own_port_;
    fields.dpt = kDestinationPort;
    fields.flags = TH_SYN;
    const engine::TcpPacket packet(fields, kPayload);
    const ByteSpan bytes = packet.bytes();
    // One that does not fit is sent again like one that was lost.
    if (::write(fd_.get(), bytes.data(), bytes.size()) > 0) ++counts.sent;
  }
}

// What is still missing after `patience`.
unsigned PathProbe::receive(std::chrono::milliseconds patience, unsigned missing) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + patience;
  while (missing != 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) break;
    pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<std::uint8_t, 256> buffer{};  // a longer packet is cut, and is no reset
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size <= 0) continue;
    const std::uint8_t last =
        parse_probe_answer({buffer.data(), static_cast<std::size_t>(size)}, own_port_);
    if (last == 0) continue;
    const unsigned index = (last + kDestinationCount - first_) % kDestinationCount;
    if (index < kProbePackets) missing &= ~(1U << index);
  }
  return missing;
}

std::uint8_t parse_probe_answer(ByteSpan ip_packet, std::uint16_t own_port) {
  ByteCursor at(ip_packet);
  const bool ipv4 = at.take_u8() == kIpv4NoOptions;
  at.take(8);
  const bool tcp = at.take_u8() == IPPROTO_TCP;
  at.take(2);
  const std::uint32_t source = at.take_u32();
  const bool to_us = at.take_u32() == kProbeSource.value;
  const bool ports = at.take_u16() == kDestinationPort && at.take_u16() == own_port;
  at.take(9);
  const bool reset = (at.take_u8() & TH_RST) != 0;
  if (at.failed() || !ipv4 || !tcp || !to_us || !ports || !reset) return 0;
  return (source & ~0xffU) == kDestinations ? static_cast<std::uint8_t>(source & 0xffU) : 0;
}

}  // namespace dn::netfilter
