// Fuzzes wire/ssh.h parse_ssh_banner for both sides. The input is the stream.
#include <cstdint>

#include "stream_invariants.h"
#include "wire/ssh.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const auto same = [](const wire::SshBanner& a, const wire::SshBanner& b) {
    return a.version == b.version && a.line == b.line && a.acceptable == b.acceptable;
  };
  for (const wire::Side side : {wire::Side::Client, wire::Side::Server}) {
    const auto parse = [side](ByteSpan stream) { return wire::parse_ssh_banner(stream, side); };
    fuzz::check_prefixes(ByteSpan(data, size), parse, same);
  }
  return 0;
}
