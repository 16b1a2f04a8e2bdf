#include "records/json_pieces.h"

#include <chrono>

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"
#include "records/json_text.h"

namespace dn::records {

std::string json_text(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

std::string json_field(std::string_view name, std::string_view text) {
  return json_text(name) + ": " + json_text(text);
}

std::string json_long_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::string_view head = cut_utf8(text, limits::kLogFieldBytesMax);
    const std::string piece = json_text(head);
    out.append(piece, 1, piece.size() - 2);
    text.remove_prefix(head.size());
  }
  return out + "\"";
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ", ";
    out += json_text(text);
  }
  return out + "]";
}

std::string json_time(std::int64_t ms) {
  return '"' + format_time(WallTime(std::chrono::milliseconds(ms))) + '"';
}

}  // namespace dn::records
