// Which requests a browser may make: those of the console's own pages.
//
// Attacks considered. Another page in the browser can send requests to this address. They carry an
// Origin that is not ours, or a Sec-Fetch-Site that says so (Fetch Metadata, W3C Working Draft), or
// are no JSON: a form or an image cannot send application/json, and a script of another origin
// that wants to is asked about first (CORS preflight), which nobody here answers. A page whose own
// name was made to point here (DNS rebinding) has an Origin like ours; without keys its Host gives
// it away, with keys it has no session. Fields that stand twice are refused, since two readers
// could take them differently. Pure. Covered by request_guard_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/http_server.h"

namespace dn::console {

// "" when the request may be answered; otherwise the sentence that refuses it. `any_host`: with
// keys, because then a name that was rebound gains nothing.
std::string_view refuse_origin(const http::Request& request, bool any_host);

// The value of a cookie; nothing where it is absent or stands twice.
std::optional<std::string_view> find_cookie(const http::Request& request, std::string_view name);

// What HTTP Basic authentication says (RFC 7617); nothing where the field is absent or no such.
struct BasicAuth {
  std::string id, secret;
};
std::optional<BasicAuth> parse_basic(std::string_view field);

// Whether the client takes `coding` (RFC 9110 section 12.5.3); a weight of 0 means no.
bool accepts_coding(const http::Request& request, std::string_view coding);

// Whether the body is said to be application/json.
bool has_json_body(const http::Request& request);

}  // namespace dn::console
