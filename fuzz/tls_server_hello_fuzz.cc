// Fuzzes wire/tls.h parse_server_hello, before and after a retry. The input is the stream.
#include <cstdint>

#include "stream_invariants.h"
#include "wire/tls.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  static wire::HandshakeScratch scratch;
  const auto same = [](const wire::ServerHello& a, const wire::ServerHello& b) {
    return a.kind == b.kind && a.version == b.version && a.post_quantum == b.post_quantum &&
           a.alert_description == b.alert_description;
  };
  for (const bool second : {false, true}) {
    const auto parse = [second](ByteSpan stream) {
      return wire::parse_server_hello(stream, scratch, second);
    };
    fuzz::check_prefixes(ByteSpan(data, size), parse, same);
  }
  return 0;
}
