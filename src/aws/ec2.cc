#include "aws/ec2.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "aws/ec2_answers.h"
#include "aws/xml.h"

namespace dn::aws {
namespace {

void add_filters(QueryParameters& to, const std::vector<Ec2Filter>& filters) {
  for (std::size_t i = 0; i < filters.size(); ++i) {
    to.emplace_back(fmt::format("Filter.{}.Name", i + 1), filters[i].name);
    for (std::size_t j = 0; j < filters[i].values.size(); ++j) {
      to.emplace_back(fmt::format("Filter.{}.Value.{}", i + 1, j + 1), filters[i].values[j]);
    }
  }
}

QueryParameters parameters_of(const Ec2Question& question, const char* id_name) {
  QueryParameters parameters;
  for (std::size_t i = 0; i < question.ids.size(); ++i) {
    parameters.emplace_back(fmt::format("{}.{}", id_name, i + 1), question.ids[i]);
  }
  add_filters(parameters, question.filters);
  // EC2 refuses a size beside ids.
  if (question.ids.empty())
    parameters.emplace_back("MaxResults", fmt::to_string(question.page_size));
  if (!question.next_token.empty()) parameters.emplace_back("NextToken", question.next_token);
  return parameters;
}

// What `parse` makes of the answer's body.
template <class Parse>
auto read(const ServiceResult<std::string>& body, Parse parse)
    -> ServiceResult<typename decltype(parse(std::string_view()))::value_type> {
  if (!body) return tl::unexpected(body.error());
  auto parsed = parse(*body);
  if (!parsed) {
    auto odd = odd_answer(std::move(parsed.error().message));
    if (is_too_large(*body)) odd.value().type = kAnswerTooLarge;
    return odd;
  }
  if constexpr (std::is_void_v<typename decltype(parsed)::value_type>) {
    return {};
  } else {
    return *std::move(parsed);
  }
}

}  // namespace

ServiceResult<Page<NetworkInterface>> Ec2::describe_network_interfaces(
    const Ec2Question& question) {
  return read(
      client_.call("DescribeNetworkInterfaces", parameters_of(question, "NetworkInterfaceId")),
      parse_network_interfaces);
}

ServiceResult<Page<SecurityGroup>> Ec2::describe_security_groups(const Ec2Question& question) {
  return read(client_.call("DescribeSecurityGroups", parameters_of(question, "GroupId")),
              parse_security_groups);
}

ServiceResult<std::vector<ElasticAddress>> Ec2::describe_addresses(
    const std::vector<Ec2Filter>& filters) {
  QueryParameters parameters;
  add_filters(parameters, filters);
  auto page = read(client_.call("DescribeAddresses", parameters), parse_addresses);
  if (!page) return tl::unexpected(std::move(page.error()));
  return std::move(page->items);
}

ServiceResult<void> Ec2::disable_source_dest_check(const std::string& instance_id) {
  return read(
      client_.call("ModifyInstanceAttribute",
                   {{"InstanceId", instance_id}, {"SourceDestCheck.Value", "false"}}),
      [](std::string_view body) { return parse_return(body, "ModifyInstanceAttributeResponse"); });
}

ServiceResult<std::string> Ec2::associate_address(const std::string& allocation_id,
                                                  const std::string& instance_id) {
  // Two gateways may want the same one at the same time.
  return read(client_.call("AssociateAddress", {{"AllocationId", allocation_id},
                                                {"InstanceId", instance_id},
                                                {"AllowReassociation", "false"}}),
              parse_association_id);
}

}  // namespace dn::aws
