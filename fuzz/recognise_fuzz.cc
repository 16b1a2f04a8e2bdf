// Fuzzes wire/recognise.h: any bytes get a reason that refuses them. The input is the payload.
#include <cstdint>

#include "base/check.h"
#include "wire/recognise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const ByteSpan bytes(data, size);
  DN_CHECK(wire::recognise_client(bytes) != Reason::None, "a client is refused with a reason");
  DN_CHECK(wire::recognise_server_first(bytes) != Reason::None, "a server is, too");
  DN_CHECK(wire::recognise_udp(bytes) != Reason::None, "and a datagram");
  return 0;
}
