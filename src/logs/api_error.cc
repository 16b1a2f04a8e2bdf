#include "logs/api_error.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"
#include "logs/json_writer.h"

namespace dn::logs {
namespace {

struct ErrorRow {
  ErrorType type;
  std::string_view name;
  int status;
};

constexpr std::array kErrors = {
    ErrorRow{ErrorType::AccessDenied, "AccessDeniedException", 400},
    ErrorRow{ErrorType::InternalFailure, "InternalFailure", 500},
    ErrorRow{ErrorType::InvalidOperation, "InvalidOperationException", 400},
    ErrorRow{ErrorType::InvalidParameter, "InvalidParameterException", 400},
    ErrorRow{ErrorType::LimitExceeded, "LimitExceededException", 400},
    ErrorRow{ErrorType::MalformedQuery, "MalformedQueryException", 400},
    ErrorRow{ErrorType::ResourceAlreadyExists, "ResourceAlreadyExistsException", 400},
    ErrorRow{ErrorType::ResourceNotFound, "ResourceNotFoundException", 400},
    ErrorRow{ErrorType::Serialization, "SerializationException", 400},
    ErrorRow{ErrorType::ServiceUnavailable, "ServiceUnavailableException", 503},
    ErrorRow{ErrorType::UnknownOperation, "UnknownOperationException", 400},
    ErrorRow{ErrorType::Validation, "ValidationException", 400},
};

const ErrorRow& row_of(ErrorType type) {
  const auto index = static_cast<std::size_t>(type);
  DN_CHECK(index < kErrors.size() && kErrors.at(index).type == type,
           "the table has a row for each type, in order");
  return kErrors.at(index);
}

constexpr std::string_view kNotOurs =
    "The gateway alone writes its own streams of log group DiscrimiNAT; use another log group or "
    "stream.";

}  // namespace

std::string_view to_text(ErrorType type) {
  return row_of(type).name;
}

ServiceAnswer to_answer(const ApiError& error) {
  const ErrorRow& row = row_of(error.type);
  JsonWriter json;
  json.open_object();
  json.key("__type").text(row.name);
  json.key("message").text(error.message);
  if (error.location) {
    json.key("queryCompileError").open_object();
    json.key("location").open_object();
    json.key("startCharOffset").number(static_cast<std::int64_t>(error.location->start));
    json.key("endCharOffset").number(static_cast<std::int64_t>(error.location->end));
    json.close_object();
    json.key("message").text(error.message);
    json.close_object();
  }
  json.close_object();
  return {.status = row.status, .body = json.take(), .error_type = std::string(row.name)};
}

tl::unexpected<ApiError> refuse(const store::CatalogError& error, Creating what) {
  switch (error.kind) {
    case store::CatalogFailure::NoSuchGroup:
      return refuse(ErrorType::ResourceNotFound, std::string(kNoSuchGroup));
    case store::CatalogFailure::NoSuchStream:
      return refuse(ErrorType::ResourceNotFound, std::string(kNoSuchStream));
    case store::CatalogFailure::Exists:
      return refuse(ErrorType::ResourceAlreadyExists,
                    what == Creating::Group ? "The specified log group already exists"
                                            : "The specified log stream already exists");
    case store::CatalogFailure::NotOurs:
      return refuse(ErrorType::AccessDenied,
                    error.message.empty() ? std::string(kNotOurs)
                                          : fmt::format("Not permitted here: {}", error.message));
    case store::CatalogFailure::Refused:
      return refuse(ErrorType::LimitExceeded,
                    fmt::format("The log store refuses this: {}", error.message));
    case store::CatalogFailure::Disk: break;
  }
  return refuse(ErrorType::ServiceUnavailable,
                error.message.empty() ? "The log store cannot be written." : error.message);
}

}  // namespace dn::logs
