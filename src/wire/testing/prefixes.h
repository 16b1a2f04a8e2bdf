// Checks that hold for every stream parser here, whatever the bytes: what it may say of the
// prefixes of one stream. Test code only.
#pragma once

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "wire/parse_result.h"

namespace dn::wire::testing {

// Parses every prefix (or every `step`th) and checks that answers are final: NeedMore may become
// anything, NotThis and Malformed never change, and Done may only become Malformed, by bytes behind
// the structure. Returns the result for the whole stream.
template <class Parse>
auto parse_growing(ByteSpan stream, Parse parse, std::size_t step = 1) {
  auto last = parse(ByteSpan{});
  EXPECT_NE(last.status, ParseStatus::Done);
  for (std::size_t size = 1; size <= stream.size();) {
    auto now = parse(stream.first(size));
    switch (last.status) {
      case ParseStatus::NeedMore: break;
      case ParseStatus::Done:
        EXPECT_TRUE(now.status == ParseStatus::Done || now.status == ParseStatus::Malformed);
        if (now.status == ParseStatus::Done) {
          EXPECT_EQ(now.consumed, last.consumed);
        }
        break;
      default:
        EXPECT_EQ(now.status, last.status) << "at byte " << size;
        EXPECT_EQ(slug_of(now.reason), slug_of(last.reason)) << "at byte " << size;
    }
    if (now.status == ParseStatus::Done) {
      EXPECT_LE(now.consumed, size);
      EXPECT_GT(now.consumed, 0U);
    }
    last = now;
    if (size == stream.size()) break;
    size = size + step < stream.size() ? size + step : stream.size();
  }
  return last;
}

// A valid stream: every proper prefix of its first structure needs more, the whole is done.
template <class Parse>
auto parse_valid(ByteSpan stream, Parse parse, std::size_t step = 1) {
  auto result = parse(stream);
  EXPECT_EQ(result.status, ParseStatus::Done) << slug_of(result.reason);
  for (std::size_t size = 0; size < result.consumed; size += step) {
    EXPECT_EQ(parse(stream.first(size)).status, ParseStatus::NeedMore) << "at byte " << size;
  }
  return result;
}

}  // namespace dn::wire::testing
