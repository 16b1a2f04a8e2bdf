// The answers of EC2 as values: XML in, ec2_values.h out. Pure.
//
// Follows the EC2 API reference, version 2016-11-15. Unknown elements and the order of elements
// mean nothing. What is odd costs only itself and counts in `odd_items`: an address, prefix or
// permission that cannot be read is left out, an interface or a group without its id as well. A
// document that is none, or another operation's, or one without its list, is an error. Covered by
// ec2_answers_test.cc and fuzz/ec2_answers_fuzz.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "aws/ec2_values.h"
#include "base/result.h"

namespace dn::aws {

// Addresses, prefixes and groups of one interface, each; EC2 gives some tens. Further ones are odd.
inline constexpr std::size_t kPerInterfaceMax = 1024;

Result<Page<NetworkInterface>> parse_network_interfaces(std::string_view body);
Result<Page<SecurityGroup>> parse_security_groups(std::string_view body);
Result<Page<ElasticAddress>> parse_addresses(std::string_view body);  // is always the last page
Result<std::string> parse_association_id(std::string_view body);      // of AssociateAddress
// Of an operation that answers <return>true</return>, or nothing; failures have another status.
Result<void> parse_return(std::string_view body, std::string_view root);

}  // namespace dn::aws
