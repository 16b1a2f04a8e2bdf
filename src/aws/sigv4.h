// Signature Version 4: signs requests, and verifies those of others.
//
// Follows the AWS General Reference, "Create a signed AWS API request", in its form with an
// Authorization header. The signer covers POST and GET with any path and query, except for S3,
// whose paths are encoded otherwise; the verifier is for our own endpoint. Left out: signatures in
// the query, unsigned payloads, chunked signatures, SigV4A.
//
// The verifier's rules, each against one trick: `host` and the headers that say what is asked, when
// and by whom must be signed, so none of them can be exchanged; the scope's date is that of the
// request; a header that is signed but absent or a list that is not in order is no signature of any
// client; at most kSignedHeadersMax headers, so that an unsigned stranger's request costs little. A
// request that is sent again within the clock skew is accepted again, as it is by AWS: TLS is what
// keeps others from having it.
//
// Nothing here logs or keeps a secret longer than its caller. Covered by sigv4_test.cc, by
// tests/aws/sigv4_against_botocore.py and by fuzz/sigv4_fuzz.cc.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace dn::aws {

struct Credentials {
  std::string access_key_id, secret_access_key;
  std::string session_token;  // "" for long-term keys
  bool operator==(const Credentials&) const = default;
};

using Header = std::pair<std::string, std::string>;  // names in any case

struct SignableRequest {
  std::string method = "POST";
  std::string path = "/";       // as sent, percent-encoded
  std::string query;            // as sent, without '?'
  std::vector<Header> headers;  // Host included; all are signed
  std::string_view body;
};

struct SigningScope {
  std::string region, service;
};

// The headers to add: X-Amz-Date, X-Amz-Security-Token where there is one, Authorization. Headers
// of these names in `request` are passed over.
std::vector<Header> sign(const SignableRequest& request, const Credentials& credentials,
                         const SigningScope& scope, WallTime now);

enum class SignatureFault : std::uint8_t {
  None,
  Missing,         // MissingAuthenticationTokenException
  Incomplete,      // IncompleteSignatureException
  UnknownKey,      // UnrecognizedClientException
  WrongSignature,  // InvalidSignatureException
  Expired,         // InvalidSignatureException, "Signature expired: …"
};

inline constexpr auto kClockSkewMax = std::chrono::minutes(5);  // in both directions
inline constexpr std::size_t kSignedHeadersMax = 64;            // beyond: Incomplete

// `request.headers` are all headers as received. Signatures for another service than `service` are
// wrong; any region will do. Compares in constant time.
SignatureFault verify(const SignableRequest& request, std::span<const Credentials> known,
                      std::string_view service, WallTime now);

// The parts of an Authorization header, views into it. Nothing for another scheme, a missing or
// repeated part, or a part that cannot be right.
struct Authorization {
  std::string_view access_key_id, date, region, service;
  std::vector<std::string_view> signed_headers;  // lower case, strictly ascending
  std::string_view signature;                    // 64 lower-case hexadecimal digits
};
std::optional<Authorization> parse_authorization(std::string_view text);

// "20261122T011524Z" of the second that holds `time`, and back.
std::string format_amz_date(WallTime time);
std::optional<WallTime> parse_amz_date(std::string_view text);

}  // namespace dn::aws
