// Fuzzes the preferences document: whatever it holds, it is read or refused, with at most one
// warning per key, and what was refused as a value leaves the default.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "cloud/preferences_document.h"
#include "policy/preferences.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = dn::cloud::parse_preferences(text);
  if (!read) {
    DN_CHECK(!read.error().message.empty(), "an error says what to do");
    return 0;
  }
  DN_CHECK(read->warnings.size() <= 4, "one warning per key");
  const dn::policy::Preferences& preferences = read->preferences;
  DN_CHECK(!to_text(preferences.wildcard_exposure).empty(), "a value that exists");
  DN_CHECK(!preferences.see_thru || preferences.see_thru->ok(), "a date that exists");
  return 0;
}
