// Signs or verifies the requests of its standard input, one JSON object a line, for
// sigv4_against_botocore.py.
//
//   {"method", "path", "query", "headers": [[name, value]…], "body", "id", "secret", "token",
//    "region", "service", "seconds"}
//
// With "verify": true the answer is the number of the SignatureFault, else a list of the headers to
// add.
#include <boost/json.hpp>
#include <iostream>
#include <string>

#include "aws/sigv4.h"

namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, const char* key) {
  return json::value_to<std::string>(object.at(key));
}

json::value answer(const json::object& input) {
  dn::aws::SignableRequest request;
  request.method = text_of(input, "method");
  request.path = text_of(input, "path");
  request.query = text_of(input, "query");
  for (const auto& header : input.at("headers").as_array()) {
    request.headers.emplace_back(json::value_to<std::string>(header.at(0)),
                                 json::value_to<std::string>(header.at(1)));
  }
  const std::string body = text_of(input, "body");
  request.body = body;
  const dn::aws::Credentials key{text_of(input, "id"), text_of(input, "secret"),
                                 text_of(input, "token")};
  const std::string service = text_of(input, "service");
  const dn::WallTime now{std::chrono::seconds(input.at("seconds").as_int64())};
  if (input.contains("verify")) {
    return static_cast<int>(dn::aws::verify(request, {&key, 1}, service, now));
  }
  json::array added;
  for (const auto& [name, value] :
       dn::aws::sign(request, key, {text_of(input, "region"), service}, now)) {
    added.push_back(json::array{name, value});
  }
  return added;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << json::serialize(answer(json::parse(line).as_object())) << "\n";
  }
  return 0;
}
