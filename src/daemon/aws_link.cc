#include "daemon/aws_link.h"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "aws/credential_source.h"
#include "aws/imds.h"
#include "base/arn.h"
#include "base/ascii.h"
#include "daemon/account_questions.h"
#include "daemon/surroundings.h"
#include "net/random.h"
#include "store/log_store.h"

namespace dn::daemon {
namespace {

constexpr std::string_view kParameter = "DiscrimiNAT";
constexpr std::string_view kNoDeployment = "%default";

// Clients of another region, opened when a list lies there. Used by one thread.
class ListServices {
 public:
  explicit ListServices(std::shared_ptr<const aws::Session> session)
      : session_(std::move(session)) {}

  aws::ServiceResult<std::string> read(const std::string& arn) {
    const auto parsed = parse_arn(arn);
    if (!parsed) return refuse("this is no ARN");
    const std::string region(parsed->region);
    if (parsed->service == "ssm") {
      auto client = ssm(region);
      if (!client) return refuse(client.error().message);
      auto parameter = (*client)->get_parameter(arn);
      if (!parameter) return tl::unexpected(parameter.error());
      return std::move(parameter->value);
    }
    auto client = secrets(region);
    if (!client) return refuse(client.error().message);
    auto secret = (*client)->get_secret_value(arn);
    if (!secret) return tl::unexpected(secret.error());
    return std::move(secret->value);
  }

  Result<aws::Ssm*> ssm(const std::string& region) {
    return open(ssm_, region, &aws::Session::ssm);
  }

 private:
  static tl::unexpected<aws::ServiceError> refuse(std::string message) {
    return tl::unexpected(aws::ServiceError{0, "", std::move(message)});
  }
  Result<aws::Secrets*> secrets(const std::string& region) {
    return open(secrets_, region, &aws::Session::secrets);
  }
  template <class Client>
  Result<Client*> open(std::map<std::string, Client>& open_ones, const std::string& region,
                       Result<Client> (aws::Session::*opener)(const std::string&) const) {
    const auto found = open_ones.find(region);
    if (found != open_ones.end()) return &found->second;
    auto client = ((*session_).*opener)(region);
    if (!client) return tl::unexpected(client.error());
    return &open_ones.emplace(region, *std::move(client)).first->second;
  }

