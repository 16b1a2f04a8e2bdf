#include "logs/request_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "base/utf8.h"

namespace dn::logs {
namespace json = boost::json;

struct RequestFields::Problems {
  std::optional<ApiError> fatal;  // told instead of the constraints
  std::vector<std::string> constraints;
};

struct RequestFields::Document {
  json::monotonic_resource memory;
  json::value root;
  Problems problems;
};

namespace {

// An upper bound of the values in a JSON text: what separates or opens, outside strings.
std::size_t count_values(std::string_view body) {
  std::size_t count = 1;
  bool in_text = false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c == '"') {
      in_text = !in_text;
    } else if (in_text) {
      at += c == '\\' ? 1U : 0U;
    } else if (c == ',' || c == '[' || c == '{') {
      ++count;
    }
  }
  return count;
}

std::string_view name_of_kind(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "NULL_VALUE";
    case json::kind::bool_: return value.get_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
    case json::kind::string: return "STRING_VALUE";
    case json::kind::array: return "START_ARRAY";
    case json::kind::object: return "START_OBJECT";
    default: return value.is_double() ? "DECIMAL_VALUE" : "NUMBER_VALUE";
  }
}

std::string_view as_view(const json::string& text) {
  return {text.data(), text.size()};
}

// A whole number that fits, however it is written.
std::optional<std::int64_t> whole_number(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  const double* real = value.if_double();
  constexpr double kBound = 9.2e18;  // below 2^63
  if (real == nullptr || !(std::fabs(*real) < kBound) || std::trunc(*real) != *real) return {};
  return static_cast<std::int64_t>(*real);
}

std::string length_at_least(std::size_t min) {
  return fmt::format("Member must have length greater than or equal to {}", min);
}

std::string length_at_most(std::size_t max) {
  return fmt::format("Member must have length less than or equal to {}", max);
}

}  // namespace

ApiResult<RequestFields> RequestFields::parse(std::string_view body) {
  if (count_values(body) > kValuesMax) {
    return refuse(ErrorType::Serialization,
                  fmt::format("The request has more than {} values.", kValuesMax));
  }
  auto document = std::make_unique<Document>();
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  const std::string_view text = body.empty() ? std::string_view("{}") : body;
  document->root =
      json::parse(json::string_view(text.data(), text.size()), error, &document->memory, options);
  if (error) {
    return refuse(ErrorType::Serialization,
                  fmt::format("The request is not valid JSON: {}", error.message()));
  }
  const json::object* object = document->root.if_object();
  if (object == nullptr) {
    return refuse(ErrorType::Serialization, "The request is not a JSON object.");
  }
  RequestFields fields(*object, "", document->problems);
  fields.document_ = std::move(document);
  return fields;
}

RequestFields::RequestFields(const json::object& object, std::string path, Problems& problems)
    : object_(&object),
      path_(std::move(path)),
      problems_(&problems) {}
RequestFields::~RequestFields() = default;
RequestFields::RequestFields(RequestFields&&) noexcept = default;

