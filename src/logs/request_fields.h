// RequestFields: the JSON body of a request, read field by field against the API's constraints.
//
// Strict: RFC 8259 in UTF-8, nothing behind the value. A field of another JSON type is a
// SerializationException; a value that breaks a constraint is remembered and told in the API's own
// form, "1 validation error detected: Value at 'limit' failed to satisfy constraint: …", all of
// them at once. Values are read first, problem() is asked once before they are used. null counts as
// absent, unknown fields are ignored, of equal keys the last one counts; numbers may be written as
// 5.0. The only place of this folder that includes Boost.JSON.
//
// Limits: nesting kDepthMax, kValuesMax values (counted before the parser builds anything), so that
// a body costs at most its own size and about 16 MB; kProblemsMax constraints are told.
// Covered by request_fields_test.cc and fuzz/logs_api_fuzz.cc.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "logs/api_error.h"

namespace dn::logs {

inline constexpr std::size_t kDepthMax = 32;
inline constexpr std::size_t kValuesMax = 200'000;  // a full batch has 30,000
inline constexpr std::size_t kProblemsMax = 10;

// What a text must be; lengths in characters.
struct TextRule {
  std::size_t min = 0, max = std::numeric_limits<std::size_t>::max();
  bool (*allows)(char) = nullptr;  // none: any character
  std::string_view pattern = {};   // `allows` as the API writes it
  std::span<const std::string_view> one_of = {};
  std::string_view too_long = {};  // said instead of the constraint
};

struct NumberRule {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

struct ListRule {
  std::size_t min = 0, max = std::numeric_limits<std::size_t>::max();
};

class RequestFields {
 public:
  // An empty body counts as {}.
  static ApiResult<RequestFields> parse(std::string_view body);
  ~RequestFields();
  RequestFields(RequestFields&&) noexcept;

  bool has(std::string_view key) const;

  // Nothing where the field is absent, null or wrong. Views live as long as this.
  std::optional<std::string_view> text(std::string_view key, const TextRule& rule);
  std::optional<std::int64_t> number(std::string_view key, NumberRule rule = {});
  std::optional<bool> flag(std::string_view key);
  std::optional<std::vector<std::string>> texts(std::string_view key, ListRule list,
                                                const TextRule& each);
  // Calls `read` for each object of a list until there are problems; returns how many there are.
  std::size_t objects(std::string_view key, ListRule list,
                      const std::function<void(RequestFields& fields)>& read);
  // Keys and values of an object of texts.
  std::size_t text_map_size(std::string_view key, std::size_t max);

  // The same for a field that must be there; "" and 0 where it is not.
  std::string_view required_text(std::string_view key, const TextRule& rule);
  std::int64_t required_number(std::string_view key, NumberRule rule = {});
  void require(std::string_view key);

  // A constraint that no rule expresses.
  void add_problem(std::string_view key, std::string_view value, std::string_view constraint);

  // What is wrong with all that was read so far.
  std::optional<ApiError> problem() const;

 private:
  struct Document;
  struct Problems;
  RequestFields(const boost::json::object& object, std::string path, Problems& problems);
  const boost::json::value* find(std::string_view key) const;
  void wrong_type(std::string_view key, const boost::json::value& value, std::string_view wanted);
  bool obeys(std::string_view where, std::string_view text, const TextRule& rule);
  bool obeys(std::string_view key, std::size_t size, ListRule rule);

  std::unique_ptr<Document> document_;  // of the outermost fields
  const boost::json::object* object_;
  std::string path_;  // "" or "logEvents.1.member."
  Problems* problems_;
};

}  // namespace dn::logs
