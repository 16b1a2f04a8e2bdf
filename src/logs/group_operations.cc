// Log groups: create, delete, describe, retention.
//
// What the store cannot do is refused, not ignored: encryption keys, other classes than STANDARD,
// deletion protection. Tags are read and dropped. Covered by group_operations_test.cc.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "logs/json_writer.h"
#include "logs/operations.h"
#include "logs/position.h"

namespace dn::logs {
namespace {

constexpr std::array<std::string_view, 3> kGroupClasses = {"STANDARD", "INFREQUENT_ACCESS",
                                                           "DELIVERY"};
constexpr TextRule kGroupClassRule = {.one_of = kGroupClasses};
constexpr std::array kRetentionDays = {1,    3,    5,    7,    14,   30,  60,  90,
                                       120,  150,  180,  365,  400,  545, 731, 1096,
                                       1827, 2192, 2557, 2922, 3288, 3653};
constexpr std::int64_t kDescribeLimit = 50;
constexpr std::size_t kTagsMax = 50;

struct GroupChoice {
  std::string prefix, pattern;
  std::unordered_set<std::string> names;  // none: all
  bool standard = true;                   // the class that all our groups have
};

bool is_chosen(const store::GroupInfo& group, const GroupChoice& choice) {
  return choice.standard && group.name.starts_with(choice.prefix) &&
         group.name.contains(choice.pattern) &&
         (choice.names.empty() || choice.names.contains(group.name));
}

void write_group(JsonWriter& json, const store::GroupInfo& group, const ServiceState& service,
                 bool with_bytes) {
  const std::string arn = group_arn(service.account, group.name);
  json.open_object();
  json.key("arn").text(arn + ":*");
  json.key("creationTime").number(group.created);
  json.key("deletionProtectionEnabled").flag(false);
  json.key("logGroupArn").text(arn);
  json.key("logGroupClass").text("STANDARD");
  json.key("logGroupName").text(group.name);
  json.key("metricFilterCount").number(0);
  if (group.retention_days) json.key("retentionInDays").number(*group.retention_days);
  if (with_bytes) json.key("storedBytes").number(static_cast<std::int64_t>(group.stored_bytes));
  json.close_object();
}

OperationResult set_retention(ServiceState& service, std::string_view group,
                              std::optional<int> days) {
  const auto done = service.catalog.set_retention(group, days);
  if (!done) return refuse(done.error());
  return "";
}

}  // namespace

OperationResult create_log_group(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  const auto key = fields.text("kmsKeyId", {.max = 256});
  const auto log_class = fields.text("logGroupClass", kGroupClassRule);
  const bool is_protected = fields.flag("deletionProtectionEnabled").value_or(false);
  fields.text_map_size("tags", kTagsMax);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  if (group.starts_with("aws/")) {
    return refuse(ErrorType::InvalidParameter,
                  "Log group names starting with 'aws/' are reserved.");
  }
  if (key) return refuse(ErrorType::InvalidParameter, "kmsKeyId is not supported here.");
  if (log_class && *log_class != "STANDARD") {
    return refuse(ErrorType::InvalidParameter,
                  "Only the log group class STANDARD is supported here.");
  }
  if (is_protected) {
    return refuse(ErrorType::InvalidParameter, "deletionProtectionEnabled is not supported here.");
  }
  const auto done = service.catalog.create_group(group);
  if (!done) return refuse(done.error(), Creating::Group);
  return "";
}

OperationResult delete_log_group(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  const auto done = service.catalog.delete_group(group);
  if (!done) return refuse(done.error());
  return "";
}

OperationResult describe_log_groups(ServiceState& service, RequestFields& fields) {
  GroupChoice choice;
  choice.prefix = fields.text("logGroupNamePrefix", kGroupNameRule).value_or("");
  TextRule pattern_rule = kGroupNameRule;
  pattern_rule.min = 0;
  choice.pattern = fields.text("logGroupNamePattern", pattern_rule).value_or("");
  choice.standard =
      fields.text("logGroupClass", kGroupClassRule).value_or("STANDARD") == "STANDARD";
  const auto identifiers =
      fields.texts("logGroupIdentifiers", {.min = 1, .max = 50}, kGroupIdentifierRule);
  const auto limit = fields.number("limit", {.min = 1, .max = kDescribeLimit});
  const auto token = fields.text("nextToken", kTokenRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  if (fields.has("logGroupNamePrefix") && fields.has("logGroupNamePattern")) {
    return refuse(
        ErrorType::InvalidParameter,
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  for (const std::string& identifier : identifiers.value_or(std::vector<std::string>())) {
    // The empty name is nobody's, so an ARN of somebody else chooses nothing.
    choice.names.insert(group_of_identifier(service.account, identifier).value_or(""));
  }
  const std::string request = fmt::format(
      "DescribeLogGroups\n{}\n{}\n{}\n{}", choice.prefix, choice.pattern, choice.standard,
      fmt::join(identifiers.value_or(std::vector<std::string>()), ","));
  std::optional<std::string> last;
  if (token) {
    last = parse_page_token(request, *token);
    if (!last) return refuse(ErrorType::InvalidParameter, std::string(kInvalidToken));
  }

  const bool with_bytes = !fields.has("logGroupNamePattern");
  std::int64_t room = limit.value_or(kDescribeLimit);
  std::string written;
  JsonWriter json;
  json.open_object().key("logGroups").open_list();
  for (const store::GroupInfo& group : service.catalog.groups()) {
    if (!is_chosen(group, choice) || (last && group.name <= *last)) continue;
    if (room-- == 0) {
      json.close_list().key("nextToken").text(format_page_token(request, written));
      return json.close_object().take();
    }
    write_group(json, group, service, with_bytes);
    written = group.name;
  }
  return json.close_list().close_object().take();
}

OperationResult put_retention_policy(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  const auto days = fields.required_number("retentionInDays");
  if (!fields.problem() && std::ranges::find(kRetentionDays, days) == kRetentionDays.end()) {
    fields.add_problem(
        "retentionInDays", fmt::format("'{}'", days),
        fmt::format("Member must satisfy enum value set: [{}]", fmt::join(kRetentionDays, ", ")));
  }
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  return set_retention(service, group, static_cast<int>(days));
}

OperationResult delete_retention_policy(ServiceState& service, RequestFields& fields) {
  const auto group = fields.required_text("logGroupName", kGroupNameRule);
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  return set_retention(service, group, {});
}

}  // namespace dn::logs
