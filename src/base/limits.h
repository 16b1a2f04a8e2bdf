// Every cap of the program, named once. Reaching one is counted and has a stated behaviour, given
// beside it. docs/limits.md lists them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dn::limits {

using namespace std::chrono_literals;

// -- wire ---------------------------------------------------------------------------------------
// A ClientHello up to 64 KiB plus its record headers; beyond: tls-hello-too-large.
inline constexpr std::size_t kHelloBytesMax = 65536;
// TLS records that one hello may be cut into; beyond: tls-hello-malformed.
inline constexpr std::size_t hello_records_max(std::size_t hello_bytes) {
  return 320 + hello_bytes / 256;
}
inline constexpr std::size_t kHttpHeadBytesMax = 65536;    // beyond: http-too-large
inline constexpr std::size_t kHttpFieldsMax = 256;         // beyond: http-too-large
inline constexpr std::size_t kHttpUriPathBytesMax = 1024;  // of a revocation list; beyond: ignored
inline constexpr std::size_t kSshBannerBytesMax =
    255;  // RFC 4253 4.2; beyond: ssh-banner-malformed
inline constexpr std::size_t kSshPreBannerBytesMax = 8192;  // server only
inline constexpr std::size_t kSshPreBannerLinesMax = 1024;  // as OpenSSH

// -- engine -------------------------------------------------------------------------------------
// Bytes kept per direction of one undecided flow; beyond: that flow is refused, `overload`.
inline constexpr std::size_t kFlowBytesMax = 80 * 1024;
inline constexpr std::size_t kFlowGapsMax = 32;  // out-of-order islands per direction
inline constexpr std::size_t kFlowsMax =
    65536;  // per engine; beyond: oldest of the client with most
inline constexpr std::size_t kFlowsPerClientMax =
    16384;  // per engine; beyond: that client's oldest
inline constexpr std::size_t kHeldBytesMax = 256UL
                                             << 20U;  // per engine; beyond: the holder of most pays
inline constexpr std::size_t kHeldBytesPerClientMax = 96UL << 20U;
inline constexpr auto kHelloDeadline = 10s;        // from the first payload byte
inline constexpr auto kServerDeadline = 30s;       // from the release of the client's bytes
inline constexpr auto kBrokenOffDeadline = 3s;     // after a reset or FIN instead of an answer
inline constexpr auto kStallBeforeAck = 20ms;      // hold-all deadlock: acknowledge after
inline constexpr auto kResolveDeadline = 1s;       // the handshake is held at most so long
inline constexpr auto kClientSearchDeadline = 2s;  // a flow of an unknown client, likewise
inline constexpr auto kQuestionInterval = 75ms;    // between questions for one held handshake
inline constexpr auto kResendInterval = 250ms;     // owned bytes, doubled up to kResendMax
inline constexpr auto kResendMax = 2s;
// A connection for one HTTP request, which stays with the engine to its end.
inline constexpr auto kOneRequestPause = 30s;       // without a byte of the server; beyond: reset
inline constexpr auto kOneRequestDeadline = 15min;  // in all; beyond: reset
// Bytes of the server; beyond: refused, `overload`.
inline constexpr std::size_t kOneRequestAnswerBytesMax = 256UL << 20U;
inline constexpr auto kStragglers = 500ms;  // a decided flow is remembered so long

// -- DNS ----------------------------------------------------------------------------------------
inline constexpr std::size_t kDnsAddressesPerNameMax = 4096;
inline constexpr std::size_t kDnsNamesMax = 2'000'000;
inline constexpr std::size_t kDnsOnDemandNamesMax = 65536;  // names that only a pattern matched
inline constexpr std::size_t kDnsConcurrentMax = 64;
inline constexpr std::size_t kDnsQuestionsPerHold = 12;  // a round robin shows one at a time
inline constexpr auto kDnsRetention = 1h;
inline constexpr auto kDnsTtlMin = 1s;
inline constexpr auto kDnsTtlMax = 24h;
inline constexpr auto kDnsNegativeTtl = 30s;
inline constexpr auto kLedgerExpiryInterval = 250ms;  // 256 names each: 2,000,000 in 33 minutes

// -- policy -------------------------------------------------------------------------------------
inline constexpr std::size_t kAnnotationBytesMax =
    65536;  // AWS allows 255; local files may say more
inline constexpr std::size_t kPatternsPerClientMax = 100'000;
inline constexpr std::size_t kPolicyFileBytesMax = 256UL << 20U;

// -- records ------------------------------------------------------------------------------------
inline constexpr std::size_t kLogFieldBytesMax = 1024;  // text from the network; cut and marked
inline constexpr std::size_t kLogQueueBytesMax = 64UL
                                                 << 20U;  // beyond: lines are dropped and counted

}  // namespace dn::limits
