#include "aws/ec2_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "aws/xml.h"

namespace dn::aws {
namespace {

Result<XmlDocument> parse_answer(std::string_view body, std::string_view root) {
  auto document = XmlDocument::parse(body);
  if (document && document->root().name() != root) {
    return fail(fmt::format("the answer is no {}; is this EC2?", root));
  }
  return document;
}

// The <item>s of a list, which may be absent.
std::vector<XmlElement> items_of(XmlElement parent, const char* list) {
  return parent.child(list).children("item");
}

// A page of the items that `read` makes something of.
template <class T, class Read>
Result<Page<T>> parse_page(std::string_view body, std::string_view root, const char* list,
                           Read read) {
  const auto document = parse_answer(body, root);
  if (!document) return tl::unexpected(document.error());
  // Nothing there is an empty list; without one nothing was said, least of all that all is gone.
  if (!document->root().child(list)) return fail(fmt::format("the answer has no {}", list));
  Page<T> page;
  page.next_token = document->root().text_of("nextToken");
  for (const XmlElement item : items_of(document->root(), list)) {
    bool odd = false;
    if (auto value = read(item, odd)) page.items.push_back(*std::move(value));
    page.odd_items += odd ? 1 : 0;
  }
  return page;
}

template <class T>
void add_once(std::vector<T>& to, const std::optional<T>& value, bool& odd) {
  if (!value) {
    odd = true;
  } else if (std::ranges::find(to, *value) != to.end()) {
    return;
  } else if (to.size() == kPerInterfaceMax) {
    odd = true;
  } else {
    to.push_back(*value);
  }
}

std::optional<NetworkInterface> read_interface(XmlElement item, bool& odd) {
  NetworkInterface value;
  value.id = item.text_of("networkInterfaceId");
  value.vpc_id = item.text_of("vpcId");
  value.owner_id = item.text_of("ownerId");
  value.instance_id = item.child("attachment").text_of("instanceId");
  if (value.id.empty()) {
    odd = true;
    return {};
  }
  for (const XmlElement group : items_of(item, "groupSet")) {
    const std::string_view id = group.text_of("groupId");
    add_once(value.group_ids, id.empty() ? std::nullopt : std::optional(std::string(id)), odd);
  }
  // The primary one stands above the set as well, and alone in some answers.
  const std::string_view primary = item.text_of("privateIpAddress");
  if (!primary.empty()) add_once(value.addresses, parse_ipv4(primary), odd);
  for (const XmlElement address : items_of(item, "privateIpAddressesSet")) {
    add_once(value.addresses, parse_ipv4(address.text_of("privateIpAddress")), odd);
  }
  for (const XmlElement prefix : items_of(item, "ipv4PrefixSet")) {
    add_once(value.prefixes, parse_ipv4_prefix(prefix.text_of("ipv4Prefix")), odd);
  }
  return value;
}

bool has_ports(std::string_view protocol) {
  constexpr std::array<std::string_view, 4> kWithPorts = {"tcp", "udp", "6", "17"};
  return std::ranges::find(kWithPorts, protocol) != kWithPorts.end();
}

std::optional<Port> read_port(std::string_view text) {
  Port port = 0;  // 0 is the beginning of a range
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || stop != text.data() + text.size()) return {};
  return port;
}

// What all ranges of a permission have in common; nothing where it makes no sense.
std::optional<EgressPermission> read_permission(XmlElement item) {
  EgressPermission value;
  value.ip_protocol = item.text_of("ipProtocol");
  if (value.ip_protocol.empty()) return {};
  if (!has_ports(value.ip_protocol)) return value;
  const auto from = read_port(item.text_of("fromPort"));
  const auto to = read_port(item.text_of("toPort"));
  if (!from || !to || *from > *to) return {};
  value.from_port = *from;
  value.to_port = *to;
  return value;
}

struct RangeList {
  const char *list, *destination;
};
constexpr std::array<RangeList, 4> kRangeLists = {{{"ipRanges", "cidrIp"},
                                                   {"ipv6Ranges", "cidrIpv6"},
                                                   {"prefixListIds", "prefixListId"},
                                                   {"groups", "groupId"}}};

std::optional<SecurityGroup> read_group(XmlElement item, bool& odd) {
  SecurityGroup value;
  value.id = item.text_of("groupId");
  value.vpc_id = item.text_of("vpcId");
  value.owner_id = item.text_of("ownerId");
  if (value.id.empty()) {
    odd = true;
    return {};
  }
  for (const XmlElement permission : items_of(item, "ipPermissionsEgress")) {
    auto common = read_permission(permission);
    if (!common) {
      odd = true;
      continue;
    }
    for (const auto& [list, destination] : kRangeLists) {
      for (const XmlElement range : items_of(permission, list)) {
        common->description = range.text_of("description");
        common->destination = range.text_of(destination);
        value.egress.push_back(*common);
      }
    }
  }
  return value;
}

std::optional<ElasticAddress> read_address(XmlElement item, bool& odd) {
  ElasticAddress value;
  value.allocation_id = item.text_of("allocationId");
  value.association_id = item.text_of("associationId");
  value.address = parse_ipv4(item.text_of("publicIp"));
  odd = value.allocation_id.empty() || !value.address;
  if (value.allocation_id.empty()) return {};
  return value;
}

}  // namespace

Result<Page<NetworkInterface>> parse_network_interfaces(std::string_view body) {
  return parse_page<NetworkInterface>(body, "DescribeNetworkInterfacesResponse",
                                      "networkInterfaceSet", read_interface);
}

Result<Page<SecurityGroup>> parse_security_groups(std::string_view body) {
  return parse_page<SecurityGroup>(body, "DescribeSecurityGroupsResponse", "securityGroupInfo",
                                   read_group);
}

Result<Page<ElasticAddress>> parse_addresses(std::string_view body) {
  return parse_page<ElasticAddress>(body, "DescribeAddressesResponse", "addressesSet",
                                    read_address);
}

Result<std::string> parse_association_id(std::string_view body) {
  const auto document = parse_answer(body, "AssociateAddressResponse");
  if (!document) return tl::unexpected(document.error());
  return std::string(document->root().text_of("associationId"));
}

Result<void> parse_return(std::string_view body, std::string_view root) {
  const auto document = parse_answer(body, root);
  if (!document) return tl::unexpected(document.error());
  if (document->root().text_of("return") == "false") return fail("EC2 answered that it did not");
  return {};
}

}  // namespace dn::aws
