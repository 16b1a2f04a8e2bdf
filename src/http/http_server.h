// HttpServer: HTTP/1.1 on one address, plain or TLS, with bounded everything.
//
// One handler for all requests, called on worker threads; an answer is a whole body or a stream of
// pieces. What paths and headers mean is the handler's business. Limits, time-outs and behaviour at
// each cap are stated in http_server.cc. Covered by http_server_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dn::http {

struct Request {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;  // as sent, in order
  std::string body;
  bool from_loopback = false;
  std::string_view header(std::string_view name) const;  // "" when absent; case-insensitive
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // With it, `body` is sent first as the beginning of a chunked answer, then each piece that this
  // returns, about once a second, until it returns nothing or the client goes.
  std::function<std::optional<std::string>()> more;
};

using Handler = std::function<Response(const Request&)>;

struct TlsFiles {
  std::string certificate, key;  // PEM files: chain, private key
};

struct HttpSettings {
  std::string address = "127.0.0.1";  // IPv4 or IPv6
  std::uint16_t port = 0;             // 0: any; HttpServer::port() says which
  std::optional<TlsFiles> tls;
  std::size_t connections_max = 12'000;
  std::size_t body_bytes_max = 16UL << 20U;
  unsigned workers = 2;  // threads that run the handler
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;  // ends all connections, joins the threads
  static Result<std::unique_ptr<HttpServer>> start(HttpSettings settings, Handler handler);
  virtual std::uint16_t port() const = 0;
};

// "127.0.0.1:1043", "[::1]:1043": the two parts. Fails with what to write instead.
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
  bool loopback = false;
};
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace dn::http
