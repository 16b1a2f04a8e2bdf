#include "review/rule_writing.h"

#include <algorithm>
#include <bit>
#include <map>

#include <fmt/format.h>

namespace dn::review {
namespace {

// The next destination of each port that nobody has.
class Destinations {
 public:
  explicit Destinations(const UsedDestinations& used) : used_(used) {}

  Ipv4Prefix next(Port port) {
    std::size_t& index = next_[port];
    while (used_.contains({port, destination_of(index)})) ++index;
    return destination_of(index++);
  }

 private:
  const UsedDestinations& used_;
  std::map<Port, std::size_t> next_;
};

std::string prefix_of(Protocol protocol) {
  return fmt::format("discriminat:{}:", to_text(protocol));
}

}  // namespace

Ipv4Prefix destination_of(std::size_t index) {
  // Prefixes of length n are the indices from 2^n - 1 on: a binary tree, level by level.
  const auto length = static_cast<std::uint8_t>(std::bit_width(index + 1) - 1);
  const std::size_t place = index + 1 - (std::size_t{1} << length);
  if (length == 0) return {};
  return {{static_cast<std::uint32_t>(place << (32U - length))}, length};
}

WrittenRules write_rules(const std::vector<NameOnPort>& names, const UsedDestinations& used) {
  std::vector<NameOnPort> sorted = names;
  std::ranges::sort(sorted);
  const auto repeated = std::ranges::unique(sorted);
  sorted.erase(repeated.begin(), repeated.end());
  WrittenRules written;
  Destinations destinations(used);
  for (const NameOnPort& name : sorted) {
    const std::string_view text = name.name;
    std::string alone = prefix_of(name.protocol);
    if (alone.size() + text.size() > kDescriptionBytesMax) {
      written.too_long.push_back(name);
      continue;
    }
    WrittenRule* last = written.rules.empty() ? nullptr : &written.rules.back();
    if (last != nullptr && last->protocol == name.protocol && last->port == name.port &&
        last->description.size() + 1 + text.size() <= kDescriptionBytesMax) {
      last->description += ',';
      last->description += text;
      continue;
    }
    written.rules.push_back(
        {name.protocol, name.port, destinations.next(name.port), (alone += text)});
  }
  return written;
}

}  // namespace dn::review
