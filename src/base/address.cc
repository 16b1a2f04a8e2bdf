#include "base/address.h"

#include <array>
#include <charconv>

namespace dn {
namespace {

constexpr Ipv4Prefix prefix(unsigned a, unsigned b, unsigned c, std::uint8_t length) {
  return {{a << 24U | b << 16U | c << 8U}, length};
}

constexpr std::array kSpecial = {
    SpecialPrefix{prefix(0, 0, 0, 8), "this network", false},
    SpecialPrefix{prefix(10, 0, 0, 8), "private use", true},
    SpecialPrefix{prefix(100, 64, 0, 10), "shared address space", true},
    SpecialPrefix{prefix(127, 0, 0, 8), "loopback", false},
    SpecialPrefix{prefix(169, 254, 0, 16), "link-local", false},
    SpecialPrefix{prefix(172, 16, 0, 12), "private use", true},
    SpecialPrefix{prefix(192, 0, 0, 24), "IETF protocol assignments", false},
    SpecialPrefix{prefix(192, 168, 0, 16), "private use", true},
    SpecialPrefix{prefix(224, 0, 0, 4), "multicast", false},
    SpecialPrefix{prefix(240, 0, 0, 4), "reserved or broadcast", false},
};

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) return {};
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

}  // namespace

std::optional<Port> parse_port(std::string_view text) {
  Port port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return {};
  return port;
}

std::optional<Ipv4Address> parse_ipv4(std::string_view text) {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return {};
    const auto number = parse_number(text.substr(0, dot), 255);
    if (!number) return {};
    value = value << 8U | *number;
    if (part < 3) text.remove_prefix(dot + 1);
  }
  return Ipv4Address{value};
}

std::string to_text(Ipv4Address address) {
  std::string text;
  text.reserve(15);
  for (unsigned shift = 24;; shift -= 8) {
    text += std::to_string(address.value >> shift & 0xffU);
    if (shift == 0) return text;
    text += '.';
  }
}

std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ipv4(text.substr(0, slash));
  if (!address) return {};
  if (slash == std::string_view::npos) return Ipv4Prefix{*address, 32};
  const auto length = parse_number(text.substr(slash + 1), 32);
  if (!length) return {};
  const Ipv4Prefix prefix{*address, static_cast<std::uint8_t>(*length)};
  if (!prefix.contains(*address)) return {};
  return prefix;
}

std::string to_text(Ipv4Prefix prefix) {
  return to_text(prefix.base) + "/" + std::to_string(prefix.length);
}

std::span<const SpecialPrefix> special_prefixes() {
  return kSpecial;
}

const SpecialPrefix* find_special(Ipv4Address address) {
  for (const auto& special : kSpecial) {
    if (special.prefix.contains(address)) return &special;
  }
  return nullptr;
}

bool is_reachable(Ipv4Address address, bool or_private_use) {
  const SpecialPrefix* special = find_special(address);
  return special == nullptr || (special->private_use && or_private_use);
}

}  // namespace dn
