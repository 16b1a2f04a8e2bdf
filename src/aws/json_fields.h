// Members of the JSON objects that services and instance metadata answer with.
//
// A member that is absent or of another type reads as absent: what must be there is for the caller
// to say. At most kJsonDepthMax levels. Covered by json_fields_test.cc.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dn::aws {

inline constexpr std::size_t kJsonDepthMax = 8;

// Nothing where the text is no JSON object.
std::optional<boost::json::object> parse_object(std::string_view text);

std::string text_member(const boost::json::object& object, std::string_view name);  // or ""
std::optional<std::int64_t> number_member(const boost::json::object& object, std::string_view name);
const boost::json::object* object_member(const boost::json::object& object, std::string_view name);

}  // namespace dn::aws
