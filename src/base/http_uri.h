// HttpUri: where a plaintext HTTP resource stands, as certificates name it.
//
// "http://" host [":" port] [path] ["?" query] of RFC 3986 and RFC 9110 section 4.2.1, read
// strictly: the host is a DNS name, never an address; no userinfo and no fragment; only characters
// that a URI may have. `path` is what a client sends as its request target, so the query belongs to
// it and an empty path is "/". Nothing is normalised: two spellings are two resources. Covered by
// http_uri_test.cc and fuzz/http_uri_fuzz.cc.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/domain_name.h"

namespace dn {

struct HttpUri {
  DomainName host;
  Port port = 80;
  std::string path;  // with the query; 1..limits::kHttpUriPathBytesMax bytes, the first one is '/'
  auto operator<=>(const HttpUri&) const = default;
};

// Nothing for every other text: another scheme, a relative reference, one that is too long.
std::optional<HttpUri> parse_http_uri(std::string_view text);

// The port stands there only where it is not 80.
std::string to_text(const HttpUri& uri);

}  // namespace dn
