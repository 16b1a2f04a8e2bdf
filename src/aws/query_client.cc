#include "aws/query_client.h"

#include <fmt/format.h>

#include "aws/percent_encoding.h"
#include "aws/xml.h"

namespace dn::aws {
namespace {

constexpr std::string_view kContentType = "application/x-www-form-urlencoded; charset=utf-8";

}  // namespace

std::string format_form(std::string_view action, std::string_view version,
                        const QueryParameters& parameters) {
  std::string form = fmt::format("Action={}&Version={}", action, version);
  for (const auto& [name, value] : parameters) {
    form += '&';
    append_percent_encoded(form, name);
    form += '=';
    append_percent_encoded(form, value);
  }
  return form;
}

ServiceError parse_query_error(const HttpsAnswer& answer) {
  ServiceError error;
  error.status = answer.status;
  if (const auto document = XmlDocument::parse(answer.body)) {
    const XmlElement root = document->root();
    const XmlElement list = root.child("Errors");
    const XmlElement told = (list ? list : root).child("Error");
    error.type = told.text_of("Code");
    error.message = told.text_of("Message");
  } else {
    error.message = answer.body;
  }
  if (error.message.empty()) error.message = fmt::format("HTTP status {}", answer.status);
  return error;
}

QueryClient::QueryClient(std::unique_ptr<HttpsClient> https, std::string version,
                         SignedService service, Surroundings surroundings)
    : version_(std::move(version)),
      client_(std::move(https), std::move(service), std::move(surroundings), &parse_query_error) {}

ServiceResult<std::string> QueryClient::call(std::string_view action,
                                             const QueryParameters& parameters) {
  return client_.post({{"Content-Type", std::string(kContentType)}},
                      format_form(action, version_, parameters));
}

}  // namespace dn::aws
