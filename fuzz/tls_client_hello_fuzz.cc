// Fuzzes wire/tls.h parse_client_hello, as first and as second hello. The input is the stream.
#include <cstdint>

#include "stream_invariants.h"
#include "wire/tls.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  static wire::HandshakeScratch scratch;
  const auto same = [](const wire::ClientHello& a, const wire::ClientHello& b) {
    return a.server_name == b.server_name && a.offered_versions == b.offered_versions &&
           a.highest_version == b.highest_version && a.has_ech == b.has_ech;
  };
  for (const bool second : {false, true}) {
    const auto parse = [second](ByteSpan stream) {
      auto result = wire::parse_client_hello(stream, scratch, second);
      if (result.value.server_name) {
        const auto again = DomainName::parse(result.value.server_name->text());
        DN_CHECK(again == result.value.server_name, "a name is normal");
      }
      return result;
    };
    fuzz::check_prefixes(ByteSpan(data, size), parse, same);
  }
  return 0;
}
