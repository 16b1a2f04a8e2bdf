// ParseResult: what a parser may say about the bytes it was given.
//
//   Done       the structure is complete and valid; `value` is set, `consumed` says where it ends
//   NeedMore   a valid beginning; ask again when the prefix has grown
//   NotThis    these bytes do not start this protocol; another parser may try
//   Malformed  they do start this protocol and break its rules; `reason` says how. Final.
//
// A parser never guesses and never reads past a failed bound. For every prefix of a stream it says
// NeedMore or what it will say of the whole, never another name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/reason.h"

namespace dn::wire {

enum class ParseStatus : std::uint8_t { Done, NeedMore, NotThis, Malformed };

template <class T>
struct ParseResult {
  ParseStatus status = ParseStatus::NotThis;
  Reason reason = Reason::None;  // set when Malformed
  std::size_t consumed = 0;      // set when Done: stream bytes up to the end of the structure
  T value{};                     // valid when Done; when Malformed it may hold what was readable
                                 // (for the log line only, never for a decision)

  static ParseResult done(T value, std::size_t consumed) {
    return {ParseStatus::Done, Reason::None, consumed, std::move(value)};
  }
  static ParseResult need_more() { return {ParseStatus::NeedMore, Reason::None, 0, {}}; }
  static ParseResult not_this() { return {ParseStatus::NotThis, Reason::None, 0, {}}; }
  static ParseResult malformed(Reason reason, T value = {}) {
    return {ParseStatus::Malformed, reason, 0, std::move(value)};
  }
};

}  // namespace dn::wire
