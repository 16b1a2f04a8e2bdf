// The protocols that annotations and log lines speak of.
#pragma once

#include <cstdint>
#include <string_view>

namespace dn {

enum class Protocol : std::uint8_t { Tls, Ssh, Http, Unknown };

constexpr std::string_view to_text(Protocol protocol) {
  switch (protocol) {
    case Protocol::Tls: return "tls";
    case Protocol::Ssh: return "ssh";
    case Protocol::Http: return "http";
    case Protocol::Unknown: break;
  }
  return "unknown";
}

}  // namespace dn
