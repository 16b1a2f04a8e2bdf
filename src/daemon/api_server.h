// The CloudWatch Logs endpoint: HTTP requests in, operations of a LogsService out.
//
// `POST /` with `X-Amz-Target: Logs_20140328.<Operation>` carries out an operation, StartLiveTail
// as an event stream; everything but a POST to / is the console's (console/console.h), which has
// rules of its own for who may ask. Who may ask here: with keys, whoever signs
// with one of them, for everything; without keys, anybody on this host, and the endpoint listens on
// loopback only. Another address needs keys and TLS, or the endpoint does not start.
//
// Attacks considered. A web page in a browser on this host can reach loopback too: what it sends
// carries Origin, or, when its own name was made to point here (DNS rebinding), a Host that is not
// this host's; both are refused. With keys any Host will do, because it is signed, and no page can
// sign. Refusals name no key and no secret. Covered by api_server_test.cc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/sigv4.h"
#include "base/listen_address.h"
#include "base/result.h"
#include "http/http_server.h"
#include "logs/logs_service.h"

namespace dn::daemon {

struct ApiSettings {
  ListenAddress listen;
  std::optional<http::TlsFiles> tls;
  std::vector<aws::Credentials> keys;
  std::function<WallTime()> clock;
  std::function<std::uint64_t()> random;  // for request ids
  unsigned workers = 8;  // requests that are answered at once; console.h counts on it
  http::HttpTimes times;
  http::Handler elsewhere;  // answers everything but a POST to /; must be there
};

class ApiServer {
 public:
  // Serves until it is destroyed; `service` outlives it. Fails with what to write instead.
  static Result<std::unique_ptr<ApiServer>> start(ApiSettings settings, logs::LogsService& service);
  std::uint16_t port() const { return server_->port(); }

 private:
  explicit ApiServer(std::unique_ptr<http::HttpServer> server) : server_(std::move(server)) {}
  std::unique_ptr<http::HttpServer> server_;
};

// The answer to one request.
http::Response answer_api_request(const http::Request& request, const ApiSettings& settings,
                                  logs::LogsService& service);

}  // namespace dn::daemon
