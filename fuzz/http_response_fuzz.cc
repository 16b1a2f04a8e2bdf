// Fuzzes wire/http.h parse_http_response. The input is the stream.
#include <cstdint>

#include "stream_invariants.h"
#include "wire/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const auto same = [](const wire::HttpResponse& a, const wire::HttpResponse& b) {
    return a.version == b.version && a.code == b.code;
  };
  const auto parse = [](ByteSpan stream) {
    auto result = wire::parse_http_response(stream);
    DN_CHECK(result.status != wire::ParseStatus::Done ||
                 (result.value.code >= 100 && result.value.code <= 599),
             "a code in range");
    return result;
  };
  fuzz::check_prefixes(ByteSpan(data, size), parse, same);
  return 0;
}
