// What people are shown of log lines and of queries, on arbitrary text: one line for each message,
// and nothing that a terminal would obey.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string_view>

#include "base/check.h"
#include "cli/caret.h"
#include "cli/log_table.h"

namespace {

void look_at(std::string_view shown, std::ptrdiff_t lines) {
  DN_CHECK(std::count(shown.begin(), shown.end(), '\n') == lines, "one line for each message");
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    DN_CHECK(byte == '\n' || (byte >= 0x20 && byte != 0x7f), "no control characters");
    const bool c1 =
        byte == 0xc2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xa0;
    DN_CHECK(!c1, "nor those of the second block");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {dn::cli::LogKind::Flow, dn::cli::LogKind::Config}) {
    dn::cli::LogTable table(kind, size % 200, false);
    table.add(0, text);
    table.add(1'795'317'300'123, text);
    std::ostringstream out;
    table.flush(out);
    look_at(out.str(), 3);
  }
  look_at(dn::cli::format_caret(text, size / 2, size), 2);
  return 0;
}
