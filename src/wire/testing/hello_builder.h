// Byte builder for TLS tests: records, handshake messages, extensions and hellos from their parts,
// right or wrong as the test wants them. Every length is the true one unless a part is written by
// hand. Test code only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace dn::wire::testing {

using Bytes = std::vector<std::uint8_t>;

inline Bytes text(std::string_view text) {
  return {text.begin(), text.end()};
}
inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
inline Bytes join(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
inline Bytes fill(std::size_t count, std::uint8_t value = 0) {
  return Bytes(count, value);
}

inline Bytes number(std::size_t value, std::size_t bytes) {
  Bytes out;
  for (std::size_t i = bytes; i-- > 0;) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i) & 0xffU));
  }
  return out;
}
inline Bytes u8(std::size_t value) {
  return number(value, 1);
}
inline Bytes u16(std::size_t value) {
  return number(value, 2);
}
// `data` behind its length in 1, 2 or 3 bytes.
inline Bytes sized8(const Bytes& data) {
  return join({number(data.size(), 1), data});
}
inline Bytes sized16(const Bytes& data) {
  return join({number(data.size(), 2), data});
}
inline Bytes sized24(const Bytes& data) {
  return join({number(data.size(), 3), data});
}
inline Bytes numbers(std::initializer_list<std::size_t> values) {
  Bytes out;
  for (const std::size_t value : values) out = join({out, u16(value)});
  return out;
}

inline constexpr std::uint8_t kCcs = 20, kAlertRecord = 21, kHandshakeRecord = 22, kAppData = 23,
                              kHeartbeatRecord = 24;

inline Bytes record(const Bytes& fragment, std::uint8_t type = kHandshakeRecord,
                    std::size_t version = 0x0301) {
  return join({u8(type), u16(version), sized16(fragment)});
}
// The message cut into records of at most `most` bytes.
inline Bytes records(const Bytes& message, std::size_t most) {
  Bytes out;
  for (std::size_t at = 0; at < message.size(); at += most) {
    const auto first = message.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = most < message.size() - at ? most : message.size() - at;
    out = join({out, record(Bytes(first, first + static_cast<std::ptrdiff_t>(count)))});
  }
  return out;
}
inline Bytes message(std::uint8_t type, const Bytes& body) {
  return join({u8(type), sized24(body)});
}

inline Bytes extension(std::size_t type, const Bytes& data) {
  return join({u16(type), sized16(data)});
}
inline Bytes name_entry(std::string_view name, std::uint8_t type = 0) {
  return join({u8(type), sized16(text(name))});
}
inline Bytes server_name(std::string_view name) {
  return extension(0, sized16(name_entry(name)));
}
inline Bytes server_names(std::initializer_list<Bytes> entries) {
  return extension(0, sized16(join(entries)));
}
inline Bytes supported_versions(std::initializer_list<std::size_t> versions) {
  return extension(43, sized8(numbers(versions)));
}
inline Bytes supported_groups(std::initializer_list<std::size_t> groups) {
  return extension(10, sized16(numbers(groups)));
}

// What most hellos carry besides the name: extended master secret, renegotiation info, groups,
// point formats, signature algorithms.
inline Bytes usual_extensions() {
  return join({extension(23, {}), extension(0xff01, u8(0)), supported_groups({29, 23, 24}),
               extension(11, {1, 0}), extension(13, sized16(numbers({0x0403, 0x0804, 0x0401})))});
}

struct HelloParts {
  std::size_t legacy_version = 0x0303;
  Bytes random = fill(32, 0x5a);
  Bytes session = {};
  Bytes ciphers = numbers({0xc02f, 0xc030, 0x009c, 0x00ff});
  Bytes compression = {0};
  std::optional<Bytes> extensions = Bytes{};  // nothing: the block is left out
  Bytes tail = {};                            // behind the extension block
};

// The handshake message, without a record.
inline Bytes client_hello(const HelloParts& parts) {
  Bytes body = join({u16(parts.legacy_version), parts.random, sized8(parts.session),
                     sized16(parts.ciphers), sized8(parts.compression)});
  if (parts.extensions) body = join({body, sized16(*parts.extensions)});
  return message(1, join({body, parts.tail}));
}
// A usual hello for `name`, with `more` extensions behind.
inline Bytes hello_for(std::string_view name, const Bytes& more = {}) {
  return client_hello({.extensions = join({server_name(name), usual_extensions(), more})});
}

struct ServerHelloParts {
  std::size_t legacy_version = 0x0303;
  Bytes random = fill(32, 0xa5);
  Bytes session = {};
  std::size_t cipher = 0x1301;
  std::optional<Bytes> extensions = Bytes{};
  Bytes tail = {};
};
inline Bytes server_hello(const ServerHelloParts& parts) {
  Bytes body = join(
      {u16(parts.legacy_version), parts.random, sized8(parts.session), u16(parts.cipher), u8(0)});
  if (parts.extensions) body = join({body, sized16(*parts.extensions)});
  return message(2, join({body, parts.tail}));
}
// RFC 8446 section 4.1.3.
inline Bytes retry_random() {
  return {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
          0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
          0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
}
inline Bytes change_cipher_spec() {
  return record({1}, kCcs, 0x0303);
}

}  // namespace dn::wire::testing
