#include "aws/imds.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "aws/json_fields.h"
#include "aws/percent_encoding.h"
#include "base/arn.h"
#include "base/ascii.h"

namespace dn::aws {
namespace {

using std::chrono::seconds;

constexpr std::string_view kIpv4Endpoint = "http://169.254.169.254";
constexpr std::string_view kIpv6Endpoint = "http://[fd00:ec2::254]";
constexpr seconds kTokenLife{21600};  // the most that is given
constexpr seconds kTokenMargin{300};  // so long before its end a new one is fetched
constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::size_t kValueBytesMax = 255;  // of an identifier
constexpr int kTries = 2;

tl::unexpected<ImdsError> fault(ImdsFault kind, std::string message) {
  return tl::unexpected(ImdsError{kind, std::move(message)});
}

tl::unexpected<ImdsError> odd(std::string_view what) {
  return fault(ImdsFault::Odd, fmt::format("instance metadata: {}", what));
}

tl::unexpected<ImdsError> off() {
  return fault(ImdsFault::Off,
               "instance metadata is switched off; allow version 2 of it for this instance");
}

// "eni-0a", "123456789012", "eu-west-1a", "02:00:00:00:00:01"
bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= kValueBytesMax && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == ':';
  });
}

// The name of a role, as IAM permits it.
bool is_role_name(std::string_view text) {
  constexpr std::string_view kSigns = "+=,.@_-";
  return !text.empty() && text.size() <= kValueBytesMax && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kSigns.contains(c);
  });
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Result<EndpointUrl> find_imds(const Environment& environment) {
  if (const auto named = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
    auto url = parse_endpoint_url(*named);
    if (!url) {
      return fail("AWS_EC2_METADATA_SERVICE_ENDPOINT: write an address like " +
                  std::string(kIpv4Endpoint));
    }
    return url;
  }
  const auto mode = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("");
  return parse_endpoint_url(equal_ignoring_case(mode, "ipv6") ? kIpv6Endpoint : kIpv4Endpoint);
}

}  // namespace

ImdsResult<std::unique_ptr<Imds>> Imds::open(const Environment& environment,
                                             Surroundings surroundings) {
  if (equal_ignoring_case(environment("AWS_EC2_METADATA_DISABLED").value_or(""), "true")) {
    return fault(ImdsFault::Off, "AWS_EC2_METADATA_DISABLED switches instance metadata off");
  }
  auto endpoint = find_imds(environment);
  if (!endpoint) return fault(ImdsFault::Odd, std::move(endpoint.error().message));
  auto https = open_https_client({.connect = seconds(1),
                                  .whole = seconds(1),
                                  .answer_bytes_max = kAnswerBytesMax,
                                  .ca_file = {},
                                  .direct = true});
  if (!https) return fault(ImdsFault::Odd, std::move(https.error().message));
  return std::make_unique<Imds>(*std::move(https), *std::move(endpoint), std::move(surroundings));
}

Imds::Imds(std::unique_ptr<HttpsClient> https, EndpointUrl endpoint, Surroundings surroundings)
    : https_(std::move(https)),
      endpoint_(std::move(endpoint)),
      surroundings_(std::move(surroundings)) {}

// The first answer that says something.
ImdsResult<HttpsAnswer> Imds::ask(const HttpsRequest& request) {
  std::string why;
  for (int i = 0; i < kTries; ++i) {
    auto answer = https_->send(request);
    if (answer && answer->status < 500) return *std::move(answer);
    if (!answer && !answer.error().may_pass) return odd(answer.error().message);
    why = answer ? fmt::format("HTTP status {}", answer->status) : answer.error().message;
  }
  return fault(ImdsFault::Unreachable, fmt::format("instance metadata does not answer: {}", why));
}

ImdsResult<std::string> Imds::fetch_token() {
  HttpsRequest request;
  request.endpoint = endpoint_;
  request.method = "PUT";
  request.path = "/latest/api/token";
  request.headers = {{"Host", endpoint_.host_header()},
                     {"X-aws-ec2-metadata-token-ttl-seconds", fmt::to_string(kTokenLife.count())}};
  auto answer = ask(request);
  if (!answer) return tl::unexpected(std::move(answer.error()));
  if (answer->status == 403) return off();
  if (answer->status != 200) return odd(fmt::format("HTTP status {} for a token", answer->status));
  if (!is_token(answer->body)) return odd("what it gives is no token");
  token_end_ = surroundings_.clock() + kTokenLife - kTokenMargin;
  return std::move(answer->body);
}

