// The errors of the CloudWatch Logs API: a closed set of types, and how one becomes an answer.
//
// Each type has its name and its HTTP status in one table; there is no other way to make an error
// answer. Messages may quote the client, the JSON writer makes them safe. Covered by the tests of
// the operations, and by hostile_requests_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "logs/logs_service.h"
#include "store/log_catalog.h"

namespace dn::logs {

enum class ErrorType : std::uint8_t {
  AccessDenied,
  InternalFailure,
  InvalidOperation,
  InvalidParameter,
  LimitExceeded,
  MalformedQuery,
  ResourceAlreadyExists,
  ResourceNotFound,
  Serialization,  // the body is not JSON, or a field has another JSON type
  ServiceUnavailable,
  UnknownOperation,
  Validation,
};
// "InvalidParameterException"
std::string_view to_text(ErrorType type);

// Where a query stopped making sense: [start, end) in characters.
struct CompileErrorLocation {
  std::size_t start = 0, end = 0;
};

struct ApiError {
  ErrorType type = ErrorType::InternalFailure;
  std::string message;
  std::optional<CompileErrorLocation> location = {};  // MalformedQuery only
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;

inline tl::unexpected<ApiError> refuse(ErrorType type, std::string message) {
  return tl::unexpected<ApiError>(ApiError{type, std::move(message)});
}

ServiceAnswer to_answer(const ApiError& error);

inline constexpr std::string_view kNoSuchGroup = "The specified log group does not exist.";
inline constexpr std::string_view kNoSuchStream = "The specified log stream does not exist.";
inline constexpr std::string_view kInvalidToken = "The specified nextToken is invalid.";

// What the store refused, in the API's words. `what` is the kind of thing that would be created.
enum class Creating : std::uint8_t { Group, Stream };
tl::unexpected<ApiError> refuse(const store::CatalogError& error, Creating what = Creating::Stream);

}  // namespace dn::logs
