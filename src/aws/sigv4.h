// Signature Version 4: signs requests, and verifies those of others.
//
// Follows the AWS General Reference, "Create a signed AWS API request". The signer covers POST and
// GET with any query; the verifier is for our own endpoint (service `logs`, POST /). Nothing here
// logs or keeps a secret longer than its caller. Covered by sigv4_test.cc.
#pragma once

#include <chrono>
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

// The headers to add: X-Amz-Date, X-Amz-Security-Token where there is one, Authorization.
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

inline constexpr auto kClockSkewMax = std::chrono::minutes(5);

// `request.headers` are all headers as received. Compares in constant time.
SignatureFault verify(const SignableRequest& request, std::span<const Credentials> known,
                      WallTime now);

}  // namespace dn::aws