const json::value* RequestFields::find(std::string_view key) const {
  const json::value* value = object_->if_contains(json::string_view(key.data(), key.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool RequestFields::has(std::string_view key) const {
  return find(key) != nullptr;
}

void RequestFields::wrong_type(std::string_view key, const json::value& value,
                               std::string_view wanted) {
  if (problems_->fatal) return;
  problems_->fatal =
      ApiError{ErrorType::Serialization, fmt::format("{} can not be converted to {} at '{}{}'",
                                                     name_of_kind(value), wanted, path_, key)};
}

void RequestFields::add_problem(std::string_view key, std::string_view value,
                                std::string_view constraint) {
  if (problems_->constraints.size() >= kProblemsMax) return;
  problems_->constraints.push_back(
      fmt::format("Value{}{} at '{}{}' failed to satisfy constraint: {}", value.empty() ? "" : " ",
                  value, path_, key, constraint));
}

std::optional<std::string_view> RequestFields::text(std::string_view key, const TextRule& rule) {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  const json::string* text = value->if_string();
  if (text == nullptr) {
    wrong_type(key, *value, "a String");
    return {};
  }
  if (!obeys(key, as_view(*text), rule)) return {};
  return as_view(*text);
}

bool RequestFields::obeys(std::string_view where, std::string_view text, const TextRule& rule) {
  const std::size_t characters = count_utf8(text);
  if (characters > rule.max && !rule.too_long.empty()) {
    if (!problems_->fatal) {
      problems_->fatal = ApiError{ErrorType::InvalidParameter, std::string(rule.too_long)};
    }
    return false;
  }
  const std::size_t before = problems_->constraints.size();
  if (characters < rule.min) add_problem(where, "", length_at_least(rule.min));
  if (characters > rule.max) add_problem(where, "", length_at_most(rule.max));
  if (rule.allows != nullptr && !std::ranges::all_of(text, rule.allows)) {
    add_problem(where, "",
                fmt::format("Member must satisfy regular expression pattern: {}", rule.pattern));
  }
  if (!rule.one_of.empty() && std::ranges::find(rule.one_of, text) == rule.one_of.end()) {
    add_problem(
        where, "",
        fmt::format("Member must satisfy enum value set: [{}]", fmt::join(rule.one_of, ", ")));
  }
  return problems_->constraints.size() == before && before < kProblemsMax;
}

bool RequestFields::obeys(std::string_view key, std::size_t size, ListRule rule) {
  if (size < rule.min) add_problem(key, "", length_at_least(rule.min));
  if (size > rule.max) add_problem(key, "", length_at_most(rule.max));
  return size >= rule.min && size <= rule.max;
}

std::optional<std::int64_t> RequestFields::number(std::string_view key, NumberRule rule) {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  const auto number = whole_number(*value);
  if (!number) {
    wrong_type(key, *value, "a whole number");
    return {};
  }
  const auto quoted = [&] { return fmt::format("'{}'", *number); };
  if (*number < rule.min) {
    add_problem(key, quoted(),
                fmt::format("Member must have value greater than or equal to {}", rule.min));
  }
  if (*number > rule.max) {
    add_problem(key, quoted(),
                fmt::format("Member must have value less than or equal to {}", rule.max));
  }
  if (*number < rule.min || *number > rule.max) return {};
  return number;
}

std::optional<bool> RequestFields::flag(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  if (const bool* flag = value->if_bool()) return *flag;
  wrong_type(key, *value, "a Boolean");
  return {};
}

std::optional<std::vector<std::string>> RequestFields::texts(std::string_view key, ListRule list,
                                                             const TextRule& each) {
  const json::value* value = find(key);
  if (value == nullptr) return {};
  const json::array* array = value->if_array();
  if (array == nullptr) {
    wrong_type(key, *value, "a List");
    return {};
  }
  if (!obeys(key, array->size(), list)) return {};
  std::vector<std::string> found;
  for (const json::value& member : *array) {
    const std::string where = fmt::format("{}.{}.member", key, found.size() + 1);
    const json::string* text = member.if_string();
    if (text == nullptr) {
      wrong_type(where, member, "a String");
      return {};
    }
    if (!obeys(where, as_view(*text), each)) return {};
    found.emplace_back(as_view(*text));
  }
  return found;
}

std::size_t RequestFields::objects(std::string_view key, ListRule list,
                                   const std::function<void(RequestFields& fields)>& read) {
  const json::value* value = find(key);
  if (value == nullptr) return 0;
  const json::array* array = value->if_array();
  if (array == nullptr) {
    wrong_type(key, *value, "a List");
    return 0;
  }
  if (!obeys(key, array->size(), list)) return 0;
  std::size_t count = 0;
  for (const json::value& member : *array) {
    const json::object* object = member.if_object();
    if (object == nullptr) {
      wrong_type(fmt::format("{}.{}.member", key, count + 1), member, "a Structure");
      return count;
    }
    RequestFields fields(*object, fmt::format("{}{}.{}.member.", path_, key, count + 1),
                         *problems_);
    read(fields);
    if (problem()) return count;
    ++count;
  }
  return count;
}

std::size_t RequestFields::text_map_size(std::string_view key, std::size_t max) {
  const json::value* value = find(key);
  if (value == nullptr) return 0;
  const json::object* object = value->if_object();
  if (object == nullptr) {
    wrong_type(key, *value, "a Map");
    return 0;
  }
  for (const auto& entry : *object) {
    if (!entry.value().is_string()) wrong_type(key, entry.value(), "a String");
  }
  obeys(key, object->size(), ListRule{0, max});
  return object->size();
}

void RequestFields::require(std::string_view key) {
  if (!has(key)) add_problem(key, "null", "Member must not be null");
}

std::string_view RequestFields::required_text(std::string_view key, const TextRule& rule) {
  require(key);
  return text(key, rule).value_or("");
}

std::int64_t RequestFields::required_number(std::string_view key, NumberRule rule) {
  require(key);
  return number(key, rule).value_or(0);
}

std::optional<ApiError> RequestFields::problem() const {
  if (problems_->fatal) return problems_->fatal;
  const auto& found = problems_->constraints;
  if (found.empty()) return {};
  return ApiError{ErrorType::InvalidParameter,
                  fmt::format("{} validation error{} detected: {}", found.size(),
                              found.size() == 1 ? "" : "s", fmt::join(found, "; "))};
}

}  // namespace dn::logs
