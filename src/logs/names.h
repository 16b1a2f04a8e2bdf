// Names of log groups and streams, as requests write them and as answers give them back.
//
// A group is named by logGroupName, or by logGroupIdentifier: its name or its ARN, without ":*". An
// ARN of another account or region names nothing that is here. Covered by names_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "logs/api_error.h"
#include "logs/request_fields.h"

namespace dn::logs {

extern const TextRule kGroupNameRule, kGroupIdentifierRule, kStreamNameRule, kFilterPatternRule,
    kTokenRule;

inline constexpr NumberRule kTimeRule = {.min = 0};

// Whose groups these are.
struct Account {
  std::string region, id;
};

// What a request may call a group and a stream.
bool is_group_name(std::string_view name);
bool is_stream_name(std::string_view name);

std::string group_arn(const Account& account, std::string_view group);
std::string stream_arn(const Account& account, std::string_view group, std::string_view stream);

// The group's name; nothing where an ARN names a group of somebody else.
std::optional<std::string> group_of_identifier(const Account& account, std::string_view identifier);

// The one group of a request that takes logGroupName or logGroupIdentifier. Asks problem() itself,
// so it comes after all other fields.
ApiResult<std::string> read_group(RequestFields& fields, const Account& account);

}  // namespace dn::logs
