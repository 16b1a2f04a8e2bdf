// Fuzzes base/http_uri.h with what a certificate may name as the place of a revocation list.
//
// What is accepted survives the way to text and back, has no byte that could disturb a request line
// or a log line, and keeps its bounds.
#include <algorithm>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "base/http_uri.h"
#include "base/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  const auto uri = parse_http_uri(as_text(ByteSpan(data, size)));
  if (!uri) return 0;
  DN_CHECK(uri->port != 0, "a port is none of the reserved");
  DN_CHECK(uri->path.starts_with('/') && uri->path.size() <= limits::kHttpUriPathBytesMax,
           "a path begins with a slash and is bounded");
  DN_CHECK(std::ranges::all_of(uri->path, [](char c) { return c > ' ' && c < 0x7f && c != '#'; }),
           "a path is one word of visible ASCII");
  const auto again = parse_http_uri(to_text(*uri));
  DN_CHECK(again && *again == *uri, "text and value say the same");
  return 0;
}
