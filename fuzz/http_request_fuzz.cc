// Fuzzes wire/http.h parse_http_request. The input is the stream.
#include <cstdint>

#include "stream_invariants.h"
#include "wire/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const auto same = [](const wire::HttpRequest& a, const wire::HttpRequest& b) {
    return a.method == b.method && a.target == b.target && a.path == b.path &&
           a.version == b.version && a.host == b.host && a.host_name == b.host_name &&
           a.user_agent == b.user_agent && a.is_connect == b.is_connect &&
           a.asks_upgrade == b.asks_upgrade;
  };
  const auto parse = [](ByteSpan stream) {
    auto result = wire::parse_http_request(stream);
    if (result.status == wire::ParseStatus::Done) {
      DN_CHECK(!result.value.method.empty() && !result.value.target.empty(), "both are required");
      DN_CHECK(
          result.value.version == "1.0" || !result.value.is_connect || !result.value.host.empty(),
          "CONNECT names a host");
    }
    return result;
  };
  fuzz::check_prefixes(ByteSpan(data, size), parse, same);
  return 0;
}
