// Arn: the name of a resource of the cloud, "arn:partition:service:region:account:resource".
//
// AWS General Reference, "Amazon Resource Names". Read as far as it says where to ask: the resource
// stays as it is written, and whether a service has a region is for the caller to say. A region
// becomes part of a host name, so nothing else than a region's alphabet stands there. Views into
// the text. Covered by arn_test.cc.
#pragma once

#include <optional>
#include <string_view>

namespace dn {

inline constexpr std::size_t kArnBytesMax = 2048;
inline constexpr std::size_t kRegionBytesMax = 63;

struct Arn {
  std::string_view partition, service;  // "aws", "ssm"; not empty
  std::string_view region, account;     // empty where the service has none
  std::string_view resource;            // "parameter/x"; not empty, may hold colons
};

// Nothing for another form, or more than kArnBytesMax.
std::optional<Arn> parse_arn(std::string_view text);

// "eu-west-1": lower-case letters, digits and hyphens between them; not empty.
bool is_region(std::string_view text);

}  // namespace dn
