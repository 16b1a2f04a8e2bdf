// HttpServer: HTTP/1.1 on one address, plain or TLS, with bounded everything.
//
// One handler for all requests, called on worker threads; an answer is a whole body or a stream of
// pieces. What paths and headers mean is the handler's business. Limits, time-outs and behaviour at
// each cap are stated in http_server.cc. Covered by http_server_test.cc.
#pragma once

#include <chrono>
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
  std::vector<std::pair<std::string, std::string>> headers;  // as sent; one name's in their order
  std::string body;
  std::string_view header(std::string_view name) const;  // "" when absent; case-insensitive
  std::size_t count(std::string_view name) const;        // how often it stands there
  std::string_view path() const;                         // of the target, in front of '?'
  std::string_view query() const;                        // behind it
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // With it, `body` is sent first as the beginning of a chunked answer, then each piece that this
  // returns, about once a second, until it returns nothing or the client goes. Called on worker
  // threads, by one at a time.
  std::function<std::optional<std::string>()> more;
};

using Handler = std::function<Response(const Request&)>;

struct TlsFiles {
  std::string certificate, key;  // PEM files: chain, private key
};

// How long a client may take for what; a connection that takes longer is closed.
struct HttpTimes {
  using Milliseconds = std::chrono::milliseconds;
  Milliseconds handshake = std::chrono::seconds(10);
  Milliseconds head = std::chrono::seconds(10);  // from a request's first byte to its empty line
  Milliseconds idle = std::chrono::minutes(5);   // between requests
  // A body may come, and an answer be taken, this slowly on average, with this much grace.
  std::size_t bytes_per_second = 16UL << 10U;
  Milliseconds grace = std::chrono::seconds(30);
  Milliseconds linger = std::chrono::seconds(2);  // after the last answer, for the client's close
  Milliseconds piece = std::chrono::seconds(1);   // between pieces of a stream
  Milliseconds drain = std::chrono::seconds(2);   // answers under way when the server ends
  Milliseconds tick = std::chrono::milliseconds(250);  // how exactly all of this is kept

  // How long so many bytes of a body or an answer may take.
  Milliseconds time_for(std::size_t bytes) const {
    return grace + Milliseconds(bytes * 1000 / bytes_per_second);
  }
};

struct HttpSettings {
  std::string address = "127.0.0.1";  // IPv4 or IPv6
  std::uint16_t port = 0;             // 0: any; HttpServer::port() says which
  std::optional<TlsFiles> tls;
  std::size_t connections_max = 12'000;       // fewer where the process may not open as many files
  std::size_t body_bytes_max = 16UL << 20U;   // beyond: 413
  std::size_t held_bytes_max = 256UL << 20U;  // bodies and answers of all connections; beyond: 503
  unsigned workers = 2;                       // threads that run the handler
  HttpTimes times;
};

class HttpServer {
 public:
  // Ends all connections, joins the threads; waits for handlers that run.
  virtual ~HttpServer() = default;
  static Result<std::unique_ptr<HttpServer>> start(HttpSettings settings, Handler handler);
  virtual std::uint16_t port() const = 0;
};

}  // namespace dn::http
