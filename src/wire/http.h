// HTTP/1 heads (RFC 9112, RFC 9110): request line, Host, User-Agent; status line.
//
// Only the first request and response of a connection are read. Strict where servers are known to
// disagree: no obs-fold, no bare CR, no blank before the colon, exactly one Host for 1.1.
// Covered by http_test.cc, fuzz/http_request_fuzz.cc, fuzz/http_response_fuzz.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/domain_name.h"
#include "wire/parse_result.h"

namespace dn::wire {

struct HttpRequest {
  std::string_view method;   // borrows the stream, as all views here
  std::string_view target;   // raw, as sent
  std::string_view path;     // origin-form path and query; of an absolute-form target its path
  std::string_view version;  // "1.0" or "1.1"
  std::string_view host;     // authority as sent, without port, brackets kept; "" when none
  std::string_view port;     // digits behind the host; "" when none
  std::optional<DomainName> host_name;  // empty when the host is an address or no valid name
  std::string_view user_agent;
  bool is_connect = false;
  bool asks_upgrade = false;
  bool has_body = false;  // announced by Transfer-Encoding, or Content-Length other than 0
};

// NotThis unless the bytes begin with a method token that is followed by a blank (or can still
// become one), after at most one empty line; also NotThis: a first line without an HTTP version
// after a word that is no registered method ("EHLO x"). Malformed: http-malformed, http-too-large,
// http-host-mismatch; `value` then holds what was read for the log. The HTTP/2 connection preface
// is the recogniser's (wire/recognise.h).
ParseResult<HttpRequest> parse_http_request(ByteSpan stream);

struct HttpResponse {
  std::string_view version;  // "1.0", "1.1"
  int code = 0;              // 100..599, 0 when malformed
};

// The status line only.
ParseResult<HttpResponse> parse_http_response(ByteSpan stream);

}  // namespace dn::wire
