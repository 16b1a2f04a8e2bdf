// What the EC2 interface tells of interfaces, groups and addresses, as plain values: only what the
// gateway needs of it.
//
// Source of the names: EC2 API reference, version 2016-11-15, NetworkInterface, SecurityGroup,
// IpPermission, Address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"

namespace dn::aws {

struct NetworkInterface {
  std::string id, vpc_id, owner_id;    // "eni-…", "vpc-…", 12 digits
  std::string instance_id;             // "" where it is attached to none
  std::vector<std::string> group_ids;  // "sg-…", in the order of the answer
  std::vector<Ipv4Address> addresses;  // private ones, primary and secondary
  std::vector<Ipv4Prefix> prefixes;    // delegated blocks (ipv4PrefixSet)
  bool operator==(const NetworkInterface&) const = default;
};

// One range of one outbound permission: the description belongs to the range.
struct EgressPermission {
  std::string description;
  std::string ip_protocol;  // "tcp", "udp", "-1", "6", …
  Port from_port = 0;       // 0 and 65535 where the protocol has no ports
  Port to_port = 65535;
  std::string destination;  // "0.0.0.0/0", "pl-…", "sg-…": for people
  bool operator==(const EgressPermission&) const = default;
};

struct SecurityGroup {
  std::string id, vpc_id, owner_id;
  std::vector<EgressPermission> egress;  // in the order of the answer
  bool operator==(const SecurityGroup&) const = default;
};

// An Elastic IP.
struct ElasticAddress {
  std::string allocation_id, association_id;  // the latter "" where it is free
  std::optional<Ipv4Address> address;
  bool operator==(const ElasticAddress&) const = default;
};

// A page of an answer; `next_token` is "" on the last one.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next_token;
  std::size_t odd_items = 0;  // could not be read, in whole or in part; see ec2_answers.h
};

}  // namespace dn::aws
