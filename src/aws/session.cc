#include "aws/session.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "aws/credential_source.h"
#include "aws/https_client.h"
#include "aws/xml.h"
#include "base/arn.h"

namespace dn::aws {
namespace {

// Whoever keeps a session asks again and again, at a pace of his own; the second attempt is there
// so that a clock or credentials can be mended.
constexpr RetrySchedule kRetries{2, std::chrono::milliseconds(100), std::chrono::seconds(1)};
// Nobody stops faster than the call that is under way.
constexpr auto kConnectMost = std::chrono::seconds(5);
constexpr auto kAnswerMost = std::chrono::seconds(30);

template <class Client, class Protocol>
Result<Client> speaking(Result<Protocol> protocol) {
  if (!protocol) return tl::unexpected(std::move(protocol.error()));
  return Client(*std::move(protocol));
}

}  // namespace

struct Session::Parts {
  std::unique_ptr<HttpsClient> https;
  SignedService service;
};

Session::Session(Environment environment, std::shared_ptr<CredentialProvider> credentials,
                 Surroundings surroundings)
    : environment_(std::move(environment)),
      credentials_(std::move(credentials)),
      surroundings_(std::move(surroundings)) {}

Result<Session::Parts> Session::open(Service service, const std::string& region) const {
  // A signature names it, where the endpoint does not.
  if (!is_region(region)) return fail("which region? \"" + region + "\" is not the name of one");
  auto endpoint = find_endpoint(service, region, environment_);
  if (!endpoint) return tl::unexpected(std::move(endpoint.error()));
  HttpsSettings settings;
  settings.connect = kConnectMost;
  settings.whole = kAnswerMost;
  settings.answer_bytes_max = kXmlBytesMax;
  settings.ca_file = environment_("AWS_CA_BUNDLE").value_or("");
  auto https = open_https_client(std::move(settings));
  if (!https) return tl::unexpected(std::move(https.error()));
  Parts parts;
  parts.https = *std::move(https);
  parts.service.endpoint = *std::move(endpoint);
  parts.service.scope = {region, std::string(signing_name(service))};
  parts.service.credentials = credentials_;
  parts.service.retries = kRetries;
  return parts;
}

Result<JsonClient> Session::open_json(Service service, const std::string& region,
                                      const char* target_prefix) const {
  auto parts = open(service, region);
  if (!parts) return tl::unexpected(std::move(parts.error()));
  return JsonClient(std::move(parts->https), target_prefix, std::move(parts->service),
                    surroundings_);
}

Result<QueryClient> Session::open_query(Service service, const std::string& region,
                                        const char* version) const {
  auto parts = open(service, region);
  if (!parts) return tl::unexpected(std::move(parts.error()));
  return QueryClient(std::move(parts->https), version, std::move(parts->service), surroundings_);
}

Result<Ec2> Session::ec2(const std::string& region) const {
  return speaking<Ec2>(open_query(Service::Ec2, region, Ec2::kVersion));
}

Result<Ssm> Session::ssm(const std::string& region) const {
  return speaking<Ssm>(open_json(Service::Ssm, region, Ssm::kTargetPrefix));
}

Result<Secrets> Session::secrets(const std::string& region) const {
  return speaking<Secrets>(open_json(Service::SecretsManager, region, Secrets::kTargetPrefix));
}

Result<Sts> Session::sts(const std::string& region) const {
  return speaking<Sts>(open_query(Service::Sts, region, Sts::kVersion));
}

Result<AutoScaling> Session::autoscaling(const std::string& region) const {
  return speaking<AutoScaling>(open_query(Service::AutoScaling, region, AutoScaling::kVersion));
}

Result<CloudWatchLogs> Session::logs(const std::string& region) const {
  return speaking<CloudWatchLogs>(
      open_json(Service::CloudWatchLogs, region, CloudWatchLogs::kTargetPrefix));
}

Result<Session> Session::assume(AssumedRole role, const std::string& region) const {
  auto client = sts(region);
  if (!client) return tl::unexpected(std::move(client.error()));
  const auto arn = parse_arn(role.role_arn);
  if (!arn || arn->partition != partition_of(region)) {
    return fail(fmt::format("the role {} is none of the partition {}, in which {} is",
                            role.role_arn, partition_of(region), region));
  }
  auto fetch = [client = std::make_shared<Sts>(*std::move(client)),
                role = std::move(role)]() -> Result<TemporaryCredentials> {
    auto given = client->assume_role(role);
    if (given) return *std::move(given);
    return fail(
        fmt::format("the role {} cannot be assumed: {}", role.role_arn, to_text(given.error())));
  };
  return Session(environment_,
                 std::make_shared<RotatingCredentials>(std::move(fetch), surroundings_),
                 surroundings_);
}

}  // namespace dn::aws
