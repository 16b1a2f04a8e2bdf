// The reader of `import` on arbitrary text: no crash, the same events and problems however the text
// is cut into pieces, and every event within what a store takes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "cli/import_reader.h"
#include "logs/names.h"
#include "store/log_line.h"

namespace {

using dn::cli::ImportedEvent;
using dn::cli::ImportReader;

std::vector<std::string> read(std::string_view text, std::size_t piece) {
  std::vector<std::string> told;
  ImportReader reader(
      [&](const ImportedEvent& event) {
        DN_CHECK(!event.message.empty() && event.message.size() <= dn::store::kMessageBytesMax,
                 "a store takes such messages only");
        DN_CHECK(event.timestamp >= 0, "and such times");
        DN_CHECK(event.stream.empty() || dn::logs::is_stream_name(event.stream),
                 "and such streams");
        told.push_back(std::to_string(event.timestamp) + event.message);
      },
      [&](const ImportReader::Problem& problem) {
        DN_CHECK(problem.line > 0 && !problem.what.empty(), "each problem has its place");
        told.push_back(std::to_string(problem.line) + problem.what);
      });
  while (!text.empty()) {
    reader.feed(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  reader.finish();
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = read(text, SIZE_MAX);
  DN_CHECK(read(text, 1) == whole, "pieces do not matter");
  DN_CHECK(read(text, 7) == whole, "pieces do not matter");
  return 0;
}
