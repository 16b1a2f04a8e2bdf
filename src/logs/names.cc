#include "logs/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/utf8.h"

namespace dn::logs {
namespace {

constexpr std::string_view kTooLong =
    "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";

bool in_group_name(char c) {
  return is_alphanumeric(c) || std::string_view(".-_/#").contains(c);
}

bool in_group_identifier(char c) {
  return is_alphanumeric(c) || std::string_view("_#+=/:,.@-").contains(c);
}

bool in_stream_name(char c) {
  return c != ':' && c != '*';
}

bool obeys(std::string_view name, const TextRule& rule) {
  const std::size_t characters = count_utf8(name);
  return characters >= rule.min && characters <= rule.max && std::ranges::all_of(name, rule.allows);
}

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

}  // namespace

const TextRule kGroupNameRule = {.min = 1,
                                 .max = 512,
                                 .allows = in_group_name,
                                 .pattern = "[\\.\\-_/#A-Za-z0-9]+",
                                 .too_long = kTooLong};
const TextRule kGroupIdentifierRule = {
    .min = 1, .max = 2048, .allows = in_group_identifier, .pattern = "[\\w#+=/:,.@-]*"};
const TextRule kStreamNameRule = {
    .min = 1, .max = 512, .allows = in_stream_name, .pattern = "[^:*]*", .too_long = kTooLong};
const TextRule kFilterPatternRule = {.max = 1024};
const TextRule kTokenRule = {.min = 1};

bool is_group_name(std::string_view name) {
  return obeys(name, kGroupNameRule);
}

bool is_stream_name(std::string_view name) {
  return obeys(name, kStreamNameRule);
}

std::string group_arn(const Account& account, std::string_view group) {
  return fmt::format("arn:{}:logs:{}:{}:log-group:{}", partition_of(account.region), account.region,
                     account.id, group);
}

std::string stream_arn(const Account& account, std::string_view group, std::string_view stream) {
  return fmt::format("{}:log-stream:{}", group_arn(account, group), stream);
}

std::optional<std::string> group_of_identifier(const Account& account,
                                               std::string_view identifier) {
  if (!identifier.starts_with("arn:")) return std::string(identifier);
  const std::string beginning = group_arn(account, "");
  if (!identifier.starts_with(beginning)) return {};
  return std::string(identifier.substr(beginning.size()));
}

ApiResult<std::string> read_group(RequestFields& fields, const Account& account) {
  const auto name = fields.text("logGroupName", kGroupNameRule);
  const auto identifier = fields.text("logGroupIdentifier", kGroupIdentifierRule);
  if (!fields.has("logGroupName") && !fields.has("logGroupIdentifier")) {
    fields.require("logGroupName");
  }
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  if (name && identifier) {
    return refuse(ErrorType::Validation,
                  "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  }
  if (name) return std::string(*name);
  auto group = group_of_identifier(account, *identifier);
  if (!group) return refuse(ErrorType::ResourceNotFound, std::string(kNoSuchGroup));
  return std::move(*group);
}

}  // namespace dn::logs
