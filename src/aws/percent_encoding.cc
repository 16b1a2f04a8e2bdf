#include "aws/percent_encoding.h"

#include <fmt/format.h>

#include <iterator>

#include "base/ascii.h"

namespace dn::aws {

void append_percent_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

}  // namespace dn::aws
