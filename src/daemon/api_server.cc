#include "daemon/api_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string_view>

#include "base/ascii.h"

namespace dn::daemon {
namespace {

constexpr std::string_view kTargetPrefix = "Logs_20140328.";
constexpr std::string_view kService = "logs";
constexpr std::string_view kJson = "application/x-amz-json-1.1";
constexpr std::string_view kEventStream = "application/vnd.amazon.eventstream";
// In front of what matters: two of them would leave open which one counts.
constexpr std::array<std::string_view, 4> kAtMostOnce = {"x-amz-target", "x-amz-date",
                                                         "x-amz-security-token", "authorization"};

// Asks one request; lives for it.
class Answering {
 public:
  Answering(const http::Request& request, const ApiSettings& settings, logs::LogsService& service)
      : request_(request),
        settings_(settings),
        service_(service) {}

  http::Response answer();

 private:
  std::optional<http::Response> refuse_browsers() const;
  std::optional<http::Response> refuse_unsigned() const;
  http::Response carry_out(std::string_view operation);
  http::Response start_live_tail();
  http::Response error(int status, std::string_view type, std::string_view message) const;
  http::Response with_fields(int status, std::string body, std::string_view type) const;

  const http::Request& request_;
  const ApiSettings& settings_;
  logs::LogsService& service_;
};

http::Response Answering::with_fields(int status, std::string body, std::string_view type) const {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = {
      {"x-amzn-RequestId", logs::make_uuid(settings_.random)},
      {"Content-Type", std::string(type)},
      {"Cache-Control", "no-store"},
      {"X-Content-Type-Options", "nosniff"},
  };
  return response;
}

http::Response Answering::error(int status, std::string_view type, std::string_view message) const {
  return with_fields(
      status, boost::json::serialize(boost::json::object{{"__type", type}, {"message", message}}),
      kJson);
}

std::optional<http::Response> Answering::refuse_browsers() const {
  if (request_.count("Origin") > 0) {
    return error(403, "AccessDeniedException", "Requests of web pages are not answered.");
  }
  const std::string_view host = request_.header("Host");
  if (settings_.keys.empty() && !names_this_host(host)) {
    return error(403, "AccessDeniedException",
                 "Without keys this endpoint answers to the names localhost, 127.0.0.1 and [::1] "
                 "only; use one of them, or configure a credentials_file.");
  }
  return {};
}

std::optional<http::Response> Answering::refuse_unsigned() const {
  for (const std::string_view name : kAtMostOnce) {
    if (request_.count(name) > 1) {
      return error(400, "IncompleteSignatureException", fmt::format("{} stands twice.", name));
    }
  }
  if (settings_.keys.empty()) return {};
  aws::SignableRequest signable;
  signable.method = request_.method;
  signable.path = request_.path();
  signable.query = request_.query();
  signable.headers = request_.headers;
  signable.body = request_.body;
  const WallTime now = settings_.clock();
  switch (aws::verify(signable, settings_.keys, kService, now)) {
    case aws::SignatureFault::None: return {};
    case aws::SignatureFault::Missing:
      return error(400, "MissingAuthenticationTokenException",
                   "Requests must be signed with one of the endpoint's keys.");
    case aws::SignatureFault::Incomplete:
      return error(
          400, "IncompleteSignatureException",
          "Authorization needs Credential, SignedHeaders and Signature; X-Amz-Date must be "
          "there; host, x-amz-date, x-amz-target and x-amz-security-token must be signed.");
    case aws::SignatureFault::UnknownKey:
      return error(400, "UnrecognizedClientException",
                   "The access key id, or the session token, is none of this endpoint's.");
    case aws::SignatureFault::WrongSignature:
      return error(400, "InvalidSignatureException",
                   "The signature does not fit the request; check the secret access key, and that "
                   "the service signed for is logs.");
    case aws::SignatureFault::Expired:
      return error(400, "InvalidSignatureException",
                   fmt::format("Signature expired: {} is more than five minutes from {}, the time "
                               "here; set the clock.",
                               request_.header("X-Amz-Date"), aws::format_amz_date(now)));
  }
  return error(500, "InternalFailure", "");
}

http::Response Answering::carry_out(std::string_view operation) {
  if (operation == "StartLiveTail") return start_live_tail();
  logs::ServiceAnswer answer = service_.handle(operation, request_.body);
  return with_fields(answer.status, std::move(answer.body), kJson);
}

http::Response Answering::start_live_tail() {
  auto start = service_.start_live_tail(request_.body);
  if (!start.session) return with_fields(start.error.status, std::move(start.error.body), kJson);
  const std::shared_ptr<logs::LiveTail> session = std::move(start.session);
  http::Response response = with_fields(200, session->next_frames(settings_.clock()), kEventStream);
  response.more = [session, clock = settings_.clock]() -> std::optional<std::string> {
    if (session->ended()) return {};
    return session->next_frames(clock());
  };
  return response;
}

http::Response Answering::answer() {
  const bool reads = request_.method == "GET" || request_.method == "HEAD";
  if (request_.path() != "/" || reads) return settings_.elsewhere(request_);
  if (auto refusal = refuse_browsers()) return *std::move(refusal);
  if (auto refusal = refuse_unsigned()) return *std::move(refusal);
  if (request_.method != "POST") {
    http::Response response =
        error(405, "UnknownOperationException", "Operations are asked for by POST.");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return response;
  }
  std::string_view target = request_.header("X-Amz-Target");
  if (!target.starts_with(kTargetPrefix)) {
    return error(400, "UnknownOperationException",
                 "X-Amz-Target must be Logs_20140328. and the name of an operation.");
  }
  target.remove_prefix(kTargetPrefix.size());
  return carry_out(target);
}

Result<void> check_exposure(const ApiSettings& settings) {
  if (settings.listen.loopback || (settings.tls && !settings.keys.empty())) return {};
  std::string missing;
  if (!settings.tls) missing = "tls_certificate and tls_key";
  if (settings.keys.empty())
    missing += missing.empty() ? "credentials_file" : ", and credentials_file";
  return fail(fmt::format(
      "the log endpoint would be open to other hosts on {} port {}; write {}, or let it listen on "
      "127.0.0.1 or [::1]",
      settings.listen.address, settings.listen.port, missing));
}

}  // namespace

http::Response answer_api_request(const http::Request& request, const ApiSettings& settings,
                                  logs::LogsService& service) {
  return Answering(request, settings, service).answer();
}

Result<std::unique_ptr<ApiServer>> ApiServer::start(ApiSettings settings,
                                                    logs::LogsService& service) {
  if (const auto safe = check_exposure(settings); !safe) return tl::unexpected(safe.error());
  http::HttpSettings server;
  server.address = settings.listen.address;
  server.port = settings.listen.port;
  server.tls = settings.tls;
  server.workers = settings.workers;
  server.times = settings.times;
  const auto shared = std::make_shared<const ApiSettings>(std::move(settings));
  auto started =
      http::HttpServer::start(std::move(server), [shared, &service](const http::Request& request) {
        return answer_api_request(request, *shared, service);
      });
  if (!started) {
    return fail(fmt::format(
        "the log endpoint: {}; if another program has this address, write another one in `listen`",
        started.error().message));
  }
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(*started)));
}

}  // namespace dn::daemon
