#include "review/flow_line.h"

#include <boost/json.hpp>

namespace dn::review {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 32;

Port port_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
  return number == nullptr || *number < 0 || *number > 65535 ? Port{0} : static_cast<Port>(*number);
}

}  // namespace

std::string_view FlowLine::slug() const {
  const std::string_view text = reason;
  return text.substr(0, text.find(':'));
}

std::optional<json::object> parse_log_object(std::string_view message) {
  if (!message.starts_with('{')) return {};
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code wrong;
  json::value value = json::parse(message, wrong, {}, options);
  if (wrong || !value.is_object()) return {};
  return std::move(value.get_object());
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::optional<FlowLine> parse_flow_line(std::string_view message) {
  const auto object = parse_log_object(message);
  if (!object) return {};
  const auto text = [&](std::string_view name) { return std::string(text_of(*object, name)); };
  FlowLine line;
  line.dhost = text("dhost");
  line.outcome = text("outcome");
  if (line.dhost.empty() || line.outcome.empty()) return {};
  line.cat = text("cat");
  line.src = text("src");
  line.dst = text("dst");
  line.spt = port_of(*object, "spt");
  line.dpt = port_of(*object, "dpt");
  line.proto = text("proto");
  line.proto_v = text("proto_v");
  line.reason = text("reason");
  line.see_thru_gid = text("see_thru_gid");
  const json::value* exerted = object->if_contains("see_thru_exerted");
  if (exerted != nullptr && exerted->is_bool()) line.see_thru_exerted = exerted->get_bool();
  const json::value* days = object->if_contains("see_thru_days_remaining");
  const std::int64_t* number = days == nullptr ? nullptr : days->if_int64();
  if (number != nullptr && *number >= 0 && *number <= 1'000'000) {
    line.see_thru_days = static_cast<int>(*number);
  }
  return line;
}

std::optional<Reason> find_reason(std::string_view slug) {
  if (slug.empty()) return {};
  for (const ReasonRow& row : kReasons) {
    if (row.slug == slug) return row.reason;
  }
  return {};
}

std::optional<Protocol> find_protocol(std::string_view word) {
  for (const Protocol protocol :
       {Protocol::Tls, Protocol::Ssh, Protocol::Http, Protocol::Unknown}) {
    if (to_text(protocol) == word) return protocol;
  }
  return {};
}

}  // namespace dn::review
