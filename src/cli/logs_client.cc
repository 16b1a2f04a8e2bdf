#include "cli/logs_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "aws/cloudwatch_logs.h"
#include "aws/https_client.h"
#include "aws/json_fields.h"
#include "aws/service_endpoint.h"
#include "daemon/clock.h"
#include "daemon/surroundings.h"
#include "logs/logs_service.h"
#include "net/random.h"
#include "store/log_catalog.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kAnswerDepthMax = 32;
constexpr auto kService = aws::Service::CloudWatchLogs;
constexpr std::string_view kAnyRegion = "us-east-1";  // an endpoint of ours takes every region

LogsResult<json::object> parse_answer(std::string_view body) {
  if (body.empty()) return json::object();
  json::parse_options options;
  options.max_depth = kAnswerDepthMax;
  boost::system::error_code wrong;
  json::value value = json::parse(json::string_view(body.data(), body.size()), wrong, {}, options);
  if (wrong || !value.is_object()) {
    return tl::unexpected(LogsError{"", "the answer is no JSON object; is this a log endpoint?"});
  }
  return std::move(value.get_object());
}

// Where a query stopped making sense, as a MalformedQueryException says it.
std::optional<QueryLocation> find_location(std::string_view body) {
  const auto answer = aws::parse_object(body);
  const auto* error = answer ? aws::object_member(*answer, "queryCompileError") : nullptr;
  const auto* place = error == nullptr ? nullptr : aws::object_member(*error, "location");
  if (place == nullptr) return {};
  const auto offset = [place](std::string_view name) {
    const auto number = aws::number_member(*place, name).value_or(0);
    return static_cast<std::size_t>(std::max<std::int64_t>(number, 0));
  };
  return QueryLocation{offset("startCharOffset"), offset("endCharOffset")};
}

LogsError to_logs_error(aws::ServiceError error) {
  auto location = find_location(error.body);
  const bool may_pass = aws::is_worth_a_retry(error);
  return {std::move(error.type), std::move(error.message), location, may_pass};
}

// A directory, read in this process.
class LocalClient final : public LogsClient {
 public:
  explicit LocalClient(std::unique_ptr<store::LogCatalog> catalog) : catalog_(std::move(catalog)) {
    logs::ServiceSettings settings;
    settings.clock = [] { return daemon::read_clock(false).wall; };
    settings.random = net::random_number;
    service_ = logs::LogsService::make(*catalog_, std::move(settings));
  }

  LogsResult<json::object> call(std::string_view operation, const json::object& input) override {
    const logs::ServiceAnswer answer = service_->handle(operation, json::serialize(input));
    if (answer.status == 200) return parse_answer(answer.body);
    aws::HttpsAnswer as_sent;
    as_sent.status = answer.status;
    as_sent.body = answer.body;
    return tl::unexpected(to_logs_error(aws::parse_service_error(as_sent)));
  }

 private:
  const std::unique_ptr<store::LogCatalog> catalog_;
  std::unique_ptr<logs::LogsService> service_;
};

class RemoteClient final : public LogsClient {
 public:
  explicit RemoteClient(aws::JsonClient client) : client_(std::move(client)) {}

  LogsResult<json::object> call(std::string_view operation, const json::object& input) override {
    auto answer = client_.call(operation, json::serialize(input));
    if (answer) return parse_answer(*answer);
    return tl::unexpected(to_logs_error(std::move(answer.error())));
  }

 private:
  aws::JsonClient client_;
};

Result<std::unique_ptr<LogsClient>> open_local(const std::string& directory) {
  auto catalog = store::LogCatalog::open({.directory = directory,
                                          .writable = false,
                                          .own_streams_taken = false,
                                          .segments = {},
                                          .clock = [] { return daemon::read_clock(false); }});
  if (!catalog) return tl::unexpected(catalog.error());
  return std::make_unique<LocalClient>(std::move(*catalog));
}

Result<std::unique_ptr<LogsClient>> open_remote(const LogsPlace& place, std::string url,
                                                const aws::Environment& environment) {
  auto identity = aws::find_identity(environment, place.profile);
  const std::string region = !place.region.empty() ? place.region
                             : identity            ? identity->region
                                                   : std::string();
  if (url.empty() && !identity) return tl::unexpected(identity.error());
  if (url.empty() && region.empty()) {
    return fail("which region? Write --region, or set AWS_REGION");
  }
  auto endpoint = url.empty() ? aws::find_endpoint(kService, region, environment)
                              : aws::parse_endpoint_url(url);
  if (!endpoint) {
    return fail(url.empty() ? endpoint.error().message
                            : fmt::format("endpoint {}: {}", url, endpoint.error().message));
  }
  // Nobody needs an identity to ask this host's own endpoint, unless it was asked for.
  if (!identity && endpoint->is_loopback() && place.profile.empty()) identity = aws::Identity();
  if (!identity) return tl::unexpected(identity.error());
  if (!identity->credentials && !endpoint->is_loopback()) {
    return fail(fmt::format(
        "no credentials for {}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write "
        "--profile; `aws configure` makes one",
        endpoint->to_text()));
  }
  aws::HttpsSettings https;
  https.ca_file = environment("AWS_CA_BUNDLE").value_or("");
  auto opened = aws::open_https_client(std::move(https));
  if (!opened) return tl::unexpected(opened.error());
  aws::SignedService service;
  service.endpoint = *std::move(endpoint);
  service.scope = {region.empty() ? std::string(kAnyRegion) : region,
                   std::string(aws::signing_name(kService))};
  if (identity->credentials) {
    service.credentials = std::make_shared<aws::FixedCredentials>(*identity->credentials);
  }
  return std::make_unique<RemoteClient>(
      aws::JsonClient(std::move(*opened), aws::CloudWatchLogs::kTargetPrefix, std::move(service),
                      daemon::surroundings()));
}

}  // namespace

std::string to_text(const LogsError& error) {
  return error.type.empty() ? error.message : error.type + ": " + error.message;
}

Result<std::unique_ptr<LogsClient>> open_logs_client(const LogsPlace& place,
                                                     const std::string& default_store,
                                                     const aws::Environment& environment) {
  if (!place.store.empty()) return open_local(place.store);
  const bool remote =
      !place.endpoint_url.empty() || !place.region.empty() || !place.profile.empty();
  const std::string url = place.endpoint_url.empty()
                              ? aws::configured_endpoint(kService, environment)
                              : place.endpoint_url;
  if (url.empty() && !remote) return open_local(default_store);
  return open_remote(place, url, environment);
}

}  // namespace dn::cli
