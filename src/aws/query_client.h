// QueryClient: operations of a service with form bodies and XML answers (EC2, STS, Auto Scaling).
//
// Follows the AWS Query and EC2 Query protocols of the Smithy specification: one POST with
// "Action=…&Version=…&Name=value…", values percent-encoded as signatures are. What is tried again
// is the table in signed_client.h. Covered by query_client_test.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/signed_client.h"

namespace dn::aws {

// "Filter.1.Name" → "vpc-id", in the order they are sent.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// Not shared by threads.
class QueryClient {
 public:
  // `version` as "2016-11-15".
  QueryClient(std::unique_ptr<HttpsClient> https, std::string version, SignedService service,
              Surroundings surroundings);

  // The answer's body; XML.
  ServiceResult<std::string> call(std::string_view action, const QueryParameters& parameters);

 private:
  std::string version_;
  SignedClient client_;
};

std::string format_form(std::string_view action, std::string_view version,
                        const QueryParameters& parameters);

// From an answer that is no success, of either protocol: <Response><Errors><Error> or
// <ErrorResponse><Error>.
ServiceError parse_query_error(const HttpsAnswer& answer);

}  // namespace dn::aws
