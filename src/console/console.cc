// First what every request passes, then the answers that need no policy; those that do are in
// policy_answers.cc.
#include "console/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "console/place.h"
#include "console/policy_answers.h"
#include "console/request_guard.h"
#include "logs/api_error.h"
#include "logs/json_writer.h"
#include "logs/request_fields.h"
#include "metrics/exposition.h"
#include "records/json_text.h"

namespace dn::console {
namespace {

constexpr std::string_view kApi = "/api/";
constexpr std::string_view kLogs = "/api/logs/";
constexpr std::string_view kMetrics = "/metrics";
constexpr std::string_view kPage = "/index.html";
constexpr std::array<std::string_view, 6> kViews = {"/",          "/flows",  "/insights",
                                                    "/allowlist", "/policy", "/login"};
constexpr std::array<std::string_view, 11> kReadingOperations = {
    "DescribeLogGroups", "DescribeLogStreams", "DescribeQueries", "FilterLogEvents",
    "GetLogEvents",      "GetLogGroupFields",  "GetLogRecord",    "GetQueryResults",
    "StartQuery",        "StopQuery",          "TestMetricFilter"};
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'";
constexpr logs::TextRule kKeyText{.min = 1, .max = 1024};

// With the fields that every answer to a browser has.
http::Response guarded(int status, std::string body, std::string_view type,
                       std::string_view cache) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = {{"Content-Type", std::string(type)},
                      {"Cache-Control", std::string(cache)},
                      {"Content-Security-Policy", std::string(kContentSecurityPolicy)},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"}};
  return response;
}

http::Response json(int status, std::string body) {
  return guarded(status, std::move(body), "application/json", "no-store");
}

http::Response json(logs::ServiceAnswer answer) {
  return json(answer.status, std::move(answer.body));
}

http::Response error(int status, std::string_view type, std::string_view message) {
  logs::JsonWriter out;
  out.open_object().key("__type").text(type).key("message").text(message).close_object();
  return json(status, out.take());
}

http::Response wrong_method(std::string_view allowed) {
  http::Response response =
      error(405, "UnknownOperationException", fmt::format("This path is asked by {}.", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

bool is_reading(std::string_view operation) {
  return std::ranges::find(kReadingOperations, operation) != kReadingOperations.end();
}

}  // namespace

struct Console::Route {
  std::string_view method, path;
  bool open = false;  // to those who are not logged in
  http::Response (Console::*answer)(const http::Request&) = nullptr;
};

const Console::Route Console::kRoutes[] = {
    {"GET", "/api/session", true, &Console::session},
    {"POST", "/api/login", true, &Console::log_in},
    {"POST", "/api/logout", true, &Console::log_out},
    {"GET", kMetrics, false, &Console::metrics},
    {"GET", "/api/status", false, &Console::status},
    {"GET", "/api/policy", false, &Console::policy_answer},
    {"POST", "/api/explain", false, &Console::policy_answer},
    {"POST", "/api/usage", false, &Console::policy_answer},
    {"POST", "/api/allowlist", false, &Console::policy_answer},
    {"POST", "/api/rules", false, &Console::policy_answer},
    {"POST", "/api/replay", false, &Console::policy_answer},
    {"POST", kLogs, false, &Console::log_operation},  // and the operation's name
};

http::Response Console::answer(const http::Request& request) {
  const std::string_view path = request.path();
  if (path.starts_with(kApi) || path == kMetrics) return answer_api(request, path);
  return answer_file(request, path);
}

http::Response Console::answer_api(const http::Request& request, std::string_view path) {
  const std::string_view refused =
      refuse_origin(request, static_cast<bool>(settings_.sources.check_key));
  if (!refused.empty()) return error(403, "AccessDeniedException", refused);
  const auto* route = std::ranges::find_if(kRoutes, [&](const Route& candidate) {
    return candidate.path == kLogs ? path.starts_with(kLogs) : candidate.path == path;
  });
  const bool known = route != std::end(kRoutes);
  if ((!known || !route->open) && !find_user(request)) {
    http::Response response = error(401, "UnrecognizedClientException", "Log in first.");
    response.headers.emplace_back("WWW-Authenticate", "Session realm=\"discriminat\"");
    return response;
  }
  if (!known) {
    return error(404, "UnknownOperationException", "There is no such path under /api/.");
  }
  if (request.method != route->method) return wrong_method(route->method);
  if (request.method == "POST" && !has_json_body(request)) {
    return error(415, "SerializationException", "Content-Type must be application/json.");
  }
  return (this->*route->answer)(request);
}

http::Response Console::answer_file(const http::Request& request, std::string_view path) const {
  constexpr std::string_view kText = "text/plain; charset=utf-8";
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  const bool view = std::ranges::find(kViews, path) != kViews.end();
  const ConsoleFile* file = settings_.files.find(view ? kPage : path);
  if (file == nullptr && view) {
    return guarded(200,
                   "This is a discriminat log endpoint, built without its console. It speaks the "
                   "CloudWatch Logs API:\n"
                   "aws logs describe-log-groups --endpoint-url http(s)://THIS_ADDRESS\n",
                   kText, "no-store");
  }
  if (file == nullptr) return guarded(404, "There is no such page.\n", kText, "no-store");
  const bool brotli = accepts_coding(request, "br");
  http::Response response =
      guarded(200, std::string(brotli ? file->brotli : file->plain), file->type,
              file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (brotli) response.headers.emplace_back("Content-Encoding", "br");
  return response;
}

// A cookie of this name can only come from this very host, over TLS (RFC 6265bis section 4.1.3).
std::string_view Console::cookie_name() const {
  return settings_.tls ? "__Host-discriminat" : "discriminat";
}

void Console::set_cookie(std::string_view value, std::string_view age,
                         http::Response& response) const {
  response.headers.emplace_back(
      "Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", cookie_name(),
                                value, age, settings_.tls ? "; Secure" : ""));
}

std::optional<std::string> Console::find_user(const http::Request& request) {
  const auto& check_key = settings_.sources.check_key;
  if (!check_key) return "";
  if (const auto token = find_cookie(request, cookie_name())) {
    const MonotonicTime now = settings_.clock().monotonic;
    auto id = sessions_.with([&](SessionTable& table) { return table.find(*token, now); });
    if (id) return id;
  }
  const auto basic = parse_basic(request.header("Authorization"));
  if (basic && check_key(basic->id, basic->secret)) return basic->id;
  return {};
}

http::Response Console::session(const http::Request& request) {
  logs::JsonWriter out;
  out.open_object().key("login");
  const auto user = find_user(request);
  if (!settings_.sources.check_key) {
    out.text("none");
  } else if (user) {
    out.text("done").key("id").text(*user);
  } else {
    out.text("needed");
  }
  return json(200, out.close_object().take());
}

http::Response Console::log_in(const http::Request& request) {
  auto fields = logs::RequestFields::parse(request.body);
  if (!fields) return json(to_answer(fields.error()));
  const std::string_view id = fields->required_text("id", kKeyText);
  const std::string_view secret = fields->required_text("secret", kKeyText);
  if (const auto problem = fields->problem()) return json(to_answer(*problem));
  const auto& check_key = settings_.sources.check_key;
  if (!check_key || !check_key(id, secret)) {
    return error(403, "UnrecognizedClientException", "This key id and secret are none of ours.");
  }
  const MonotonicTime now = settings_.clock().monotonic;
  const std::string token =
      sessions_.with([&](SessionTable& table) { return table.open(id, now, settings_.random); });
  logs::JsonWriter out;
  out.open_object().key("login").text("done").key("id").text(id).close_object();
  http::Response response = json(200, out.take());
  set_cookie(token, "", response);
  return response;
}

http::Response Console::log_out(const http::Request& request) {
  if (const auto token = find_cookie(request, cookie_name())) {
    sessions_.with([&](SessionTable& table) { table.close(*token); });
  }
  http::Response response = json(200, R"({"login":"needed"})");
  set_cookie("", "; Max-Age=0", response);
  return response;
}

http::Response Console::metrics(const http::Request&) {
  const auto& source = settings_.sources.metrics;
  if (!source) return error(404, "UnknownOperationException", "Only a gateway has metrics.");
  std::string text = source();
  if (text.empty()) return error(503, "ServiceUnavailableException", "The gateway is starting.");
  return guarded(200, std::move(text), metrics::kExpositionType, "no-store");
}

http::Response Console::status(const http::Request&) {
  const auto& sources = settings_.sources;
  const std::string gateway = sources.gateway_status ? sources.gateway_status() : "";
  logs::JsonWriter out;
  out.open_object().key("kind").text(sources.gateway_status ? "gateway" : "logs");
  out.key("version").text(DN_VERSION);
  out.key("time").text(records::format_time(settings_.clock().wall));
  out.key("group").text(settings_.group);
  out.key("policy").flag(sources.policy && sources.policy() != nullptr);
  out.key("gateway");
  return json(200, out.take() + (gateway.empty() ? "null" : gateway) + "}");
}

http::Response Console::log_operation(const http::Request& request) {
  const std::string_view operation = request.path().substr(kLogs.size());
  if (!is_reading(operation)) {
    return error(404, "UnknownOperationException",
                 "Here are only operations that read; others are asked for by a signed POST to /.");
  }
  if (operation != "FilterLogEvents") return json(logs_.handle(operation, request.body));
  const Place place(reads_, kReadsMax);
  if (!place.taken()) {
    return error(429, "LimitExceededException", "Several pages of events are being read already.");
  }
  return json(logs_.handle(operation, request.body));
}

http::Response Console::policy_answer(const http::Request& request) {
  const PolicyQuestion question{.sources = settings_.sources,
                                .logs = logs_,
                                .group = settings_.group,
                                .clock = settings_.clock,
                                .stopping = [this] { return stopping_.load(); },
                                .query = request.query(),
                                .body = request.body};
  return json(answer_policy_question(request.path().substr(kApi.size()), question, searches_));
}

}  // namespace dn::console
