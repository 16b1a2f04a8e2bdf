#include "aws/json_fields.h"

#include <boost/json.hpp>

namespace dn::aws {

std::optional<boost::json::object> parse_object(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kJsonDepthMax;
  boost::system::error_code wrong;
  auto value = boost::json::parse(text, wrong, {}, options);
  if (wrong || !value.is_object()) return {};
  return std::move(value.get_object());
}

std::string text_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::optional<std::int64_t> number_member(const boost::json::object& object,
                                          std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* number = value == nullptr ? nullptr : value->if_int64();
  if (number == nullptr) return {};
  return *number;
}

const boost::json::object* object_member(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

}  // namespace dn::aws
