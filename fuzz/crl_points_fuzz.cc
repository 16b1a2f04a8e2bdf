// Fuzzes certificates/crl_points.h with certificates: the places of revocation lists stay bounded,
// none of them twice, and each is one that parse_http_uri() takes.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "certificates/crl_points.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  auto uris = certificates::read_crl_points(ByteSpan(data, size));
  DN_CHECK(uris.size() <= certificates::kCrlsPerCertificateMax, "their number is bounded");
  for (const HttpUri& uri : uris) {
    DN_CHECK(parse_http_uri(to_text(uri)) == uri, "each is the place of a resource");
  }
  std::sort(uris.begin(), uris.end());
  DN_CHECK(std::adjacent_find(uris.begin(), uris.end()) == uris.end(), "none comes twice");
  return 0;
}