  std::shared_ptr<const aws::Session> session_;
  std::map<std::string, aws::Ssm> ssm_;
  std::map<std::string, aws::Secrets> secrets_;
};

Result<AccountQuestions> account_questions(std::string account, const aws::Session& session,
                                           const std::string& region) {
  auto ec2 = session.ec2(region);
  if (!ec2) return tl::unexpected(ec2.error());
  const auto client = std::make_shared<aws::Ec2>(*std::move(ec2));
  AccountQuestions made;
  made.account = std::move(account);
  made.interfaces = [client](const aws::Ec2Question& question) {
    return client->describe_network_interfaces(question);
  };
  made.groups = [client](const aws::Ec2Question& question) {
    return client->describe_security_groups(question);
  };
  return made;
}

// In the audit logs of the other accounts. Metadata is outside text: what STS would refuse is left
// out.
std::string session_name(const std::string& instance_id) {
  constexpr std::size_t kMost = 64;
  std::string name = "discriminat";
  if (!instance_id.empty()) name += '-';
  for (const char c : instance_id) {
    if ((is_alphanumeric(c) || c == '-') && name.size() < kMost) name += c;
  }
  return name;
}

}  // namespace

std::string deployment_of(const config::GatewaySettings& settings, const AwsInstance& instance) {
  const std::string& id =
      settings.aws_deployment_id.empty() ? instance.deployment_tag : settings.aws_deployment_id;
  return id.empty() || id == "self-manage" ? std::string(kNoDeployment) : id;
}

Result<AwsInstance> find_instance(const config::GatewaySettings& settings,
                                  const aws::Environment& environment) {
  AwsInstance instance;
  auto imds = aws::Imds::open(environment, surroundings());
  auto identity = imds ? (*imds)->identity()
                       : aws::ImdsResult<aws::InstanceIdentity>(tl::unexpected(imds.error()));
  if (identity) {
    instance.region = identity->region;
    instance.instance_id = identity->instance_id;
    instance.vpc_id = identity->vpc_id;
    if (const auto tag = (*imds)->tag("discriminat")) instance.deployment_tag = tag->value_or("");
  } else if (identity.error().fault == aws::ImdsFault::Odd) {
    return fail(identity.error().message);
  }
  if (!settings.aws_region.empty()) instance.region = settings.aws_region;
  if (instance.region.empty()) {
    return fail("the region is not known: write region in [aws]; instance metadata: " +
                identity.error().message);
  }
  return instance;
}

CloudReaderSettings reader_settings(const config::GatewaySettings& settings,
                                    const AwsInstance& instance) {
  CloudReaderSettings reader;
  reader.inventory = {instance.instance_id, instance.vpc_id};
  reader.vpcs = settings.aws_vpcs;
  if (reader.vpcs.empty() && !instance.vpc_id.empty()) reader.vpcs = {instance.vpc_id};
  const std::string deployment = deployment_of(settings, instance);
  reader.preferences_name = deployment == kNoDeployment
                                ? std::string(kParameter)
                                : fmt::format("{}_{}", kParameter, deployment);
  reader.groups_interval = settings.aws_groups_interval;
  return reader;
}

std::shared_ptr<const aws::Session> open_session(const aws::Environment& environment) {
  auto credentials = std::make_shared<aws::RotatingCredentials>(
      aws::credential_chain(environment, "", surroundings()), surroundings());
  return std::make_shared<const aws::Session>(environment, std::move(credentials), surroundings());
}

Result<CloudQuestions> aws_questions(const config::GatewaySettings& settings,
                                     const AwsInstance& instance,
                                     std::shared_ptr<const aws::Session> session) {
  auto own = account_questions("", *session, instance.region);
  if (!own) return tl::unexpected(own.error());
  std::vector<AccountQuestions> others;
  for (const std::string& role : settings.aws_roles) {
    const auto assumed = session->assume({.role_arn = role,
                                          .session_name = session_name(instance.instance_id),
                                          .external_id = settings.aws_role_external_id},
                                         instance.region);
    if (!assumed) return tl::unexpected(assumed.error());
    const std::string account(parse_arn(role)->account);
    auto other = account_questions(account, *assumed, instance.region);
    if (!other) return tl::unexpected(other.error());
    others.push_back(*std::move(other));
  }
  const auto lists = std::make_shared<ListServices>(std::move(session));
  const auto ssm = lists->ssm(instance.region);
  if (!ssm) return tl::unexpected(ssm.error());
  CloudQuestions questions;
  questions.interfaces = std::move(own->interfaces);
  questions.groups = std::move(own->groups);
  questions.preferences = [lists, ssm = *ssm](const std::string& name) {
    return ssm->get_parameter(name).map([](aws::Parameter&& found) { return found.value; });
  };
  questions.list = [lists](const std::string& arn) { return lists->read(arn); };
  return ask_accounts(std::move(questions), std::move(others));
}

Result<std::unique_ptr<AwsLink>> AwsLink::start(const AwsLinkSettings& settings, ConfigLog& log) {
  const config::GatewaySettings& gateway = settings.gateway;
  const auto session = open_session(aws::process_environment());
  auto questions = aws_questions(gateway, settings.instance, session);
  if (!questions) return tl::unexpected(questions.error());
  std::unique_ptr<AwsLink> link(new AwsLink(session));
  if (gateway.aws_ship_logs) {
    auto logs = session->logs(settings.instance.region);
    if (!logs) return tl::unexpected(logs.error());
    shipper::LogShipperSettings ship;
    ship.state_dir = gateway.state_dir;
    ship.group = gateway.aws_log_group;
    if (gateway.aws_metrics) ship.streams.emplace_back(to_text(store::Stream::Metrics));
    ship.random = [] { return net::random_number(); };
    ship.on_problem = [&log](const std::string& text) { log.write_self("warning", text); };
    ship.on_recovery = [&log](const std::string& text) { log.write_self("accepted", text); };
    auto shipper = shipper::LogShipper::start(std::move(ship), *std::move(logs));
    if (!shipper) return tl::unexpected(shipper.error());
    link->shipper_ = *std::move(shipper);
  }
  link->source_ = std::make_unique<CloudSource>(
      reader_settings(gateway, settings.instance), *std::move(questions),
      [] { return net::random_number(); }, settings.on_news);
  return link;
}

Result<SelfCareQuestions> AwsLink::self_care_questions(const AwsInstance& instance) const {
  auto imds = aws::Imds::open(aws::process_environment(), surroundings());
  if (!imds) return fail(imds.error().message);
  return daemon::self_care_questions(*session_, std::shared_ptr<aws::Imds>(*std::move(imds)),
                                     instance.region, instance.instance_id);
}

std::map<std::string, shipper::ShipStats> AwsLink::shipped() const {
  if (!shipper_) return {};
  return shipper_->stats();
}

}  // namespace dn::daemon
