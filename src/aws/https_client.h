// HttpsClient: one blocking HTTP request at a time, by libcurl.
//
// Certificates and names are verified, TLS 1.2 is the least, redirects are not followed, no other
// protocol than http and https is spoken, and an answer has a largest size. Proxies come from the
// environment as curl takes them (https_proxy, no_proxy …), except that loopback is never asked
// through one. Connections are kept for the next request. A message names the endpoint and never
// the path, which may be a capability. Covered by https_client_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "aws/endpoint_url.h"
#include "aws/sigv4.h"
#include "base/result.h"

namespace dn::aws {

struct HttpsRequest {
  EndpointUrl endpoint;
  std::vector<Header> headers;
  std::string_view body;        // not sent by GET
  std::string method = "POST";  // or "GET", "PUT"
  std::string path = "/";       // as sent: encoded, with its query
};

struct HttpsAnswer {
  int status = 0;
  std::vector<Header> headers;
  std::string body;
  std::string_view header(std::string_view name) const;  // "" when absent; case-insensitive
};

struct HttpsFailure {
  bool may_pass = false;  // another attempt may do better
  std::string message;
  bool too_large = false;  // beyond HttpsSettings::answer_bytes_max
};

struct HttpsSettings {
  std::chrono::milliseconds connect = std::chrono::seconds(10);
  std::chrono::milliseconds whole = std::chrono::seconds(70);
  std::size_t answer_bytes_max = 64UL << 20U;  // beyond: a failure
  std::string ca_file;                         // PEM; empty: the system's
  bool direct = false;                         // never through a proxy
};

// Not shared by threads. Does not throw.
class HttpsClient {
 public:
  virtual ~HttpsClient() = default;
  virtual tl::expected<HttpsAnswer, HttpsFailure> send(const HttpsRequest& request) = 0;
};

Result<std::unique_ptr<HttpsClient>> open_https_client(HttpsSettings settings);

}  // namespace dn::aws
