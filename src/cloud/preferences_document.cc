#include "cloud/preferences_document.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "policy/preferences.h"

namespace dn::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 16;
constexpr std::string_view kDefault = "%default";

std::string_view view_of(const json::string& text) {
  return {text.data(), text.size()};
}

// Reads one key; a wrong value leaves `into` as it is.
template <class Value, class Parse>
void read(const json::object& object, std::string_view key, Parse parse, Value& into,
          std::vector<std::string>& warnings) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return;
  const json::string* text = found->if_string();
  if (text == nullptr) {
    warnings.push_back(
        fmt::format("preferences: {} is not a text; its default counts: write a text in double "
                    "quotes",
                    key));
    return;
  }
  if (auto value = parse(view_of(*text))) {
    into = *value;
  } else {
    warnings.push_back(
        fmt::format("preferences: {}: its default counts: {}", key, value.error().message));
  }
}

}  // namespace

Result<PreferencesDocument> parse_preferences(std::string_view text) {
  constexpr std::string_view kForm = "write {\"%default\": {…}}";
  if (text.size() > kPreferencesBytesMax) {
    return fail(fmt::format("preferences: {} bytes; at most {} are read", text.size(),
                            kPreferencesBytesMax));
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  const json::value document = json::parse(text, error, {}, options);
  if (error) return fail(fmt::format("preferences: not JSON ({}); {}", error.message(), kForm));
  const json::object* root = document.if_object();
  if (root == nullptr) return fail(fmt::format("preferences: not a JSON object; {}", kForm));
  PreferencesDocument out;
  const json::value* found = root->if_contains(kDefault);
  if (found == nullptr) {
    out.warnings.push_back(
        fmt::format("preferences: no \"{}\", so everything has its default; {}", kDefault, kForm));
    return out;
  }
  const json::object* keys = found->if_object();
  if (keys == nullptr) {
    return fail(fmt::format("preferences: \"{}\" is not a JSON object; {}", kDefault, kForm));
  }
  policy::Preferences& into = out.preferences;
  read(*keys, "wildcard_exposure", policy::parse_wildcard_exposure, into.wildcard_exposure,
       out.warnings);
  read(*keys, "flow_log_verbosity", policy::parse_flow_log_verbosity, into.flow_log_verbosity,
       out.warnings);
  read(*keys, "x509_crls", policy::parse_x509_crls, into.x509_crls, out.warnings);
  const json::value* see_thru = keys->if_contains("see_thru");
  if (see_thru != nullptr && !see_thru->is_null()) {
    read(*keys, "see_thru", policy::parse_thru_date, into.see_thru, out.warnings);
  }
  return out;
}

}  // namespace dn::cloud
