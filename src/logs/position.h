// Positions in a log as text: event ids, page tokens, record pointers.
//
// All are stateless: a service that was started again reads the tokens of the one before. None is a
// secret or a permission, so none is signed; a check sum tells a token that was cut, altered or
// belongs to another request from a good one. Covered by position_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "records/log_event.h"

namespace dn::logs {

// 56 digits: time (17), then stream, segment and offset as one number of 128 bits (39). Distinct
// for distinct keys, in their order, and read back exactly, for any time that RFC 3339 can say,
// 2^28 segments of 2^36 bytes; beyond these bounds a key is clamped to them.
std::string format_event_id(const records::EventKey& key);
std::optional<records::EventKey> parse_event_id(std::string_view text);

// The smallest key behind this one: lines are longer than a byte.
records::EventKey behind(records::EventKey key);

// A token of a paged answer: where the next page begins, for requests with the same `request` (all
// parameters that decide what the pages hold, the operation's name among them).
std::string format_page_token(std::string_view request, std::string_view place);
// The place, or nothing where the token is not one of this request's.
std::optional<std::string> parse_page_token(std::string_view request, std::string_view token);

// An EventKey as hexadecimal digits, in the order of keys.
inline constexpr std::size_t kKeyDigits = 64;
std::string format_key(const records::EventKey& key);
std::optional<records::EventKey> parse_key(std::string_view text);

// @ptr: one event of a group.
std::string format_record_pointer(std::string_view group, const records::EventKey& key);
struct RecordPlace {
  std::string group;
  records::EventKey key;
};
std::optional<RecordPlace> parse_record_pointer(std::string_view text);

}  // namespace dn::logs
