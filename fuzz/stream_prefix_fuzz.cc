// Fuzzes engine/stream_prefix.h against two models that never guess: the bytes that came first and
// the bytes that came last for each place. Input: segments of offset (2 bytes), length (1), bytes.
#include <algorithm>
#include <cstdint>
#include <map>

#include "base/check.h"
#include "base/limits.h"
#include "engine/stream_prefix.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  using Insert = engine::StreamPrefix::Insert;
  engine::StreamPrefix stream;
  std::map<std::size_t, std::uint8_t> known;
  ByteCursor cursor(ByteSpan(data, size));
  while (!cursor.empty()) {
    // Far offsets reach the limit; near ones are likelier to overlap.
    const std::size_t where = cursor.take_u16();
    const std::size_t offset = where >= 0xff00 ? (where & 0xffU) * 512 : where & 0x3ffU;
    const ByteSpan bytes = cursor.take(std::min<std::size_t>(cursor.take_u8(), cursor.size()));
    bool differs = false, in_prefix = false;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto found = known.find(offset + i);
      if (found == known.end() || found->second == bytes[i]) continue;
      differs = true;
      in_prefix = in_prefix || offset + i < stream.prefix().size();
    }
    const std::size_t before = stream.prefix().size();
    const Insert inserted = stream.insert(offset, bytes);
    const bool conflict =
        inserted == Insert::RetransmitConflict || inserted == Insert::OverlapConflict;
    DN_CHECK(conflict ? differs : !differs || inserted == Insert::TooMuch, "conflicts are told");
    DN_CHECK(inserted != Insert::RetransmitConflict || in_prefix, "of the prefix, where they are");
    if (!conflict && inserted != Insert::TooMuch) {
      for (std::size_t i = 0; i < bytes.size(); ++i) known.emplace(offset + i, bytes[i]);
    }
    const ByteSpan prefix = stream.prefix();
    DN_CHECK((inserted == Insert::Grew) == (prefix.size() > before), "Grew means grown");
    DN_CHECK(prefix.size() <= limits::kFlowBytesMax, "bounded");
    std::size_t at = 0;
    for (const auto& [place, byte] : known) {
      if (place != at) break;
      DN_CHECK(at < prefix.size() && prefix[at] == byte, "the prefix is what came");
      ++at;
    }
    DN_CHECK(at == prefix.size(), "and nothing else");
    DN_CHECK(stream.has_gap() == (at < known.size()), "a gap is told");
  }
  return 0;
}
