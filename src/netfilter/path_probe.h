// PathProbe: sends packets through the rules and the queue like a client's, and waits for the
// verdict.
//
// Theory of operation. A TUN device is an interface towards one more client, which is this program:
//
//   SYN with a byte of payload ─► kProbeInterface ─► classify ─► queue ─► engine: refused,
//   tcp-syn-data ─► after_verdict: reject ─► kProbeInterface ─► reset
//
// So a reset says that packets are forwarded, towards the outside interface, that the rules sort
// them, that a loop takes them and that its verdict is carried out. Nothing is ever sent to the
// network: an opening with payload is refused whatever the policy says. Without our rules a single
// such packet may leave for the documentation network 192.0.2.0/24 (RFC 5737), where nobody is.
// The source is the dummy address of RFC 7600, which has its route to this device only: from any
// other interface the reverse-path rule drops it, so no client can pass for the probe.
//
// The device must be among the `inside` interfaces of the rules (RulesetSettings) and of the loops,
// and the engines are told kProbeSource, so that its packets are neither logged nor counted as
// strays. It goes with its descriptor, also when the program is killed. With several queues the
// destinations spread the packets over them. Needs CAP_NET_ADMIN and /dev/net/tun. Not shared by
// threads. Covered by tests/netfilter (needs root).
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "net/file_descriptor.h"

namespace dn::netfilter {

inline constexpr std::string_view kProbeInterface = "discriminat0";
inline constexpr Ipv4Address kProbeSource{0xc0000008};  // 192.0.0.8
inline constexpr unsigned kProbePackets = 8;            // in each run, to different addresses

struct ProbeCounts {
  unsigned sent = 0;      // repetitions included
  unsigned answered = 0;  // of kProbePackets
  bool complete() const { return answered == kProbePackets; }
};

class PathProbe {
 public:
  // In the network namespace of the calling thread. Fails where the device cannot be made, among
  // others while another gateway on this host has it.
  static Result<PathProbe> open();

  // Takes as long as the last answer, at most three times `patience`: what is not answered within
  // one is sent again.
  ProbeCounts run(std::chrono::milliseconds patience = std::chrono::seconds(1));

 private:
  explicit PathProbe(net::FileDescriptor fd) : fd_(std::move(fd)) {}
  void send(unsigned missing, ProbeCounts& counts);
  unsigned receive(std::chrono::milliseconds patience, unsigned missing);

  net::FileDescriptor fd_;
  std::uint8_t first_ = 1;      // last byte of the destinations of this run
  std::uint16_t own_port_ = 0;  // of this run
};

// The destination of a reset to the probe's `own_port`, as its last byte. 0: another packet.
std::uint8_t parse_probe_answer(ByteSpan ip_packet, std::uint16_t own_port);

}  // namespace dn::netfilter
