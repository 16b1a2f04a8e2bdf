// Fuzzes resolver/upstreams.h: resolv.conf as a whole, and each line as a configured server.
//
// The parser is compiled in, because the fuzz targets do not link the resolver and its c-ares.
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "resolver/upstreams.cc"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  std::string_view text = as_text(ByteSpan(data, size));
  const auto upstreams = resolver::parse_resolv_conf(text);
  DN_CHECK(upstreams.size() <= resolver::kUpstreamsMax, "the number of servers is bounded");
  for (const auto& upstream : upstreams) {
    const auto again = resolver::parse_upstream(resolver::to_text(upstream));
    DN_CHECK(again && *again == upstream, "every server is one that could be configured");
  }
  for (int lines = 0; !text.empty() && lines < 100; ++lines) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto upstream = resolver::parse_upstream(line);
    if (!upstream) continue;
    const auto again = resolver::parse_upstream(resolver::to_text(*upstream));
    DN_CHECK(again && *again == *upstream, "a server's text form is itself");
  }
  return 0;
}
