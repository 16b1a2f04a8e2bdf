#include "aws/json_client.h"

#include <fmt/format.h>

#include <utility>

#include "aws/json_fields.h"

namespace dn::aws {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.1";

// "com.amazonaws.logs#ThrottlingException:http://…" → "ThrottlingException"
std::string bare_type(std::string_view type) {
  const std::size_t hash = type.find('#');
  if (hash != std::string_view::npos) type.remove_prefix(hash + 1);
  return std::string(type.substr(0, type.find(':')));
}

}  // namespace

ServiceError parse_service_error(const HttpsAnswer& answer) {
  ServiceError error;
  error.status = answer.status;
  if (answer.body.size() <= kErrorBodyMax) error.body = answer.body;
  if (const auto object = parse_object(answer.body)) {
    error.type = bare_type(text_member(*object, "__type"));
    if (error.type.empty()) error.type = bare_type(text_member(*object, "code"));
    error.message = text_member(*object, "message");
    if (error.message.empty()) error.message = text_member(*object, "Message");
  } else {
    error.message = answer.body;
  }
  if (error.type.empty()) error.type = bare_type(answer.header("x-amzn-ErrorType"));
  if (error.message.empty()) error.message = fmt::format("HTTP status {}", answer.status);
  return error;
}

JsonClient::JsonClient(std::unique_ptr<HttpsClient> https, std::string target_prefix,
                       SignedService service, Surroundings surroundings)
    : target_prefix_(std::move(target_prefix)),
      client_(std::move(https), std::move(service), std::move(surroundings), &parse_service_error) {
}

ServiceResult<std::string> JsonClient::call(std::string_view operation, std::string_view body) {
  return client_.post({{"Content-Type", std::string(kContentType)},
                       {"X-Amz-Target", target_prefix_ + std::string(operation)}},
                      body);
}

}  // namespace dn::aws
