// What must hold for any stream parser of wire/ on any bytes, checked by its fuzz target.
//
// The gateway parses a growing prefix, so an answer for a prefix binds the answer for the whole:
// NotThis and Malformed are final, and Done may only become Malformed by bytes behind the
// structure, never Done with another value.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "wire/parse_result.h"

namespace dn::fuzz {

// `same(a, b)`: two Done values that decide alike.
template <class Parse, class Same>
void check_prefixes(ByteSpan stream, Parse parse, Same same) {
  using wire::ParseStatus;
  const auto whole = parse(stream);
  DN_CHECK((whole.status == ParseStatus::Malformed) == (whole.reason != Reason::None),
           "Malformed has a reason, nothing else has");
  if (whole.status == ParseStatus::Done) {
    DN_CHECK(whole.consumed > 0 && whole.consumed <= stream.size(), "it ends inside the stream");
    DN_CHECK(parse(stream.first(whole.consumed - 1)).status == ParseStatus::NeedMore,
             "one byte less is not complete");
    const auto exact = parse(stream.first(whole.consumed));
    DN_CHECK(exact.status == ParseStatus::Done && same(exact.value, whole.value),
             "what follows changes nothing");
  }
  const std::array<std::size_t, 5> cuts = {1, stream.size() / 3, stream.size() / 2,
                                           stream.size() * 7 / 8,
                                           stream.empty() ? 0 : stream.size() - 1};
  for (const std::size_t cut : cuts) {
    if (cut > stream.size()) continue;
    const auto part = parse(stream.first(cut));
    if (part.status == ParseStatus::NotThis || part.status == ParseStatus::Malformed) {
      DN_CHECK(whole.status == part.status && whole.reason == part.reason, "a refusal is final");
    }
    if (part.status == ParseStatus::Done) {
      DN_CHECK(whole.status == ParseStatus::Done || whole.status == ParseStatus::Malformed,
               "done stays done or is spoilt");
      DN_CHECK(whole.status != ParseStatus::Done || same(part.value, whole.value),
               "the value of a prefix is the value of the whole");
    }
  }
}

}  // namespace dn::fuzz