ImdsResult<std::optional<std::string>> Imds::get(std::string_view path) {
  HttpsRequest request;
  request.endpoint = endpoint_;
  request.method = "GET";
  request.path = fmt::format("/latest/meta-data/{}", path);
  bool fresh = false;
  for (;;) {
    if (token_.empty() || surroundings_.clock() >= token_end_) {
      auto token = fetch_token();
      if (!token) return tl::unexpected(std::move(token.error()));
      token_ = *std::move(token);
      fresh = true;
    }
    request.headers = {{"Host", endpoint_.host_header()}, {"X-aws-ec2-metadata-token", token_}};
    auto answer = ask(request);
    if (!answer) return tl::unexpected(std::move(answer.error()));
    switch (answer->status) {
      case 200: return std::move(answer->body);
      case 403: return off();
      case 404: return std::nullopt;
      case 401:
        token_.clear();
        if (!fresh) continue;
        return odd("a fresh token is refused");
      default: return odd(fmt::format("HTTP status {} for {}", answer->status, path));
    }
  }
}

ImdsResult<InstanceIdentity> Imds::identity() {
  InstanceIdentity found;
  std::optional<ImdsError> wrong;
  const auto read = [&](std::string_view path, std::string& into) {
    if (wrong) return;
    auto value = get(path);
    if (!value) {
      wrong = std::move(value.error());
    } else if (*value && !is_identifier(**value)) {
      wrong = odd(fmt::format("{} is no identifier", path)).value();
    } else {
      into = std::move(*value).value_or("");
    }
  };
  read("placement/region", found.region);
  read("placement/availability-zone", found.availability_zone);
  read("instance-id", found.instance_id);
  read("mac", found.mac);
  if (!wrong && (!is_region(found.region) || found.instance_id.empty())) {
    return odd("there is no region or no instance id");
  }
  if (!found.mac.empty()) {
    const std::string interface = fmt::format("network/interfaces/macs/{}/", found.mac);
    read(interface + "interface-id", found.interface_id);
    read(interface + "owner-id", found.owner_id);
    read(interface + "vpc-id", found.vpc_id);
    read(interface + "subnet-id", found.subnet_id);
  }
  if (wrong) return tl::unexpected(*std::move(wrong));
  return found;
}

ImdsResult<std::optional<Ipv4Address>> Imds::public_address() {
  const auto value = get("public-ipv4");
  if (!value) return tl::unexpected(value.error());
  if (!*value) return std::nullopt;
  const auto address = parse_ipv4(**value);
  if (!address) return odd("public-ipv4 is no address");
  return address;
}

ImdsResult<std::optional<std::string>> Imds::tag(std::string_view key) {
  std::string path = "tags/instance/";
  append_percent_encoded(path, key);
  return get(path);
}

ImdsResult<std::optional<SpotAction>> Imds::spot_action() {
  const auto value = get("spot/instance-action");
  if (!value) return tl::unexpected(value.error());
  if (!*value) return std::nullopt;
  const auto object = parse_object(**value);
  SpotAction found;
  if (object) found.action = text_member(*object, "action");
  if (found.action.empty()) return odd("spot/instance-action names no action");
  found.time = parse_iso_time(text_member(*object, "time"));
  return found;
}

ImdsResult<std::string> Imds::target_lifecycle_state() {
  auto value = get("autoscaling/target-lifecycle-state");
  if (!value) return tl::unexpected(std::move(value.error()));
  if (*value && !is_identifier(**value)) return odd("the lifecycle state is none");
  return std::move(*value).value_or("");
}

ImdsResult<TemporaryCredentials> Imds::role_credentials() {
  constexpr std::string_view kPath = "iam/security-credentials/";
  const auto roles = get(kPath);
  if (!roles) return tl::unexpected(roles.error());
  const std::string names = roles->value_or("");
  const std::string role = names.substr(0, names.find('\n'));
  if (role.empty()) return odd("the instance has no role; attach an instance profile to it");
  if (!is_role_name(role)) return odd("the name of its role is none");
  const auto document = get(fmt::format("{}{}", kPath, role));
  if (!document) return tl::unexpected(document.error());
  if (!*document) return odd("its role has no credentials");
  auto found = parse_credentials_document(**document);
  if (!found) return odd(found.error().message);
  return *std::move(found);
}

}  // namespace dn::aws
